/** What the client checks of a read, before it asks the server and after its answer came. */

import { describe, expect, it } from 'vitest';
import { readSecret } from '../../src/client/read.js';
import { retrieveSecret } from '../../src/client/retrieve.js';
import type { Fetch, FetchReply } from '../../src/client/transport/fetch.js';
import { unlockKey } from '../../src/core/crypto/key-schedule.js';
import { sealV2 } from '../../src/core/crypto/seal-v2.js';
import { generateKey } from '../../src/core/key.js';
import { formatLink } from '../../src/core/link.js';

const id = 'Ab3_-567890123456789_-';
const oldLink = `https://zephr.example/secret/${id}#v1.${'A'.repeat(43)}`;

const unasked: Fetch = () => {
  throw new Error('nothing may be sent');
};

describe('before a read', () => {
  it.each(['', 'short', 'x'.repeat(65), `${'x'.repeat(30)}\n`, 'ä'.repeat(30)])(
    'a claim such as %j is refused',
    async (claim) => {
      await expect(readSecret(oldLink, { claim, fetch: unasked })).rejects.toMatchObject({
        name: 'ValidationError',
        code: 'INVALID_CLAIM',
      });
    },
  );

  it.each(['hunter2', ''])('the passphrase %j for a version 1 link is refused', async (passphrase) => {
    for (const read of [readSecret, retrieveSecret]) {
      await expect(read(oldLink, { passphrase, fetch: unasked })).rejects.toMatchObject({
        name: 'ValidationError',
        code: 'UNEXPECTED_PASSPHRASE',
      });
    }
  });
});

/** A server with one secret. */
async function serverOf(echo: (claim: string) => string | null, onDelete: () => FetchReply) {
  const key = generateKey(2);
  const blob = await sealV2(new TextEncoder().encode('hunter2'), {}, await unlockKey(key));
  const asked: string[] = [];
  const fetch: Fetch = async (_, { method, headers }) => {
    const claim = headers['Zephr-Claim'] ?? '';
    asked.push(`${method} ${claim}`);
    if (method === 'DELETE') return onDelete();
    const echoed = echo(claim);
    return new Response(JSON.stringify({ encrypted_blob: blob, version: 2, views_left: 0 }), {
      headers: echoed === null ? {} : { 'Zephr-Claim': echoed },
    });
  };
  return { fetch, asked, link: formatLink({ server: 'https://zephr.example', id, key }) };
}

const done = () => new Response(null, { status: 204 });
const claim = 'claim-of-22-characters';

describe('a read is claimed', () => {
  it('when the server gives the claim back, and then it is acknowledged under it', async () => {
    const { fetch, asked, link } = await serverOf((sent) => sent, done);
    const reading = await readSecret(link, { fetch, claim });
    expect(reading.claimed).toBe(true);
    await reading.acknowledge();
    expect(asked).toEqual([`GET ${claim}`, `DELETE ${claim}`]);
  });

  it.each([
    ['no claim', () => null],
    ['another claim', () => 'other-of-22-characters'],
    ['a part of it', (sent: string) => sent.slice(0, -1)],
    ['it twice', (sent: string) => `${sent}, ${sent}`],
    ['nothing', () => ''],
  ] as const)('not when the server gives back %s, and nothing is acknowledged', async (_, echo) => {
    const { fetch, asked, link } = await serverOf(echo, done);
    const reading = await readSecret(link, { fetch, claim });
    expect(reading.claimed).toBe(false);
    await reading.acknowledge();
    expect(asked).toEqual([`GET ${claim}`]);
  });
});

describe('a secret that is here, and whose acknowledgement fails,', () => {
  it.each([
    [
      'by the server',
      () => new Response('{"error":{"code":"INTERNAL_ERROR","message":"x"}}', { status: 500 }),
    ],
    ['by what answers in its place', () => new Response('<html>', { status: 403 })],
  ])('is given all the same: %s', async (_, onDelete) => {
    const { fetch, link } = await serverOf((sent) => sent, onDelete);
    expect((await retrieveSecret(link, { fetch })).plaintext).toBe('hunter2');
  });

  it('is given when the caller cancels meanwhile', async () => {
    const controller = new AbortController();
    const { fetch, asked, link } = await serverOf(
      (sent) => sent,
      () => {
        controller.abort(new Error('enough'));
        return done();
      },
    );
    expect((await retrieveSecret(link, { fetch, signal: controller.signal })).plaintext).toBe('hunter2');
    expect(asked.length).toBe(2);
  });

  it('does not hide a bug', async () => {
    const bug = new TypeError('headers is not a function');
    const { fetch, link } = await serverOf(
      (sent) => sent,
      () => ({
        status: 400,
        body: null,
        get headers(): never {
          throw bug;
        },
      }),
    );
    await expect(retrieveSecret(link, { fetch })).rejects.toBe(bug);
  });
});
