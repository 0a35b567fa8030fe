/** Nothing but the right key uses up a version 2 secret. */

import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSecret } from '../../src/client/create/create.js';
import { readSecret } from '../../src/client/read.js';
import { secretStatus } from '../../src/client/status.js';
import type { Link } from '../../src/core/link.js';
import { parseLink } from '../../src/core/links/reader.js';
import { openSession } from '../support/session.js';
import { sharedServer } from '../support/shared-server.js';

const server = sharedServer();

async function create(
  options: { passphrase?: string; views?: number } = {},
): Promise<{ text: string; link: Link; api: string }> {
  const created = await createSecret('hunter2', { server: server.url, ...options });
  if (created.mode !== 'standard') throw new Error('a standard link was asked for');
  const link = parseLink(created.fullLink);
  return { text: created.fullLink, link, api: `${server.url}/api/secrets/${link.id}` };
}

const random = (bytes: number) => randomBytes(bytes).toString('base64url');

describe('the secret still waits, and the right key still reads, after', () => {
  it.each<[string, (api: string, id: string) => Promise<number>, number]>([
    ['a read without proof', async (api) => (await fetch(api)).status, 403],
    [
      'a read with a claim and no proof',
      async (api) => (await fetch(api, { headers: { 'Zephr-Claim': random(24) } })).status,
      403,
    ],
    [
      'a wrong proof',
      async (api) => (await fetch(api, { headers: { 'Zephr-Proof': random(32) } })).status,
      403,
    ],
    [
      'a proof that is none',
      async (api) => (await fetch(api, { headers: { 'Zephr-Proof': 'x' } })).status,
      400,
    ],
    ['HEAD', async (api) => (await fetch(api, { method: 'HEAD' })).status, 405],
    ['OPTIONS', async (api) => (await fetch(api, { method: 'OPTIONS' })).status, 204],
    ['POST', async (api) => (await fetch(api, { method: 'POST' })).status, 405],
    ['a revocation without proof', async (api) => (await fetch(api, { method: 'DELETE' })).status, 400],
    [
      'a revocation with a wrong proof',
      async (api) => (await fetch(api, { method: 'DELETE', headers: { 'Zephr-Proof': random(32) } })).status,
      403,
    ],
    [
      'an acknowledgement of nothing',
      async (api) => (await fetch(api, { method: 'DELETE', headers: { 'Zephr-Claim': random(24) } })).status,
      204,
    ],
    [
      'a link preview that fetches the page',
      async (_, id) => (await fetch(`${server.url}/secret/${id}`)).status,
      200,
    ],
  ])('%s', async (_, attack, status) => {
    const { link, api } = await create();
    expect(await attack(api, link.id)).toBe(status);
    expect((await secretStatus(link)).state).toBe('waiting');
    expect(Buffer.from((await readSecret(link)).bytes).toString()).toBe('hunter2');
  });

  it('a get with a wrong key, which is exit 9', async () => {
    const { text, link } = await create();
    const { code, stderr } = await openSession().sh(
      `zephr get '${text.replace(/#.*/, '')}' --key v2.${random(32)}`,
    );
    expect(stderr).toContain('zephr: hint: ');
    expect(code).toBe(9);
    expect((await secretStatus(link)).state).toBe('waiting');
  });

  it('a get with a key of version 1, which is exit 9', async () => {
    const { text, link } = await create();
    const { code } = await openSession().sh(`zephr get '${text.replace(/#.*/, '')}' --key v1.${random(32)}`);
    expect(code).toBe(9);
    expect((await secretStatus(link)).state).toBe('waiting');
  });

  it('a get with a wrong passphrase, which is exit 9', async () => {
    const { text, link } = await create({ passphrase: 'open sesame' });
    const { sh } = openSession();
    const wrong = await sh(`echo 'open says me' > p; zephr get '${text}' --passphrase-file p`);
    expect(wrong.code).toBe(9);
    expect((await secretStatus(link, { passphrase: 'open sesame' })).state).toBe('waiting');
    const right = await sh(`echo 'open sesame' > p; zephr get '${text}' --passphrase-file p`);
    expect(right).toMatchObject({ code: 0, stdout: 'hunter2' });
  });

  it('10,000 random guesses', async () => {
    const { link, api } = await create();
    const answers = new Map<number, number>();
    const guess = async () => {
      const reply = await fetch(api, { headers: { 'Zephr-Proof': random(32), 'Zephr-Claim': random(24) } });
      answers.set(reply.status, (answers.get(reply.status) ?? 0) + 1);
      await reply.arrayBuffer();
    };
    for (let done = 0; done < 10_000; done += 50) await Promise.all(Array.from({ length: 50 }, guess));
    expect([...answers]).toEqual([[403, 10_000]]);
    expect((await secretStatus(link)).state).toBe('waiting');
    expect(Buffer.from((await readSecret(link)).bytes).toString()).toBe('hunter2');
  });
});

