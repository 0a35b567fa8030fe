/** Servers that send codes, for tests of the commands of who sends a secret and who reads it. */

import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { MailServer } from './mail-server.js';
import { type ServerProcess, startServerProcess } from './server.js';
import { openSession, type Session } from './session.js';

/** Who reads, in the tests. */
export const READER = 'canary.reader@example.org';

/** A session with a server over an SQLite file, and an API key of it. */
export async function withServer(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Session & { server: ServerProcess }> {
  const session = openSession();
  const store = join(session.folder, 'zephr.db');
  const server = await startServerProcess({ store, args, env });
  onTestFinished(async () => void (await server.stop()));
  session.env.ZEPHR_SERVER = server.url;
  const { stdout } = await session.sh('zephr keys new --name ci --tier pro --store zephr.db');
  session.env.ZEPHR_API_KEY = /zeph_[A-Za-z0-9]{40}/.exec(stdout)?.[0] ?? '';
  return { ...session, server };
}

/** One that sends mail. */
export const withMail = (mail: MailServer) =>
  withServer(['--smtp', mail.url, '--mail-from', 'Zephr <zephr@example.org>']);

/** The code in some words, and another one. */
export const codeIn = (words: string) => /[0-9]{6}/.exec(words)?.[0] ?? '';
export const otherThan = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

/** Creates a secret with these flags, whose link is in the file `link`. */
export const createIn = (session: Session, flags: string) =>
  session.sh(`printf s3cret | zephr -q ${flags} > link`);

/** Waits for something that another process does. */
export async function until(isSo: () => boolean): Promise<void> {
  await expect.poll(isSo, { timeout: 20_000 }).toBe(true);
}
