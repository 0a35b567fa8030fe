/** Requests for a secret, SDK to SDK, over a server that is honest and over one that is not. */

import { describe, expect, it } from 'vitest';
import { receiptOf } from '../../src/client/requests/request-status.js';
import type { Fetch } from '../../src/client/transport/fetch.js';
import {
  answerRequest,
  cancelRequest,
  collectAnswers,
  createRequest,
  type parseLink,
  requestStatus,
  retrieveSecret,
  viewRequest,
} from '../../src/index.js';
import { createTestServer } from '../../src/testing.js';
import { type Answers, type ChangeableReply, lying } from '../support/fronting.js';

const tampered = expect.objectContaining({ name: 'EncryptionError', code: 'DECRYPTION_FAILED' });

describe('a request', () => {
  it('is shown to who has its link, answered, and collected by who asked', async () => {
    const { server, fetch } = createTestServer();
    const asked = { message: 'the database password ✓', from: 'ops@example.com' };
    const { requestId, requestLink, collectLink, expiresAt } = await createRequest({
      server,
      fetch,
      ...asked,
    });
    expect(requestLink).toMatch(new RegExp(`^${server}/request/${requestId}#r1\\.[\\w-]{43}$`));
    expect(collectLink).toMatch(new RegExp(`^${server}/request/${requestId}#c1\\.[\\w-]{43}$`));
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now() + 86_000_000);

    expect(await viewRequest(requestLink, { fetch })).toMatchObject({
      ...asked,
      state: 'open',
      answers: 1,
      answersLeft: 1,
      secretExpiry: 1440,
    });
    const sent = await answerRequest(requestLink, 'hunter2', { fetch, name: 'pw.txt', message: 'rotate it' });
    const collected = await collectAnswers(collectLink, { fetch });
    expect(collected).toMatchObject({ state: 'answered', answersLeft: 0 });
    const [answer] = collected.answers;
    expect(answer).toMatchObject({ id: sent.secretId, state: 'waiting', expiresAt: sent.expiresAt });
    const secret = await retrieveSecret(answer!.link(), { fetch });
    expect(secret).toMatchObject({ plaintext: 'hunter2', name: 'pw.txt', message: 'rotate it' });
    await expect(retrieveSecret(answer!.link(), { fetch })).rejects.toMatchObject({ statusCode: 410 });
  });

  it('is not opened by those who have only its link, nor seen by those who have not even that', async () => {
    const { server, fetch } = createTestServer();
    const mine = await createRequest({ server, fetch });
    const other = await createRequest({ server, fetch });
    await expect(collectAnswers(mine.requestLink, { fetch })).rejects.toMatchObject({
      code: 'LINK_OF_ANOTHER_KIND',
      message: 'this link answers a request: use zephr give',
    });
    await expect(viewRequest(mine.collectLink, { fetch })).rejects.toMatchObject({
      code: 'LINK_OF_ANOTHER_KIND',
    });
    const [, key = ''] = other.requestLink.split('#');
    const guessed = mine.requestLink.replace(/#.*/, `#${key}`);
    await expect(viewRequest(guessed, { fetch })).rejects.toMatchObject({ code: 'WRONG_KEY' });
  });

  it('takes as many answers as it asked for, and keeps those that came when it is cancelled', async () => {
    const { server, fetch } = createTestServer();
    const { requestLink, collectLink } = await createRequest({ server, fetch, answers: 3, views: 2 });
    await answerRequest(requestLink, 'one', { fetch });
    await answerRequest(requestLink, Uint8Array.of(0, 255), { fetch });
    await cancelRequest(collectLink, { fetch });
    await expect(answerRequest(requestLink, 'three', { fetch })).rejects.toMatchObject({
      code: 'REQUEST_CANCELLED',
      statusCode: 410,
    });
    const { state, answers } = await collectAnswers(collectLink, { fetch });
    expect(state).toBe('cancelled');
    const [one, two] = await Promise.all(answers.map((answer) => retrieveSecret(answer.link(), { fetch })));
    expect(one).toMatchObject({ plaintext: 'one', viewsLeft: 1 });
    expect(two?.bytes).toEqual(Uint8Array.of(0, 255));
  });

  it('is followed by its receipt alone, which cancels it and opens nothing', async () => {
    const { server, fetch } = createTestServer();
    const { requestLink, collectLink } = await createRequest({ server, fetch, answers: 2 });
    await answerRequest(requestLink, 'hunter2', { fetch });
    const receipt = await receiptOf(collectLink);
    expect(Object.keys(receipt)).toEqual(['server', 'id', 'receipt']);
    expect(await requestStatus(receipt, { fetch })).toMatchObject({
      state: 'open',
      answersLeft: 1,
      received: [{ state: 'waiting' }],
    });
    await cancelRequest(receipt, { fetch });
    expect(await requestStatus(collectLink, { fetch })).toMatchObject({ state: 'cancelled' });
    const wrong = { ...receipt, receipt: new Uint8Array(32) };
    for (const call of [requestStatus, cancelRequest])
      await expect(call(wrong, { fetch })).rejects.toMatchObject({ code: 'WRONG_KEY' });
  });

  it('is cancelled by the API key that asked, which is shown in no URL', async () => {
    const calls: [string, string, unknown][] = [];
    const fetch: Fetch = async (url, { method, headers }) => {
      calls.push([method, url, headers.Authorization]);
      return new Response(null, { status: 204 });
    };
    const id = 'A'.repeat(22);
    await cancelRequest({ id, apiKey: 'zeph_key', server: 'https://zephr.test/' }, { fetch });
    expect(calls).toEqual([['DELETE', `https://zephr.test/api/requests/${id}`, 'Bearer zeph_key']]);
    for (const wrong of [{ id: 'x' }, { id, apiKey: ' ' }, { id, server: 'http://zephr.test' }]) {
      const from = { apiKey: 'zeph_key', ...wrong, id: wrong.id };
      await expect(cancelRequest(from, { fetch })).rejects.toMatchObject({ name: 'ValidationError' });
    }
    expect(calls).toHaveLength(1);
  });

  it('is waited for', async () => {
    const { server, fetch } = createTestServer();
    const { requestLink, collectLink } = await createRequest({ server, fetch });
    const waiting = collectAnswers(collectLink, { fetch, wait: 20_000, timeout: 5_000 });
    await answerRequest(requestLink, 'hunter2', { fetch });
    expect((await waiting).answers).toHaveLength(1);
  });

  it.each<[string, object, string]>([
    ['no answers', { answers: 0 }, 'INVALID_ANSWERS'],
    ['too many answers', { answers: 101 }, 'INVALID_ANSWERS'],
    ['half a reader', { views: 0.5 }, 'INVALID_VIEWS'],
    ['an expiry that is none', { expiry: 'soon' }, 'INVALID_EXPIRY'],
    ['another that is none', { secretExpiry: '0m' }, 'INVALID_EXPIRY'],
    ['a message that is too long', { message: 'x'.repeat(1001) }, 'INVALID_META'],
    ['a name that is too long', { from: 'x'.repeat(65) }, 'INVALID_META'],
    ['half a callback', { callbackUrl: 'https://example.com' }, 'INVALID_CALLBACK'],
    ['a server without TLS', { server: 'http://example.com' }, 'INVALID_SERVER'],
  ])('with %s is refused before anything is sent', async (_, options, code) => {
    const fetch = () => Promise.reject(new Error('a request was sent'));
    await expect(createRequest({ server: 'https://zephr.test', fetch, ...options })).rejects.toMatchObject({
      name: 'ValidationError',
      code,
    });
  });
});

