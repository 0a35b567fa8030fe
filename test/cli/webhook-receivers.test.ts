/** The receivers of webhooks in client/SDK.md run as they stand, for Node and for Python, and know who sent what. */

import { spawn, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { deadHost } from '../support/hosts.js';
import { startServerProcess } from '../support/server.js';
import { openSession } from '../support/session.js';

const SECRET = 'shared with the r\u00e9ceiver';

const document = readFileSync(new URL('../../src/client/SDK.md', import.meta.url), 'utf8');

/** The only program in this language. */
function programIn(language: string): string {
  const found = [...document.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))];
  expect(found).toHaveLength(1);
  return found[0]?.[1] ?? '';
}

const hasPython = spawnSync('python3', ['--version']).status === 0;

const RECEIVERS = [
  { name: 'Node', language: 'javascript', file: 'receiver.mjs', command: process.execPath, without: '' },
  {
    ...{ name: 'Python', language: 'python', file: 'receiver.py', command: 'python3' },
    without: hasPython ? '' : ' (skipped: there is no python3)',
  },
];

/** Starts a receiver, and waits until it answers. */
async function start({ language, file, command }: (typeof RECEIVERS)[number], folder: string) {
  const url = await deadHost();
  writeFileSync(join(folder, file), programIn(language));
  const child = spawn(command, [file], {
    cwd: folder,
    env: { PATH: process.env.PATH, PORT: new URL(url).port, ZEPHR_CALLBACK_SECRET: SECRET },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void child.kill());
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const post = async (body: string, signature?: string) => {
    const headers = {
      'content-type': 'application/json',
      ...(signature && { 'x-zephr-signature': signature }),
    };
    return (await fetch(`${url}/hook`, { method: 'POST', headers, body })).status;
  };
  await expect.poll(() => post('{}').catch(() => 0), { timeout: 20_000 }).toBe(401);
  return { url: `${url}/hook`, lines, post };
}

const signatureOf = (body: string) => createHmac('sha256', SECRET).update(body).digest('hex');

describe('a receiver in SDK.md', () => {
  for (const receiver of RECEIVERS) {
    it.skipIf(receiver.without !== '')(
      `for ${receiver.name} takes what its server sends, once, and nothing else${receiver.without}`,
      async () => {
        const session = openSession({ ZEPHR_CALLBACK_SECRET: SECRET });
        const { url, lines, post } = await start(receiver, session.folder);
        expect(
          programIn(receiver.language)
            .split('\n')
            .filter((line) => line.trim() !== '').length,
        ).toBeLessThanOrEqual(16);

        const body = JSON.stringify({
          event: 'request.answered',
          event_id: 'e1',
          request_id: 'q1',
          hint: 'é',
        });
        for (const wrong of [
          undefined,
          '',
          'no hex',
          '0'.repeat(64),
          signatureOf(`${body} `),
          signatureOf(body).slice(2),
        ]) {
          expect(await post(body, wrong)).toBe(401);
        }
        expect(await post(`${body} `, signatureOf(body))).toBe(401);
        expect(lines).toEqual([]);
        expect([await post(body, signatureOf(body)), await post(body, signatureOf(body))]).toEqual([
          204, 204,
        ]);
        await expect.poll(() => lines).toEqual(['request.answered q1']);

        const server = await startServerProcess({ args: ['--allow-private-callbacks'] });
        onTestFinished(() => server.stop().then(() => undefined));
        session.env.ZEPHR_SERVER = server.url;
        const { stdout } = await session.sh(`echo x | zephr -q --json -H db --callback-url '${url}'`);
        const { secretId, fullLink } = JSON.parse(stdout) as { secretId: string; fullLink: string };
        expect((await session.sh(`zephr get -q '${fullLink}'`)).stdout).toBe('x\n');
        await expect.poll(() => lines).toEqual(['request.answered q1', `secret.consumed ${secretId}`]);
      },
    );
  }

  it('is sent what the document shows', () => {
    const [, shown = ''] = /^(\{"event":.*\})$/m.exec(programIn('http')) ?? [];
    expect(Object.keys(JSON.parse(shown) as object)).toEqual([
      ...['event', 'event_id', 'secret_id', 'occurred_at', 'hint'],
    ]);
  });
});
