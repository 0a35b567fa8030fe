/** What a create asks of a server, and how its answer is checked against that. */

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSecret } from '../../src/client/create/create.js';
import type { CreateSecretOptions } from '../../src/client/create/options.js';
import { retrieveSecret } from '../../src/client/retrieve.js';
import { revokeSecret, secretStatus } from '../../src/client/status.js';
import type { Fetch, FetchInit } from '../../src/client/transport/fetch.js';
import { maxSecretBytesV1, sealV1 } from '../../src/core/crypto/seal-v1.js';
import { generateKey } from '../../src/core/key.js';
import { MAX_V1_BLOB_LENGTH } from '../../src/core/protocol/limits.js';

const server = 'https://zephr.example';
const id = 'Ab3_-567890123456789_-';
const NOW = Date.parse('2026-03-01T12:00:00.000Z');

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: Record<string, unknown>;
}

/** A server that gives one answer to a create, and what it was asked. */
function answering(reply: Record<string, unknown>, headers: Record<string, string> = {}, revoked = 204) {
  const asked: Asked[] = [];
  const fetch: Fetch = async (url: string, { method, headers: sent, body = '{}' }: FetchInit) => {
    asked.push({ method, url, headers: sent, body: JSON.parse(String(body)) as Record<string, unknown> });
    if (method === 'DELETE') return new Response(null, { status: revoked });
    const created = { id, version: 2, views: 1, kept: ['link_proof_hash'], ...reply };
    return new Response(JSON.stringify(created), { status: 201, headers });
  };
  return { fetch, asked };
}

const inMinutes = (minutes: number, from = NOW) => new Date(from + minutes * 60_000).toISOString();
const date = { Date: new Date(NOW).toUTCString() };

describe('a create with a passphrase', () => {
  const options = { server, passphrase: 'correct horse' };
  const expires_at = inMinutes(60);

  it('tells the server the hash of the link proof that readers then show', async () => {
    const { fetch, asked } = answering({ expires_at }, date);
    const { fullLink } = await createSecret('x', { ...options, fetch });
    const hash = asked[0]?.body.link_proof_hash;
    const ask = { fetch: refusing(), passphrase: 'another' };
    for (const request of [retrieveSecret, secretStatus, revokeSecret]) {
      await expect(request(fullLink, ask)).rejects.toMatchObject({
        name: 'ApiError',
        statusCode: 403,
        code: 'WRONG_PASSPHRASE',
      });
    }
    expect(shown.length).toBe(3);
    for (const headers of shown) {
      const proof = Buffer.from(headers['Zephr-Link-Proof'] ?? '', 'base64url');
      expect(createHash('sha256').update(proof).digest('base64url')).toBe(hash);
      expect(headers['Zephr-Proof']).not.toBe(headers['Zephr-Link-Proof']);
    }
  });

  const shown: Record<string, string>[] = [];
  function refusing(): Fetch {
    return async (_, { headers }) => {
      shown.push(headers);
      const error = { code: 'WRONG_PASSPHRASE', message: 'the passphrase is wrong' };
      return new Response(JSON.stringify({ error }), { status: 403 });
    };
  }

  it.each([[undefined], [[]], [['gates', 'receipt_hash']]])(
    'is taken back from a server that keeps %j',
    async (kept) => {
      const { fetch, asked } = answering({ expires_at, kept }, date);
      await expect(createSecret('x', { ...options, fetch })).rejects.toMatchObject({
        name: 'NetworkError',
        code: 'LINK_PROOF_NOT_KEPT',
        message: expect.stringMatching(
          /^zephr\.example does not protect passphrases .*; the secret was revoked$/,
        ),
      });
      const [, revocation] = asked;
      expect(revocation).toMatchObject({ method: 'DELETE', url: `${server}/api/secrets/${id}` });
      expect(Object.keys(revocation?.headers ?? {})).toEqual(['Zephr-Proof', 'Zephr-Link-Proof']);
    },
  );

  it('says so where it cannot be taken back', async () => {
    const { fetch } = answering({ expires_at, kept: [] }, date, 403);
    await expect(createSecret('x', { ...options, fetch })).rejects.toMatchObject({
      code: 'LINK_PROOF_NOT_KEPT',
      message: expect.stringContaining(
        `could not be revoked, and nobody has its link: it expires at ${expires_at}`,
      ),
    });
  });
});