describe('views', () => {
  it('let exactly 5 of 40 parallel readers in', async () => {
    const { link } = await create({ views: 5 });
    const results = await Promise.allSettled(Array.from({ length: 40 }, () => readSecret(link)));
    const readers = results.filter((result) => result.status === 'fulfilled');
    expect(readers).toHaveLength(5);
    for (const result of results) {
      if (result.status === 'rejected')
        expect(result.reason).toMatchObject({ statusCode: 410, code: 'SECRET_ALREADY_CONSUMED' });
    }
    expect(await secretStatus(link)).toMatchObject({ state: 'read', views: 5, viewsLeft: 0 });
  });

  it('are not taken twice by one claim', async () => {
    const { link } = await create({ views: 3 });
    const claim = random(24);
    for (let again = 0; again < 4; again++) expect((await readSecret(link, { claim })).viewsLeft).toBe(2);
    expect((await secretStatus(link)).viewsLeft).toBe(2);
  });
});

describe('status and revoke', () => {
  it('tell what became of a secret', async () => {
    const { sh } = server.session();
    await sh('echo hunter2 | zephr -q > link');
    expect((await sh('zephr status < link')).stdout).toMatch(/^waiting, expires in /);
    await sh('zephr get < link');
    expect((await sh('zephr status < link')).stdout).toMatch(/^read, first read .* ago, at /);
    expect(JSON.parse((await sh('zephr status --json < link')).stdout)).toMatchObject({
      state: 'read',
      views: 1,
      viewsLeft: 0,
    });
    expect((await sh('zephr revoke < link')).code).toBe(6);
  });

  it('destroy a secret unread', async () => {
    const { sh } = server.session();
    const { code, stderr } = await sh('echo hunter2 | zephr -q > link; zephr revoke < link');
    expect(stderr).toContain('revoked');
    expect(code).toBe(0);
    expect((await sh('zephr revoke < link')).code).toBe(0);
    expect((await sh('zephr status < link')).stdout).toMatch(/^revoked/);
    const read = await sh('zephr get < link');
    expect(read.code).toBe(6);
    expect(read.stdout).toBe('');
  });

  it('refuse links of version 1 before anything is sent', async () => {
    const { sh } = server.session();
    await sh('echo hunter2 | zephr -q --link v1 > link');
    expect((await sh('zephr status < link')).code).toBe(2);
    expect((await sh('zephr revoke < link')).code).toBe(2);
    expect((await sh('zephr get < link')).stdout).toBe('hunter2\n');
  });
});

describe('what the sender says to the reader', () => {
  it('arrives encrypted with the secret', async () => {
    const { sh } = server.session();
    const { stdout, stderr } = await sh(
      "echo hunter2 | zephr -q --name id_rsa --message 'for the pässword reset' --views 2 > link; zephr get < link",
    );
    expect(stdout).toBe('hunter2\n');
    expect(stderr).toBe('Name: id_rsa\nMessage: for the pässword reset\n');
    expect(JSON.parse((await sh('zephr get --json < link')).stdout)).toMatchObject({
      plaintext: 'hunter2\n',
      name: 'id_rsa',
      message: 'for the pässword reset',
    });
  });

  it('moves no cursor', async () => {
    const { sh } = server.session();
    const { stderr } = await sh(`printf x | zephr -q --message "$(printf 'a\\033[2Jb')" | zephr get`);
    expect(stderr).toBe('Message: a\\u{1b}[2Jb\n');
  });
});
