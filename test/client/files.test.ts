/** Files and long content in the client, against a server in memory whose answers get lost. */

import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createResumably, createSecret } from '../../src/client/create/create.js';
import { type BrokenOffCreate, type CreateJournal, SourceChanged } from '../../src/client/files/journal.js';
import { openSecret } from '../../src/client/open-secret.js';
import { readSecret } from '../../src/client/read.js';
import { retrieveSecret } from '../../src/client/retrieve.js';
import { secretStatus } from '../../src/client/status.js';
import type { Fetch, FetchInit } from '../../src/client/transport/fetch.js';
import { concatBytes } from '../../src/core/bytes.js';
import { createApp } from '../../src/server/app.js';
import { fetchFrom } from '../../src/server/fetch.js';
import { MemoryStore } from '../../src/server/store/memory/store.js';
import { createTestServer } from '../../src/testing.js';

const MIB = 1_048_576;

function bytes(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(randomBytes(length));
}

function hash(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

async function* inPieces(data: Uint8Array, length = 70_000): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < data.length; at += length) yield data.subarray(at, at + length);
}

async function gathered(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of stream) all.push(piece);
  return concatBytes(...all);
}

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  /** Of bytes, their hash. */
  readonly body: string;
}

type Fault = (request: Sent, answer: () => ReturnType<Fetch>) => ReturnType<Fetch> | undefined;

/** A server, what it was asked, and how many chunks were under way at most. */
function server(fault: Fault = () => undefined) {
  const { server: url, fetch: real, advance } = createTestServer();
  const sent: Sent[] = [];
  let now = 0;
  let most = 0;
  const fetch: Fetch = async (address: string, init: FetchInit) => {
    const { body = '' } = init;
    const path = new URL(address).pathname;
    const request = { ...init, path, body: typeof body === 'string' ? body : hash(body) };
    sent.push(request);
    const isChunk = /\/[0-9]+$/.test(path);
    if (isChunk) most = Math.max(most, ++now);
    try {
      const answer = () => real(address, init);
      return await (fault(request, answer) ?? answer());
    } finally {
      if (isChunk) now--;
    }
  };
  const chunks = (method: string) =>
    sent
      .filter((one) => one.method === method && /\/[0-9]+$/.test(one.path))
      .map(({ path }) => Number(path.split('/').at(-1)));
  return { url, fetch, sent, chunks, most: () => most, advance };
}

/** Loses the answers to some requests, after the server has acted. */
function losing(matches: (request: Sent) => boolean, times: number): Fault {
  let left = times;
  return (request, answer) => {
    if (left === 0 || !matches(request)) return undefined;
    left--;
    return answer().then(() => {
      throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    });
  };
}

const isChunk = (method: string, index: number) => (request: Sent) =>
  request.method === method && request.path.endsWith(`/${index}`);