describe('a create without a passphrase', () => {
  it('has no link proof, and needs none', async () => {
    const { fetch, asked } = answering({ expires_at: inMinutes(60), kept: [] }, date);
    const { fullLink } = await createSecret('x', { server, fetch });
    expect(asked.map(({ body }) => 'link_proof_hash' in body)).toEqual([false]);
    await secretStatus(fullLink, { fetch }).catch(() => undefined);
    expect(Object.keys(asked[1]?.headers ?? {})).toEqual(['Zephr-Proof']);
  });
});

describe("a server's answer", () => {
  async function warningsOf(
    reply: Record<string, unknown>,
    options: CreateSecretOptions = {},
    headers: Record<string, string> = date,
  ): Promise<readonly string[] | undefined> {
    const { fetch } = answering(reply, headers);
    return (await createSecret('x', { server, fetch, ...options })).warnings;
  }

  it('that is as it was asked for is no matter', async () => {
    expect(await warningsOf({ expires_at: inMinutes(60) })).toBeUndefined();
    expect(
      await warningsOf({ expires_at: inMinutes(7), views: 3 }, { expiry: '7m', views: 3 }),
    ).toBeUndefined();
    expect(await warningsOf({ expires_at: inMinutes(61) })).toBeUndefined();
    expect(await warningsOf({ expires_at: inMinutes(30) })).toBeUndefined();
  });

  it.each([
    [5, undefined, 'the server lets the secret be read 5 times, not once as was asked'],
    [1, 3, 'the server lets the secret be read once, not 3 times as was asked'],
    [1_000, 999, 'the server lets the secret be read 1000 times, not 999 times as was asked'],
  ])('with %d readers in place of %s is said', async (views, asked, warning) => {
    const options = asked === undefined ? {} : { views: asked };
    expect(await warningsOf({ expires_at: inMinutes(60), views }, options)).toEqual([warning]);
  });

  it('with a later expiry is said, by the clock of the server', async () => {
    const expires_at = inMinutes(62);
    expect(await warningsOf({ expires_at })).toEqual([
      `the server keeps the secret until ${expires_at}: by its own clock, longer than was asked`,
    ]);
    const soon = inMinutes(8);
    expect(await warningsOf({ expires_at: soon }, { expiry: 5 })).toEqual([expect.stringContaining(soon)]);
  });

  it('of a server whose clock is wrong is judged by that clock', async () => {
    const ahead = NOW + 365 * 24 * 3_600_000;
    const headers = { Date: new Date(ahead).toUTCString() };
    expect(await warningsOf({ expires_at: inMinutes(60, ahead) }, {}, headers)).toBeUndefined();
    expect(await warningsOf({ expires_at: inMinutes(62, ahead) }, {}, headers)).toHaveLength(1);
  });

  it.each([undefined, 'soon'])('whose clock is %j is judged by ours, which is said', async (unknown) => {
    const headers: Record<string, string> = unknown === undefined ? {} : { Date: unknown };
    expect(await warningsOf({ expires_at: inMinutes(60, Date.now()) }, {}, headers)).toBeUndefined();
    expect(await warningsOf({ expires_at: inMinutes(65, Date.now()) }, {}, headers)).toEqual([
      expect.stringContaining('by the clock of this machine, longer than was asked'),
    ]);
  });
});

describe('a version 1 link', () => {
  it('is as large as the first clients can read, and no larger', async () => {
    const largest = maxSecretBytesV1(MAX_V1_BLOB_LENGTH);
    const blob = await sealV1(new Uint8Array(largest), generateKey(1));
    // What the server adds at most: the longest hint, escaped, and a time.
    const reply = { encrypted_blob: blob, hint: '\\'.repeat(128), purge_at: inMinutes(1) };
    expect(JSON.stringify(reply).length).toBeLessThanOrEqual(1_000_000);
    expect(blob.length).toBeGreaterThan(990_000);
    const { fetch, asked } = answering({ expires_at: inMinutes(60) }, date);
    const options = { server, fetch, link: 'v1' } as const;
    await createSecret(new Uint8Array(largest), options);
    await expect(createSecret(new Uint8Array(largest + 1), options)).rejects.toMatchObject({
      code: 'SECRET_TOO_LARGE',
      message: expect.stringContaining('a version 2 link can carry more'),
    });
    expect(asked.length).toBe(1);
    await createSecret(new Uint8Array(largest + 1), { server, fetch });
  });
});