describe('a server that lies', () => {
  /** Two requests of one asker, each for two answers, and what is needed to lie about them. */
  async function scene() {
    const { server, fetch } = createTestServer();
    const mine = await createRequest({ server, fetch, message: 'mine', answers: 3 });
    const other = await createRequest({ server, fetch, message: 'other', answers: 3 });
    return { server, fetch, mine, other };
  }

  it.each(['public_key', 'sealed_message'])(
    'and shows another %s is found out before a secret is sent',
    async (member) => {
      const { server, fetch, mine } = await scene();
      // A request of the server's own, whose answers it could open, under the id of the other.
      let planted: ChangeableReply | undefined;
      const watching = lying(fetch, (call, json) => {
        if (call.startsWith('GET requests/')) planted = json;
      });
      await viewRequest((await createRequest({ server, fetch, message: 'planted' })).requestLink, {
        fetch: watching,
      });
      const sent: string[] = [];
      const liar = lying(fetch, (call, json) => {
        sent.push(call.split(' ')[0] ?? '');
        if (call.startsWith('GET requests/')) Object.assign(json, { [member]: planted?.[member] });
      });
      await expect(viewRequest(mine.requestLink, { fetch: liar })).rejects.toEqual(tampered);
      await expect(answerRequest(mine.requestLink, 'hunter2', { fetch: liar })).rejects.toEqual(tampered);
      expect(sent).toEqual(['GET', 'GET']);
    },
  );

  it('and swaps the wrapped keys of two answers gives out neither', async () => {
    const { fetch, mine } = await scene();
    await answerRequest(mine.requestLink, 'one', { fetch });
    await answerRequest(mine.requestLink, 'two', { fetch });
    const liar = lying(fetch, (_, { answers: [one, two] = [] }) => {
      if (one === undefined || two === undefined) return;
      [one.wrapped_key, two.wrapped_key] = [two.wrapped_key, one.wrapped_key];
    });
    const { answers } = await collectAnswers(mine.collectLink, { fetch: liar });
    expect(answers).toHaveLength(2);
    for (const answer of answers) {
      // An honest server refuses the proof. One that does not has a blob that the key does not open.
      await expect(retrieveSecret(answer.link(), { fetch })).rejects.toMatchObject({ code: 'WRONG_KEY' });
    }
    const honest = await collectAnswers(mine.collectLink, { fetch });
    const blobs = await Promise.all(honest.answers.map((answer) => blobOf(answer.link(), fetch)));
    const blind = lying(fetch, () => undefined);
    for (const [index, answer] of answers.entries()) {
      const giving: Fetch = async (url, init) =>
        init.method === 'GET'
          ? new Response(JSON.stringify({ encrypted_blob: blobs[index] }), { status: 200 })
          : blind(url, init);
      await expect(retrieveSecret(answer.link(), { fetch: giving })).rejects.toEqual(tampered);
    }
  });

  /** The sealed bytes of a secret, as its server keeps them. */
  async function blobOf(link: ReturnType<typeof parseLink>, fetch: Fetch): Promise<string> {
    let blob = '';
    const watching = lying(fetch, (_, json) => {
      blob = String(Reflect.get(json, 'encrypted_blob'));
    });
    await retrieveSecret(link, { fetch: watching });
    return blob;
  }

  it('and shows an answer to another request of the same asker is refused', async () => {
    const { fetch, mine, other } = await scene();
    await answerRequest(other.requestLink, 'for another', { fetch });
    let list: Answers = [];
    await collectAnswers(other.collectLink, {
      fetch: lying(fetch, (_, { answers }) => {
        list = answers;
      }),
    });
    const liar = lying(fetch, (_, json) => Object.assign(json, { answers: list }));
    const { answers } = await collectAnswers(mine.collectLink, { fetch: liar });
    expect(answers).toHaveLength(1);
    expect(() => answers[0]?.link()).toThrow(tampered);
  });

  it('and shows one answer twice, under another id, has the second refused, then and later', async () => {
    const { fetch, mine } = await scene();
    await answerRequest(mine.requestLink, 'once', { fetch });
    const again = 'A'.repeat(22);
    const liar = lying(fetch, (_, json) => {
      const [answer] = json.answers;
      if (answer !== undefined) json.answers.push({ ...answer, id: again });
    });
    const { answers } = await collectAnswers(mine.collectLink, { fetch: liar });
    expect(answers[0]?.link()).toMatchObject({ id: answers[0]?.id });
    expect(() => answers[1]?.link()).toThrow(tampered);

    const taken = { [answers[0]!.id]: answers[0]!.keyHash! };
    const renaming = lying(fetch, (_, json) => {
      for (const answer of json.answers) answer.id = again;
    });
    const later = await collectAnswers(mine.collectLink, { fetch: renaming, taken });
    expect(() => later.answers[0]?.link()).toThrow(tampered);
    const same = await collectAnswers(mine.collectLink, { fetch, taken });
    expect(same.answers[0]?.link()).toMatchObject({ id: answers[0]?.id });
  });

  it('and makes an answer itself, without the secret of the link, has it refused', async () => {
    const { server, fetch, mine } = await scene();
    // All that a server knows: public key and id. It seals to the right key, by a request link with a secret of its own.
    const { deriveAnswerKeys, wrapAnswerKey } = await import('../../src/core/crypto/request.js');
    const { decodeBase64url } = await import('../../src/core/base64url.js');
    let publicKey = '';
    await viewRequest(mine.requestLink, {
      fetch: lying(fetch, (_, json) => {
        publicKey = String(Reflect.get(json, 'public_key'));
      }),
    });
    const keys = await deriveAnswerKeys(new Uint8Array(16));
    const forged = await wrapAnswerKey(new Uint8Array(32), decodeBase64url(publicKey), keys, mine.requestId);
    const time = new Date().toISOString();
    const liar = lying(fetch, (_, json) =>
      json.answers.push({
        id: 'A'.repeat(22),
        wrapped_key: forged,
        state: 'waiting',
        ...{ created_at: time, expires_at: time },
      }),
    );
    const { answers } = await collectAnswers(mine.collectLink, { fetch: liar });
    expect(() => answers[0]?.link()).toThrow(tampered);
    expect(server).toBe('https://zephr.test');
  });

  it.each<[string, (json: ChangeableReply) => void]>([
    ['a state that is none', (json) => Object.assign(json, { state: 'ajar' })],
    ['a list that is none', (json) => Object.assign(json, { answers: {} })],
    ['an id twice', (json) => json.answers.push(json.answers[0]!)],
    ['an id that leads elsewhere', (json) => Object.assign(json.answers[0]!, { id: '../keys' })],
    ['no time', (json) => Object.assign(json, { expires_at: 'soon' })],
  ])('and answers with %s is no zephr server', async (_, change) => {
    const { fetch, mine } = await scene();
    await answerRequest(mine.requestLink, 'hunter2', { fetch });
    const liar = lying(fetch, (_call, json) => change(json));
    await expect(collectAnswers(mine.collectLink, { fetch: liar })).rejects.toMatchObject({
      name: 'NetworkError',
      code: 'INVALID_REPLY',
    });
  });
});