describe('files', () => {
  it('go there and back, whatever they come in', async () => {
    const { url, fetch, sent } = server();
    const contents = [bytes(3), bytes(2 * MIB), bytes(0), bytes(MIB + 5)] as const;
    const blob = new Blob([contents[1]]);
    const { fullLink } = await createSecret('a note', {
      server: url,
      fetch,
      message: 'hello',
      attachments: [
        { name: 'bytes', type: 'text/plain', content: contents[0] },
        { name: 'blob', content: blob },
        { name: 'empty', content: new Blob([]).stream() },
        { name: 'iterable', content: inPieces(contents[3]) },
      ],
    });
    const secret = await openSecret(fullLink, { fetch });
    expect(Buffer.from(secret.note).toString()).toBe('a note');
    expect(secret.message).toBe('hello');
    expect(secret.files.map(({ name, type, size }) => [name, type, size])).toEqual([
      ['bytes', 'text/plain', 3],
      ['blob', undefined, 2 * MIB],
      ['empty', undefined, 0],
      ['iterable', undefined, MIB + 5],
    ]);
    for (const [index, { stream }] of secret.files.entries())
      expect(hash(await gathered(stream()))).toBe(hash(contents[index] ?? bytes(1)));
    await secret.acknowledge();
    expect((await secretStatus(fullLink, { fetch })).state).toBe('read');
    await expect(openSecret(fullLink, { fetch })).rejects.toMatchObject({ statusCode: 410 });
    // Nothing that a server sees has a name or a size of a file.
    for (const { body } of sent) expect(body).not.toMatch(/iterable|text\/plain/);
  });

  it('are known to the server by the length of their stream, where that is known', async () => {
    const { url, fetch, sent } = server();
    const begin = () =>
      sent.filter(({ method, path }) => method === 'POST' && path === '/api/uploads').at(-1)?.body;
    await createSecret('', { server: url, fetch, attachments: [{ name: 'a', content: bytes(300) }] });
    expect(begin()).toBe('{"bytes":304}');
    await createSecret('', {
      server: url,
      fetch,
      attachments: [{ name: 'a', content: inPieces(bytes(300)) }],
    });
    expect(begin()).toBe('{}');
    await createSecret('', {
      server: url,
      fetch,
      attachments: [{ name: 'a', content: inPieces(bytes(300)), size: 300 }],
    });
    expect(begin()).toBe('{"bytes":304}');
  });

  it('come whole with retrieveSecret, and their note as the secret', async () => {
    const { url, fetch } = server();
    const content = bytes(MIB);
    const { fullLink } = await createSecret('', {
      server: url,
      fetch,
      attachments: [{ name: 'a', content }],
    });
    const { plaintext, files } = await retrieveSecret(fullLink, { fetch });
    expect(plaintext).toBe('');
    expect(files?.map(({ name, size }) => [name, size])).toEqual([['a', MIB]]);
    expect(hash(files?.[0]?.bytes ?? bytes(1))).toBe(hash(content));
    expect((await secretStatus(fullLink, { fetch })).state).toBe('read');
  });

  it('are refused by readSecret, which does not take them, and are still there', async () => {
    const { url, fetch } = server();
    const { fullLink } = await createSecret('x', {
      server: url,
      fetch,
      attachments: [{ name: 'a', content: bytes(5) }],
    });
    await expect(readSecret(fullLink, { fetch })).rejects.toMatchObject({ code: 'CHUNKS_NOT_ACCEPTED' });
    expect((await secretStatus(fullLink, { fetch })).state).toBe('waiting');
  });

  it('of more than 64 MB are not held in memory, and stay', { timeout: 60_000 }, async () => {
    const { url, fetch } = server();
    const { fullLink } = await createSecret(new Uint8Array(65 * MIB), { server: url, fetch });
    await expect(retrieveSecret(fullLink, { fetch })).rejects.toMatchObject({ code: 'TOO_LARGE_FOR_MEMORY' });
    const status = await secretStatus(fullLink, { fetch });
    expect(status).toMatchObject({ state: 'waiting', chunks: 66 });
  });

  it.each([
    ['no list', 'x', 'INVALID_META'],
    ['none', [], 'INVALID_META'],
    ['no name', [{ content: bytes(1) }], 'INVALID_META'],
    ['a path', [{ name: '../x', content: bytes(1) }], 'INVALID_META'],
    [
      'names that are alike',
      [
        { name: 'a', content: bytes(1) },
        { name: 'A', content: bytes(1) },
      ],
      'INVALID_META',
    ],
    ['a number', [{ name: 'a', content: 5 }], 'INVALID_SECRET'],
    ['a text', [{ name: 'a', content: 'text' }], 'INVALID_SECRET'],
    [
      'more than a hundred',
      Array.from({ length: 101 }, (_, i) => ({ name: `${i}`, content: bytes(1) })),
      'INVALID_META',
    ],
  ])('are refused before anything is sent: %s', async (_, attachments, code) => {
    const { url, fetch, sent } = server();
    const options = { server: url, fetch, attachments: attachments as never };
    await expect(createSecret('', options)).rejects.toMatchObject({ name: 'ValidationError', code });
    expect(sent).toEqual([]);
  });

  it('need a version 2 link', async () => {
    const attachments = [{ name: 'a', content: bytes(1) }];
    await expect(createSecret('', { link: 'v1', attachments })).rejects.toMatchObject({
      code: 'NEEDS_VERSION_2',
    });
  });

  it('are refused by a server that takes none', async () => {
    const { url, fetch } = server(({ path }) =>
      path.startsWith('/api/uploads')
        ? Promise.resolve(new Response('{"error":{"code":"NOT_FOUND","message":"x"}}', { status: 404 }))
        : undefined,
    );
    const options = { server: url, fetch, attachments: [{ name: 'a', content: bytes(1) }] };
    await expect(createSecret('', options)).rejects.toMatchObject({ code: 'UNSUPPORTED_BY_SERVER' });
  });
});

