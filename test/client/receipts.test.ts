/** Receipts in the SDK: what a create gives to keep, and what can be asked with it. */

import { describe, expect, it } from 'vitest';
import { createSecret } from '../../src/client/create/create.js';
import { openSecret } from '../../src/client/open-secret.js';
import { readSecret } from '../../src/client/read.js';
import { answerRequest } from '../../src/client/requests/answer-request.js';
import { collectAnswers } from '../../src/client/requests/collect-answers.js';
import { viewRequest } from '../../src/client/requests/request.js';
import { cancelRequest } from '../../src/client/requests/request-status.js';
import { retrieveSecret } from '../../src/client/retrieve.js';
import { inquire } from '../../src/client/sender/receipts.js';
import { revokeSecret, secretStatus } from '../../src/client/status.js';
import type { Fetch, FetchInit } from '../../src/client/transport/fetch.js';
import { parseLink } from '../../src/core/links/reader.js';
import { formatReceiptLink, parseReceiptLink } from '../../src/core/links/receipt-links.js';
import { DEFAULT_SERVER } from '../../src/core/protocol/limits.js';
import { createTestServer } from '../../src/testing.js';

const CASES = [{ link: 'v1' }, { link: 'v2' }, { link: 'v2', passphrase: 'correct horse' }] as const;

describe('the receipt link', () => {
  it.each(CASES)('tells what becomes of a secret, and revokes it: %o', async (options) => {
    const { server, fetch } = createTestServer();
    const { receiptLink = '' } = await createSecret('hunter2', { server, fetch, ...options });
    expect(await secretStatus(receiptLink, { fetch })).toMatchObject({ state: 'waiting', reads: [] });
    await revokeSecret(receiptLink, { fetch });
    expect(await secretStatus(receiptLink, { fetch })).toMatchObject({ state: 'revoked' });
  });

  it('tells when it was read, and that it arrived', async () => {
    const { server, fetch } = createTestServer();
    const { fullLink, receiptLink = '' } = await createSecret('hunter2', { server, fetch });
    await retrieveSecret(fullLink, { fetch });
    const status = await secretStatus(parseReceiptLink(receiptLink), { fetch });
    expect(status).toMatchObject({ state: 'read', wrongPassphrases: 0, reads: [{ acknowledged: true }] });
    expect(status.reads?.[0]?.at).toBe(status.lastReadAt);
  });

  it('holds nothing of the key, and is refused where a secret is read', async () => {
    const { server, fetch } = createTestServer();
    const { fullLink, receiptLink = '' } = await createSecret('hunter2', { server, fetch });
    expect(receiptLink).not.toContain(fullLink.split('.').at(-1));
    // By every call of the SDK that reads, answers or collects, and before anything is sent.
    const unused: Fetch = () => Promise.reject(new Error('was asked'));
    const calls: readonly (() => Promise<unknown>)[] = [
      () => retrieveSecret(receiptLink, { fetch: unused }),
      () => openSecret(receiptLink, { fetch: unused }),
      () => readSecret(receiptLink, { fetch: unused }),
      () => viewRequest(receiptLink, { fetch: unused }),
      () => answerRequest(receiptLink, 'x', { fetch: unused }),
      () => collectAnswers(receiptLink, { fetch: unused }),
      () => cancelRequest(receiptLink, { fetch: unused }),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'LINK_OF_ANOTHER_KIND' });
    const halves = { url: receiptLink.split('#')[0] ?? '', key: receiptLink.split('#')[1] ?? '' };
    await expect(retrieveSecret(halves, { fetch: unused })).rejects.toMatchObject({
      name: 'ValidationError',
    });
    expect(await secretStatus(receiptLink, { fetch })).toMatchObject({ state: 'waiting', viewsLeft: 1 });
    expect(() => parseLink(receiptLink)).toThrow(/does not read it/);
    expect(() => parseReceiptLink(fullLink)).toThrow(/zephr get/);
  });

  it('is read as it comes through mail', () => {
    const receipt = new Uint8Array(32).fill(7);
    const link = { server: 'https://zephr.example', id: 'Ab3_-567890123456789_-', receipt };
    const text = formatReceiptLink(link);
    for (const given of [
      text,
      `<${text}>`,
      ` ${text.replace('#', '%23')}.\n`,
      `${text}`.replace('/secret', '\n/secret'),
    ]) {
      expect(parseReceiptLink(given)).toEqual(link);
    }
    for (const damaged of [text.slice(0, -1), `${text}A`, text.slice(0, text.indexOf('#'))]) {
      expect(() => parseReceiptLink(damaged)).toThrow(/damaged|missing/);
    }
    expect(() => parseReceiptLink(text.replace('/secret/', '/request/'))).toThrow(/damaged/);
  });

  it('is missing where the server keeps no receipts', async () => {
    const { server, fetch } = createTestServer();
    const forgetful: Fetch = async (url, init) => {
      const { receipt_hash: _, ...body } = JSON.parse(String(init.body ?? '{}')) as Record<string, unknown>;
      return fetch(url, { ...init, body: JSON.stringify(body) });
    };
    for (const link of ['v1', 'v2'] as const) {
      const created = await createSecret('hunter2', { server, fetch: forgetful, link });
      expect(created).not.toHaveProperty('receiptLink');
    }
  });

  it('is not asked of the server of version 1, which may refuse what it does not know', async () => {
    const bodies: string[] = [];
    const fetch: Fetch = async (_: string, { body = '' }: FetchInit) => {
      bodies.push(String(body));
      return new Response('{"id":"Ab3_-567890123456789_-","expires_at":"2099-01-01T00:00:00.000Z"}', {
        status: 201,
      });
    };
    await createSecret('hunter2', { fetch });
    await createSecret('hunter2', { server: DEFAULT_SERVER, fetch });
    expect(bodies.map((body) => body.includes('receipt_hash'))).toEqual([false, false]);
  });
});

