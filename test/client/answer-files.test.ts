/** Answers with files, SDK to SDK. */

import { describe, expect, it } from 'vitest';
import type { Fetch } from '../../src/client/transport/fetch.js';
import { equalBytes } from '../../src/core/bytes.js';
import {
  type AnswerRequestOptions,
  answerRequest,
  collectAnswers,
  createRequest,
  openSecret,
  retrieveSecret,
  revokeSecret,
  secretStatus,
  viewRequest,
} from '../../src/index.js';
import { createTestServer } from '../../src/testing.js';
import { lying } from '../support/fronting.js';

const MB = 2 ** 20;

/** Bytes of which no two places are alike. */
const bytesOf = (length: number, seed = 1) =>
  Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8) * 7 + seed) % 251);

/** A request, its answers, and how the first of them is read. */
async function scene() {
  const { server, fetch } = createTestServer();
  const { requestLink, collectLink } = await createRequest({ server, fetch, answers: 3 });
  const give = (secret: Parameters<typeof answerRequest>[1], more: AnswerRequestOptions = {}) =>
    answerRequest(requestLink, secret, { fetch, ...more });
  const collect = () => collectAnswers(collectLink, { fetch });
  const first = async () => (await collect()).answers[0]!.link();
  return { server, fetch, requestLink, give, collect, first };
}

async function contentOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