describe('long content', () => {
  it.each([
    ['bytes', (data: Uint8Array<ArrayBuffer>) => data],
    ['a Blob', (data: Uint8Array<ArrayBuffer>) => new Blob([data])],
    ['a stream', (data: Uint8Array<ArrayBuffer>) => new Blob([data]).stream()],
    ['an iterable', (data: Uint8Array<ArrayBuffer>) => inPieces(data)],
  ])('goes as a stream by itself: %s', async (_, form) => {
    const { url, fetch, chunks } = server();
    const data = bytes(2 * MIB + 1);
    const progress: number[] = [];
    const options = { server: url, fetch, name: 'n', onProgress: (sent: number) => progress.push(sent) };
    const { fullLink } = await createSecret(form(data), options);
    expect(chunks('PUT')).toEqual([0, 1, 2]);
    expect(progress.at(-1)).toBeGreaterThanOrEqual(data.length);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    const secret = await retrieveSecret(fullLink, { fetch });
    expect(hash(secret.bytes)).toBe(hash(data));
    expect(secret.name).toBe('n');
    expect(secret.files).toBeUndefined();
  });

  it.each([
    ['a Blob', new Blob(['hunter2'])],
    ['an iterable', inPieces(Buffer.from('hunter2'))],
  ])('that turns out to be short goes as a blob: %s', async (_, content) => {
    const { url, fetch, sent } = server();
    const { fullLink } = await createSecret(content, { server: url, fetch });
    expect(sent.map(({ path }) => path)).toEqual(['/api/secrets']);
    expect((await retrieveSecret(fullLink, { fetch })).plaintext).toBe('hunter2');
  });

  it.each([0, 1])('is a blob up to the last byte that one takes, and not with %i more', async (more) => {
    const { url, fetch, chunks } = server();
    const data = bytes(770_045 - '{"name":"n"}'.length + more);
    const { fullLink } = await createSecret(data, { server: url, fetch, name: 'n' });
    expect(chunks('PUT').length).toBe(more);
    expect(hash((await retrieveSecret(fullLink, { fetch })).bytes)).toBe(hash(data));
  });

  it('that is empty is no secret', async () => {
    const { url, fetch, sent } = server();
    const empty = createSecret(new Blob([]), { server: url, fetch });
    await expect(empty).rejects.toMatchObject({ code: 'EMPTY_SECRET' });
    expect(sent).toEqual([]);
  });

  it('is too large for a version 1 link, and its stream is closed', async () => {
    let closed = false;
    async function* endless() {
      try {
        for (;;) yield bytes(100_000);
      } finally {
        closed = true;
      }
    }
    const { url, fetch, sent } = server();
    const creating = createSecret(endless(), { server: url, fetch, link: 'v1' });
    await expect(creating).rejects.toMatchObject({ code: 'SECRET_TOO_LARGE' });
    expect([closed, sent]).toEqual([true, []]);
  });

  it('for which the caller has too small a blob goes as a file, under another key', async () => {
    const app = createApp({
      store: new MemoryStore('x'),
      access: 'tiered',
      rateLimit: 0,
      version: 'x',
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      now: Date.now,
    });
    const proofs: unknown[] = [];
    const fetch: Fetch = (url, init) => {
      if (typeof init.body === 'string' && init.body.includes('proof_hash'))
        proofs.push(JSON.parse(init.body).proof_hash);
      return fetchFrom(app, url, init, '192.0.2.1');
    };
    const data = bytes(100_000);
    const { fullLink } = await createSecret(data, { server: 'https://zephr.test', fetch });
    expect(hash((await retrieveSecret(fullLink, { fetch })).bytes)).toBe(hash(data));
    expect(new Set(proofs).size).toBe(2);
  });
});