describe('a status that waits', () => {
  it('comes when it is another than was seen', async () => {
    const { server, fetch } = createTestServer();
    const { fullLink, receiptLink = '' } = await createSecret('hunter2', { server, fetch, views: 2 });
    const seen = await secretStatus(receiptLink, { fetch });
    const told = secretStatus(receiptLink, { fetch, seen, timeout: 100 });
    await new Promise((resolve) => setTimeout(resolve, 200));
    await retrieveSecret(fullLink, { fetch });
    expect(await told).toMatchObject({ state: 'waiting', viewsLeft: 1 });
  });

  it('waits no longer than it is asked to', async () => {
    const { server, fetch } = createTestServer();
    const urls: string[] = [];
    const noted: Fetch = (url, init) => {
      urls.push(url);
      return fetch(url, init);
    };
    const { receiptLink = '' } = await createSecret('hunter2', { server, fetch });
    const seen = await secretStatus(receiptLink, { fetch });
    expect(await secretStatus(receiptLink, { fetch: noted, seen, wait: 500 })).toEqual(seen);
    expect(await secretStatus(receiptLink, { fetch: noted, seen, wait: 0 })).toEqual(seen);
    expect(urls.map((url) => new URL(url).search)).toEqual(['?wait=1&seen=waiting.1', '']);
    for (const wait of [-1, 25_001, Number.NaN])
      await expect(secretStatus(receiptLink, { fetch, seen, wait })).rejects.toThrow('0 to 25000');
  });
});

describe('by id and API key', () => {
  const asked: { url: string; headers: Record<string, string> }[] = [];
  const fetch: Fetch = async (url, { headers }) => {
    asked.push({ url, headers });
    return new Response('{"error":{"code":"SECRET_NOT_FOUND","message":"no"}}', { status: 404 });
  };
  const id = 'Ab3_-567890123456789_-';

  it('asks the server that is named, with the key', async () => {
    const own = { id, apiKey: 'zeph_x', server: 'https://zephr.example/' };
    await expect(secretStatus(own, { fetch })).rejects.toThrow();
    await expect(revokeSecret(own, { fetch })).rejects.toThrow();
    expect(asked.map(({ url }) => url)).toEqual([
      `https://zephr.example/api/secrets/${id}/status`,
      `https://zephr.example/api/secrets/${id}`,
    ]);
    expect(asked.every(({ headers }) => headers.Authorization === 'Bearer zeph_x')).toBe(true);
  });

  it.each([
    { id: 'x', apiKey: 'zeph_x' },
    { id, apiKey: '' },
    { id, apiKey: 'x', server: 'http://host' },
  ])('refuses %o before it asks', async (own) => {
    const before = asked.length;
    await expect(secretStatus(own, { fetch })).rejects.toMatchObject({ name: 'ValidationError' });
    expect(asked).toHaveLength(before);
  });
});

describe('many at once', () => {
  it('are asked about by hundreds, and each is answered for itself', async () => {
    const { server, fetch } = createTestServer();
    const { receiptLink = '' } = await createSecret('hunter2', { server, fetch });
    const { id, receipt } = parseReceiptLink(receiptLink);
    const wrong = { id, receipt: new Uint8Array(32) };
    let requests = 0;
    const counting: Fetch = (url, init) => {
      requests += 1;
      return fetch(url, init);
    };
    const found = await inquire(server, [...Array(120).fill(wrong), { id, receipt }], { fetch: counting });
    expect(requests).toBe(2);
    expect(found).toHaveLength(121);
    expect(found[0]).toEqual({ errorCode: 'WRONG_KEY' });
    expect(found[120]).toMatchObject({ state: 'waiting' });
  });

  it.each([
    '{"secrets":[]}',
    '{"secrets":[{"id":"other","state":"waiting"}]}',
    '{"secrets":[{"id":"x","error":{"code":"a b"}}]}',
    '{"secrets":{}}',
  ])('are not believed by a wrong answer: %s', async (body) => {
    const fetch: Fetch = async () => new Response(body, { status: 200 });
    const asked = inquire('https://zephr.example', [{ id: 'x', receipt: new Uint8Array(32) }], { fetch });
    await expect(asked).rejects.toMatchObject({ code: 'INVALID_REPLY' });
  });
});