describe('an answer with files', () => {
  it('brings them, their names and the text beside them to who asked, once', async () => {
    const { fetch, give, collect, first } = await scene();
    const large = bytesOf(2 * MB + 5);
    const sent: number[] = [];
    await give('for you', {
      attachments: [
        { name: 'kube.config', type: 'text/yaml', content: bytesOf(300) },
        { name: 'backup.tgz', content: new Blob([large]) },
      ],
      message: 'rotate them',
      onProgress: (bytes) => sent.push(bytes),
    });
    expect(sent.at(-1)).toBeGreaterThanOrEqual(large.length + 300);
    const link = await first();
    const secret = await openSecret(link, { fetch });
    expect(new TextDecoder().decode(secret.note)).toBe('for you');
    expect(secret.message).toBe('rotate them');
    expect(secret.files.map(({ name, size }) => [name, size])).toEqual([
      ['kube.config', 300],
      ['backup.tgz', large.length],
    ]);
    expect(await contentOf(secret.files[0]!.stream())).toEqual(bytesOf(300));
    expect(equalBytes(await contentOf(secret.files[1]!.stream()), large)).toBe(true);
    await secret.acknowledge();
    expect((await collect()).answers).toMatchObject([{ state: 'read' }]);
    await expect(openSecret(link, { fetch })).rejects.toMatchObject({ statusCode: 410 });
  });

  it('needs no text beside them', async () => {
    const { fetch, give, first } = await scene();
    await give('', { attachments: [{ name: 'ca.pem', content: bytesOf(10) }] });
    const { bytes, files } = await retrieveSecret(await first(), { fetch });
    expect(bytes).toEqual(new Uint8Array());
    expect(files).toEqual([{ name: 'ca.pem', size: 10, bytes: bytesOf(10) }]);
  });

  it('is what a stream becomes that no blob carries, and bytes that no blob of who asked does', async () => {
    const { fetch, requestLink, give, collect } = await scene();
    async function* pieces() {
      for (let piece = 0; piece < 4; piece += 1) yield bytesOf(300_000, piece);
    }
    await give(pieces());
    const narrow = lying(fetch, (call, json) => {
      if (call.startsWith('GET requests/')) Object.assign(json, { limits: { blob: 6_144, upload: 10 * MB } });
    });
    for (const length of [20_000, 2_000])
      await answerRequest(requestLink, bytesOf(length), { fetch: narrow });
    const links = (await collect()).answers.map((answer) => answer.link());
    const chunks = await Promise.all(links.map(async (link) => (await secretStatus(link, { fetch })).chunks));
    expect(chunks).toEqual([2, 1, undefined]);
    const [stream, bytes, blob] = await Promise.all(links.map((link) => retrieveSecret(link, { fetch })));
    expect(stream?.bytes).toHaveLength(1_200_000);
    expect(stream?.bytes.subarray(300_000, 600_000)).toEqual(bytesOf(300_000, 1));
    expect(bytes?.bytes).toEqual(bytesOf(20_000));
    expect(blob?.bytes).toEqual(bytesOf(2_000));
    for (const one of [stream, bytes, blob]) expect(one?.files).toBeUndefined();
  });

  it('larger than who asked may have is refused, and takes nothing of the request', async () => {
    const { fetch, requestLink, give, collect } = await scene();
    const { maxUpload } = await viewRequest(requestLink, { fetch });
    expect(maxUpload).toBe(1024 * MB);
    const attachments = [{ name: 'disk.img', size: maxUpload + 1, content: new Blob([]).stream() }];
    await expect(give('', { attachments })).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    const narrow = lying(fetch, (call, json) => {
      if (call === 'POST uploads') Object.assign(json, { max_bytes: 1_000 });
    });
    const stream = new Blob([bytesOf(1_001)]).stream();
    const unknown = { fetch: narrow, attachments: [{ name: 'disk.img', content: stream }] };
    await expect(answerRequest(requestLink, '', unknown)).rejects.toMatchObject({ code: 'SECRET_TOO_LARGE' });
    expect(await collect()).toMatchObject({ answersLeft: 3, answers: [] });
  });

  it('whose stream fails leaves nothing behind', async () => {
    const { fetch, requestLink, collect } = await scene();
    const calls: string[] = [];
    const watching = (...[url, init]: Parameters<typeof fetch>) => {
      calls.push(`${init.method} ${new URL(url).pathname.replace(/[\w-]{22}/, '…')}`);
      return fetch(url, init);
    };
    async function* failing() {
      yield bytesOf(2 * MB);
      throw new Error('the disk is gone');
    }
    const attachments = [{ name: 'a', content: failing() }];
    await expect(answerRequest(requestLink, '', { fetch: watching, attachments })).rejects.toThrow(
      'the disk is gone',
    );
    expect(calls.at(-1)).toBe('DELETE /api/uploads/…');
    expect(await collect()).toMatchObject({ answersLeft: 3, answers: [] });
  });

  it('with a name that is none is refused before anything is sent', async () => {
    const { requestLink } = await scene();
    const fetch = () => Promise.reject(new Error('a request was sent'));
    const attachments = [{ name: '../a', content: bytesOf(1) }];
    await expect(answerRequest(requestLink, '', { fetch, attachments })).rejects.toMatchObject({
      code: 'INVALID_META',
    });
  });

  it('is not sent to a server that takes none', async () => {
    const { fetch, requestLink } = await scene();
    const older = lying(fetch, (_, json) => Object.assign(json, { limits: { blob: 20_000 } }));
    const attachments = [{ name: 'a', content: bytesOf(1) }];
    await expect(answerRequest(requestLink, '', { fetch: older, attachments })).rejects.toMatchObject({
      code: 'UNSUPPORTED_BY_SERVER',
      message: 'zephr.test takes no files with answers',
    });
  });

  it('whose chunks a server swaps for those of another answer is refused', async () => {
    const { fetch, give, collect } = await scene();
    for (const seed of [1, 2]) await give('', { attachments: [{ name: 'a', content: bytesOf(500, seed) }] });
    const [one, other] = (await collect()).answers.map((answer) => answer.link());
    let first: Uint8Array<ArrayBuffer> | undefined;
    const swapping: typeof fetch = async (url, init) => {
      const reply = (await fetch(url, init)) as Response;
      if (!url.includes('/chunks/')) return reply;
      first ??= new Uint8Array(await reply.arrayBuffer());
      return new Response(first.slice(), { status: 200, headers: reply.headers });
    };
    expect((await retrieveSecret(one!, { fetch: swapping })).files?.[0]?.bytes).toEqual(bytesOf(500, 1));
    await expect(retrieveSecret(other!, { fetch: swapping })).rejects.toMatchObject({
      name: 'EncryptionError',
    });
  });
});

describe('the receipt of an answer', () => {
  it('tells its sender what became of it, and revokes it', async () => {
    const { fetch, give, first } = await scene();
    const { secretId, receiptLink } = await give('hunter2');
    expect(receiptLink).toContain(`/secret/${secretId}#s1.`);
    expect(await secretStatus(receiptLink!, { fetch })).toMatchObject({ state: 'waiting' });
    await revokeSecret(receiptLink!, { fetch });
    await expect(first()).rejects.toMatchObject({ name: 'EncryptionError' });
  });
});

it('an upload for a request that is gone says so, and not that the server takes no files', async () => {
  const { requestLink, fetch } = await scene();
  const gone: Fetch = (url, init) =>
    init.method === 'POST' && url.endsWith('/api/uploads')
      ? Promise.resolve(
          Response.json(
            { error: { code: 'REQUEST_NOT_FOUND', message: 'there is no such request' } },
            { status: 404 },
          ),
        )
      : fetch(url, init);
  const attachments = [{ name: 'a', content: bytesOf(10) }];
  const given = answerRequest(requestLink, '', { fetch: gone, attachments });
  await expect(given).rejects.toMatchObject({ code: 'REQUEST_NOT_FOUND', statusCode: 404 });
});
