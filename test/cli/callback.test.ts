/** `--callback-url`: what a create asks of its server, and where the secret that signs the webhook comes from. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deadHost, httpHost } from '../support/hosts.js';
import { openSession } from '../support/session.js';

/** A host that keeps what it is asked to create, and creates nothing. */
async function recorder(): Promise<{ url: string; bodies: Record<string, unknown>[] }> {
  const bodies: Record<string, unknown>[] = [];
  const url = await httpHost(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    bodies.push(JSON.parse(body));
    response
      .writeHead(400, { 'Content-Type': 'application/json' })
      .end('{"error":{"code":"SOME","message":"seen"}}');
  });
  return { url, bodies };
}

const CALLBACK = 'https://hooks.example.com/zephr?team=1';

describe('zephr --callback-url', () => {
  it.each([
    ['a file', '--callback-secret-file key', {}, 's3cret'],
    ['the environment, as it is', '', { ZEPHR_CALLBACK_SECRET: ' s3cret ' }, ' s3cret '],
    [
      'the file before the environment',
      '--callback-secret-file key',
      { ZEPHR_CALLBACK_SECRET: 'other' },
      's3cret',
    ],
  ])('goes to the server with its secret from %s', async (_, flags, env, secret) => {
    const { url, bodies } = await recorder();
    const { sh, folder } = openSession({ ZEPHR_SERVER: url, ...env });
    writeFileSync(join(folder, 'key'), 's3cret\n');
    expect((await sh(`echo x | zephr --callback-url '${CALLBACK}' ${flags}`)).stderr).toContain('seen');
    expect(bodies).toMatchObject([{ callback_url: CALLBACK, callback_secret: secret }]);
  });

  it('is not needed by a secret that happens to be in the environment', async () => {
    const { url, bodies } = await recorder();
    await openSession({ ZEPHR_SERVER: url, ZEPHR_CALLBACK_SECRET: 's3cret' }).sh('echo x | zephr');
    expect(Object.keys(bodies[0] ?? {}).filter((key) => key.startsWith('callback'))).toEqual([]);
  });

  it.each([
    ['without a secret', `--callback-url ${CALLBACK}`, 'no secret to sign it with'],
    ['with a blank one', `--callback-url ${CALLBACK}`, 'no secret to sign it with', ' '],
    ['that is no URL', '--callback-url hooks', 'not a URL', 's'],
    ['of another scheme', '--callback-url ftp://hooks.example.com', 'not an https URL', 's'],
    ['with a user name', '--callback-url https://me:hunter3@hooks.example.com', 'user name or password', 's'],
    ['that is too long', `--callback-url https://a.example/${'x'.repeat(2048)}`, 'longer than 2,048', 's'],
    ['whose secret is too long', `--callback-url ${CALLBACK}`, 'not 1 to 256 characters', 's'.repeat(257)],
    ['left out, with a secret', '--callback-secret-file key', 'no --callback-url'],
    ['whose file is not there', `--callback-url ${CALLBACK} --callback-secret-file no`, 'no such file'],
    ['whose file never ends', `--callback-url ${CALLBACK} --callback-secret-file /dev/zero`, 'too long'],
  ])('%s is exit 2, and nothing is sent', async (_, flags, words, secret = '') => {
    const { sh, folder } = openSession({ ZEPHR_SERVER: await deadHost(), ZEPHR_CALLBACK_SECRET: secret });
    writeFileSync(join(folder, 'key'), 's3cret\n');
    const { stderr, code } = await sh(`echo x | zephr ${flags}`);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('hunter3');
    expect(code).toBe(2);
  });
});
