/** A list of ten thousand secrets: all of it is shown, and their server is asked about a hundred of them at a time. */

import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startServerProcess } from '../support/server.js';
import { openSession } from '../support/session.js';

const MANY = 10_000;
const HOUR = 60 * 60_000;

/** The line of a secret that was sent so many minutes ago. */
function line(server: string, minutes: number): string {
  const createdAt = new Date(Date.now() - minutes * 60_000).toISOString();
  const expiresAt = new Date(Date.now() + 24 * HOUR).toISOString();
  const [id, receipt] = [randomBytes(16).toString('base64url'), randomBytes(32).toString('base64url')];
  const secret = { kind: 'secret', server, id, receipt, createdAt, expiresAt, views: 1 };
  return `${JSON.stringify({ ...secret, hint: `db ${minutes}`, memo: `für Bob ${minutes}` })}\n`;
}

it('ten thousand secrets are listed, with a hundred requests', { timeout: 120_000 }, async () => {
  const server = await startServerProcess();
  onTestFinished(() => server.stop().then(() => undefined));
  const session = openSession({ ZEPHR_SERVER: server.url });
  const folder = join(session.folder, '.local/state/zephr');
  mkdirSync(folder, { recursive: true });
  const lines = Array.from({ length: MANY }, (_, place) => line(server.url, MANY - place));
  writeFileSync(join(folder, 'sent.jsonl'), lines.join(''));

  const timed = async (command: string) => {
    const start = performance.now();
    const { code } = await session.sh(`${command} > out`);
    expect(code).toBe(0);
    return `${Math.round(performance.now() - start)} ms`;
  };
  const shown = () => readFileSync(join(session.folder, 'out'), 'utf8').trimEnd().split('\n');
  const asked = () =>
    server
      .log()
      .split('\n')
      .filter((entry) => entry.includes('/api/receipts')).length;

  const offline = await timed('zephr ls --offline');
  expect(asked()).toBe(0);
  expect(shown()).toHaveLength(MANY);
  expect([shown()[0], shown().at(-1)]).toEqual([
    expect.stringMatching(/ {2}waiting .* für Bob 1$/),
    expect.stringMatching(/ {2}waiting .* für Bob 10000$/),
  ]);
  const online = await timed('zephr ls');
  // It knows none of them, and they have not expired: what is known of them is marked.
  expect(shown().filter((one) => / {2}waiting\? /.test(one))).toHaveLength(MANY);
  await expect.poll(asked).toBe(MANY / 100);
  const few = await timed('zephr ls -n 20');
  expect(shown()).toHaveLength(20);
  await expect.poll(asked).toBe(MANY / 100 + 1);
  const nothing = await timed('zephr ls --search nothing');
  console.log(
    `10000 lines: ${nothing} to read them, ${offline} to list them, ${online} with their requests, ${few} for the last 20`,
  );
});