describe('a lost answer', () => {
  it('costs a chunk and not the upload, and the chunk is the same again', async () => {
    const { url, fetch, sent, chunks, most } = server(losing(isChunk('PUT', 2), 2));
    const data = bytes(9 * MIB);
    const { fullLink } = await createSecret(data, { server: url, fetch });
    expect(chunks('PUT').sort((a, b) => a - b)).toEqual([0, 1, 2, 2, 2, 3, 4, 5, 6, 7, 8]);
    expect(new Set(sent.filter(isChunk('PUT', 2)).map(({ body }) => body)).size).toBe(1);
    expect(most()).toBe(4);
    expect(hash((await retrieveSecret(fullLink, { fetch })).bytes)).toBe(hash(data));
  });

  it('costs a chunk and not the download', async () => {
    const { url, fetch, chunks, most } = server(losing(isChunk('GET', 1), 2));
    const data = bytes(9 * MIB);
    const { fullLink } = await createSecret(data, { server: url, fetch });
    expect(hash((await retrieveSecret(fullLink, { fetch })).bytes)).toBe(hash(data));
    expect(chunks('GET').sort((a, b) => a - b)).toEqual([0, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(most()).toBe(4);
  });

  it('that comes again and again ends it: the source is closed, and the upload forgotten', async () => {
    const { url, fetch, sent } = server(({ method, path }) =>
      method === 'PUT' && path.endsWith('/1')
        ? Promise.resolve(new Response('{"error":{"code":"STORE_FULL","message":"full"}}', { status: 507 }))
        : undefined,
    );
    let closed = false;
    async function* endless() {
      try {
        for (;;) yield bytes(100_000);
      } finally {
        closed = true;
      }
    }
    await expect(createSecret(endless(), { server: url, fetch })).rejects.toMatchObject({
      code: 'STORE_FULL',
    });
    expect(closed).toBe(true);
    expect(sent.at(-1)).toMatchObject({ method: 'DELETE' });
  });

  it('does not keep another call with the same claim from going on', async () => {
    const { url, fetch } = server();
    const data = bytes(3 * MIB);
    const { fullLink } = await createSecret(data, { server: url, fetch });
    const claim = 'claim-of-22-characters';
    await openSecret(fullLink, { fetch, claim });
    const again = await openSecret(fullLink, { fetch, claim });
    const rest: Uint8Array[] = [];
    for await (const part of again.parts(MIB + 7)) rest.push(part.bytes);
    expect(hash(concatBytes(...rest))).toBe(hash(data.subarray(MIB + 7)));
    await expect(openSecret(fullLink, { fetch })).rejects.toMatchObject({ statusCode: 410 });
  });
});

it('a caller who cancels ends the upload with his reason', async () => {
  const controller = new AbortController();
  const { url, fetch } = server((request, answer) => {
    if (isChunk('PUT', 3)(request)) controller.abort(new Error('enough'));
    return answer();
  });
  const options = { server: url, fetch, signal: controller.signal };
  await expect(createSecret(bytes(8 * MIB), options)).rejects.toThrow('enough');
});

/** A journal in memory, as a disk would keep it. */
class Disk {
  kept: BrokenOffCreate | null = null;
  digests: string[] = [];

  journal(): CreateJournal {
    const earlier = this.kept;
    return {
      earlier,
      begin: async (create) => {
        this.kept = create;
        this.digests = [];
      },
      noteChunk: async ({ index, last }, digest) => {
        const line = `${last} ${hash(digest)}`;
        if (this.digests[index] !== undefined && this.digests[index] !== line) throw new SourceChanged();
        this.digests[index] = line;
      },
      noteBody: async (body) => {
        if (this.kept !== null) this.kept = { ...this.kept, body };
      },
    };
  }
}

describe('a create that was broken off', () => {
  /** Breaks for good when chunk `index` is sent, or the create. */
  function breaking(where: (request: Sent) => boolean) {
    let isBroken = true;
    const one = server((request) =>
      isBroken && where(request)
        ? Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' }))
        : undefined,
    );
    return { ...one, mend: () => (isBroken = false) };
  }
  const isCreate = ({ method, path }: Sent) => method === 'POST' && path === '/api/secrets';
  const attach = (data: Uint8Array<ArrayBuffer>) => [
    { name: 'a', content: { [Symbol.asyncIterator]: () => inPieces(data) } },
  ];

  /** For each upload and chunk the bytes that were sent: never two. */
  function expectNoChunkTwice(sent: readonly Sent[]) {
    const bodies = new Map<string, string>();
    for (const { method, path, body } of sent) {
      if (method !== 'PUT') continue;
      expect(bodies.get(path) ?? body).toBe(body);
      bodies.set(path, body);
    }
  }

  it('goes on with the chunks that the server has', async () => {
    const { url, fetch, sent, chunks, mend } = breaking(isChunk('PUT', 6));
    const disk = new Disk();
    const data = bytes(8 * MIB);
    const create = () =>
      createResumably('', { server: url, fetch, attachments: attach(data) }, disk.journal());
    await expect(create()).rejects.toMatchObject({ code: 'HOST_NOT_FOUND' });
    const before = chunks('PUT').length;
    mend();
    const created = await create();
    expect(chunks('PUT').length - before).toBeLessThanOrEqual(4);
    expectNoChunkTwice(sent);
    expect(sent.filter(({ path, method }) => method === 'POST' && path === '/api/uploads').length).toBe(1);
    const { files } = await retrieveSecret(created.fullLink ?? '', { fetch });
    expect(hash(files?.[0]?.bytes ?? bytes(1))).toBe(hash(data));
  });

  it('gives the link that the lost answer had', async () => {
    const { url, fetch, sent, mend } = breaking(() => false);
    const disk = new Disk();
    const data = bytes(2 * MIB);
    const create = () =>
      createResumably('', { server: url, fetch, attachments: attach(data) }, disk.journal());
    const first = await create();
    mend();
    expect(await create()).toEqual(first);
    const bodies = sent.filter(isCreate).map(({ body }) => body);
    expect(bodies.length).toBe(2);
    expect(new Set(bodies).size).toBe(1);
  });

  it.each([
    ['a byte', (data: Uint8Array) => data.fill(1, 0, 1)],
    ['its length', (data: Uint8Array) => data.subarray(0, 4 * MIB)],
  ])('takes a new key when %s of the source has changed', async (_, change) => {
    const { url, fetch, sent, mend } = breaking(isCreate);
    const disk = new Disk();
    const data = bytes(5 * MIB);
    const create = (content: Uint8Array) =>
      createResumably(
        '',
        { server: url, fetch, attachments: attach(new Uint8Array(content)) },
        disk.journal(),
      );
    await expect(create(data)).rejects.toMatchObject({ code: 'HOST_NOT_FOUND' });
    const { key } = disk.kept ?? { key: '' };
    mend();
    const changed = new Uint8Array(change(new Uint8Array(data).fill(0, 0, 1)));
    const created = await create(changed);
    expect(created.fullLink).not.toContain(key);
    expectNoChunkTwice(sent);
    const { files } = await retrieveSecret(created.fullLink ?? '', { fetch });
    expect(hash(files?.[0]?.bytes ?? bytes(1))).toBe(hash(changed));
  });

  it('takes a new key when the server has forgotten it, or the passphrase is another', async () => {
    const { url, fetch, sent, mend, advance } = breaking(isChunk('PUT', 3));
    const disk = new Disk();
    const data = bytes(5 * MIB);
    const create = (passphrase?: string) => {
      const options = { server: url, fetch, attachments: attach(data), ...(passphrase && { passphrase }) };
      return createResumably('', options, disk.journal());
    };
    await expect(create()).rejects.toMatchObject({ code: 'HOST_NOT_FOUND' });
    await expect(create('one')).rejects.toMatchObject({ code: 'HOST_NOT_FOUND' });
    await expect(create('two')).rejects.toMatchObject({ code: 'HOST_NOT_FOUND' });
    advance(2 * 60 * 60_000);
    mend();
    const created = await create('two');
    expectNoChunkTwice(sent);
    expect(sent.filter(({ path, method }) => method === 'POST' && path === '/api/uploads').length).toBe(4);
    const { files } = await retrieveSecret(created.fullLink ?? '', { fetch, passphrase: 'two' });
    expect(hash(files?.[0]?.bytes ?? bytes(1))).toBe(hash(data));
  });
});
