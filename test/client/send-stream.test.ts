/** Streams of any length, sent and received: over a fetch of the test's own, and over Node's to a real server. */

import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { FetchReply, StreamFetch, StreamFetchInit } from '../../src/client/transport/fetch.js';
import { type StreamRequest, sendForStream, sendStream } from '../../src/client/transport/send-stream.js';
import { concatBytes, encodeUtf8 } from '../../src/core/bytes.js';
import { ApiError } from '../../src/core/errors.js';
import { gathered } from '../core/byte-source.js';
import { httpHost } from '../support/hosts.js';

const URL_OF_TEST = 'https://zephr.example/api/x';
const MB = 1024 * 1024;

function post(body: StreamRequest['body'], url = URL_OF_TEST): StreamRequest {
  return { method: 'POST', url, headers: {}, ...(body === undefined ? {} : { body }) };
}

const GET = { method: 'GET', url: URL_OF_TEST, headers: {} } as const;

async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it should have failed');
}

/** A stream of `pieces`, and the reason it was cancelled for, in a list. Its end, where it has one, may be an error. */
function streamOf(pieces: readonly Uint8Array[], end: 'closed' | 'open' | Error = 'closed') {
  const left = [...pieces];
  const cancelled: unknown[] = [];
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = left.shift();
        if (piece !== undefined) controller.enqueue(piece);
        else if (end === 'closed') controller.close();
        else if (end === 'open') return new Promise<void>(() => undefined);
        else controller.error(end);
        return undefined;
      },
      cancel(reason) {
        cancelled.push(reason);
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, cancelled };
}

/** Bytes that repeat in no simple way. */
function pattern(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length).map((_, index) => (index * 7 + (index >> 8)) % 251);
}

/** A reply of the test's own making, whose body has these pieces. */
function reply(status: number, pieces: readonly Uint8Array[], end?: 'closed' | 'open' | Error) {
  const { stream, cancelled } = streamOf(pieces, end);
  const answer: FetchReply = { status, headers: new Headers(), body: stream };
  return { answer, cancelled };
}

const json = (text: string) => [encodeUtf8(text)];

/** A fetch that takes the whole body of each request, and answers with the next reply. */
function recording(...replies: readonly (FetchReply | Error)[]) {
  const bodies: Uint8Array[] = [];
  const inits: StreamFetchInit[] = [];
  const fetch: StreamFetch = async (_, init) => {
    const answer = replies[Math.min(inits.length, replies.length - 1)];
    inits.push(init);
    bodies.push(await bodyOf(init));
    if (answer instanceof Error || answer === undefined) throw answer;
    return answer;
  };
  return { fetch, bodies, inits };
}

async function bodyOf({ body }: StreamFetchInit): Promise<Uint8Array> {
  if (body === undefined) return new Uint8Array();
  if (typeof body === 'string') return encodeUtf8(body);
  return body instanceof Uint8Array ? body : gathered(body);
}

const lost = () => Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNRESET' } });

afterEach(() => {
  vi.useRealTimers();
});

describe('a body that is sent', () => {
  it('goes to fetch as it is when it is a string or bytes', async () => {
    const { fetch, inits } = recording(reply(200, json('{}')).answer, reply(200, json('{}')).answer);
    const bytes = pattern(10);
    await sendStream(post('text'), { fetch });
    await sendStream(post(bytes), { fetch });
    expect(inits[0]).toMatchObject({ method: 'POST', body: 'text', redirect: 'manual' });
    expect(inits[1]?.body).toBe(bytes);
    for (const init of inits) expect(init).not.toHaveProperty('duplex');
  });

  it('is half duplex when it is a stream, and goes out in pieces of at most 64 KiB', async () => {
    const { stream, cancelled } = streamOf([pattern(200_000), new Uint8Array(), pattern(10)]);
    const lengths: number[] = [];
    const fetch: StreamFetch = async (_, { body, duplex }) => {
      expect(duplex).toBe('half');
      expect(body).toBeInstanceOf(ReadableStream);
      for await (const piece of body as ReadableStream<Uint8Array>) lengths.push(piece.length);
      return reply(200, json('{"ok":true}')).answer;
    };
    expect((await sendStream(post(stream), { fetch })).json).toEqual({ ok: true });
    expect(lengths).toEqual([65_536, 65_536, 65_536, 3_392, 10]);
    expect(cancelled).toEqual([]);
  });

  it('is tried three times with the same bytes when it can be opened anew', async () => {
    const { fetch, bodies } = recording(
      lost(),
      reply(503, []).answer,
      reply(200, json('{"ok":true}')).answer,
    );
    const open = () => streamOf([pattern(100_000)]).stream;
    expect((await sendStream(post(open), { fetch })).json).toEqual({ ok: true });
    expect(bodies).toEqual([pattern(100_000), pattern(100_000), pattern(100_000)]);
  });

  it.each([
    ['bytes', pattern(5), 3],
    ['a stream, which can be sent only once', streamOf([pattern(5)]).stream, 1],
  ])('is tried as often as it can be sent: %s', async (_, body, tries) => {
    const { fetch, bodies } = recording({ status: 502, headers: new Headers(), body: null });
    expect(await failure(sendStream(post(body), { fetch }))).toMatchObject({ statusCode: 502 });
    expect(bodies).toHaveLength(tries);
  });

  it('fails with the error of its own source, which is not a failure of the network', async () => {
    const broken = new Error('the disk is broken');
    const { fetch, inits } = recording(reply(200, json('{}')).answer);
    const open = () => streamOf([pattern(5)], broken).stream;
    expect(await failure(sendStream(post(open), { fetch }))).toBe(broken);
    const missing = new Error('there is no such file');
    const openNothing = () => {
      throw missing;
    };
    expect(await failure(sendStream(post(openNothing), { fetch }))).toBe(missing);
    expect(inits).toHaveLength(1);
  });

  it('lets go of its source when the request fails, and does not look complete', async () => {
    const { stream, cancelled } = streamOf([pattern(5)], 'open');
    let sent: ReadableStream<Uint8Array> | undefined;
    const fetch: StreamFetch = async (_, { body }) => {
      sent = body as ReadableStream<Uint8Array>;
      return reply(413, json('{"error":{"code":"PAYLOAD_TOO_LARGE","message":"too large"}}')).answer;
    };
    const error = await failure(sendStream(post(stream), { fetch }));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    expect(cancelled).toHaveLength(1);
    expect(await failure(gathered(sent as ReadableStream<Uint8Array>))).toMatchObject({
      message: 'the request has ended',
    });
  });

  it('is not sent for a signal that has fired, and breaks off with one that fires', async () => {
    const reason = new Error('changed my mind');
    const { fetch, inits } = recording(reply(200, json('{}')).answer);
    const signal = AbortSignal.abort(reason);
    expect(await failure(sendStream(post(streamOf([]).stream), { fetch, signal }))).toBe(reason);
    expect(inits).toHaveLength(0);

    const { stream, cancelled } = streamOf([pattern(5)], 'open');
    const controller = new AbortController();
    const promise = sendStream(post(stream), { fetch, signal: controller.signal });
    controller.abort(reason);
    expect(await failure(promise)).toBe(reason);
    expect(cancelled).toHaveLength(1);
  });
});

describe('the idle time of what is sent', () => {
  it('ends a request when fetch takes nothing more, however the body goes on', async () => {
    vi.useFakeTimers();
    const fetch: StreamFetch = async (_, { body }) => {
      await (body as ReadableStream<Uint8Array>).getReader().read();
      return new Promise(() => undefined);
    };
    const promise = failure(
      sendStream(post(streamOf([pattern(5)], 'open').stream), { fetch, timeout: 1_000 }),
    );
    await vi.advanceTimersByTimeAsync(999);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await promise).toMatchObject({
      name: 'NetworkError',
      code: 'TIMEOUT',
      host: 'zephr.example',
      message: 'the transfer with zephr.example stalled',
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('starts anew with every piece, and does not count while the source is slow', async () => {
    vi.useFakeTimers();
    const slow = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          await new Promise((resolve) => setTimeout(resolve, 60_000));
          controller.enqueue(pattern(MB / 4));
          controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const fetch: StreamFetch = async (_, { body }) => {
      for await (const _piece of body as ReadableStream<Uint8Array>)
        await new Promise((resolve) => setTimeout(resolve, 900));
      return reply(200, json('{"ok":true}')).answer;
    };
    const promise = sendStream(post(slow), { fetch, timeout: 1_000 });
    await vi.advanceTimersByTimeAsync(64_000);
    expect((await promise).json).toEqual({ ok: true });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('has a timeout that a timer can take', async () => {
    const error = await failure(sendStream(post('x'), { timeout: 0 }));
    expect(error).toMatchObject({ name: 'ValidationError', code: 'INVALID_TIMEOUT' });
  });
});

describe('a body that is received', () => {
  it('comes as it was sent, with the headers before it', async () => {
    const { answer } = reply(200, [pattern(3), pattern(4)]);
    const fetch: StreamFetch = async () => ({ ...answer, headers: new Headers({ Date: 'today' }) });
    const { headers, body } = await sendForStream(GET, { fetch }, 7);
    expect(headers.get('date')).toBe('today');
    expect(await gathered(body)).toEqual(concatBytes(pattern(3), pattern(4)));
    expect(await body.next()).toEqual({ done: true, value: undefined });
  });

  it('is empty where there is none', async () => {
    const fetch: StreamFetch = async () => ({ status: 204, headers: new Headers(), body: null });
    expect(await gathered((await sendForStream(GET, { fetch }, 7)).body)).toEqual(new Uint8Array());
  });

  it('breaks off when it is longer than its cap', async () => {
    const { answer, cancelled } = reply(200, [pattern(5), pattern(3)], 'open');
    const { body } = await sendForStream(GET, { fetch: async () => answer }, 7);
    expect(await body.next()).toEqual({ done: false, value: pattern(5) });
    expect(await failure(body.next())).toMatchObject({ name: 'NetworkError', code: 'REPLY_TOO_LARGE' });
    expect(cancelled).toHaveLength(1);
    expect(await body.next()).toEqual({ done: true, value: undefined });
  });

  it('is an error where the status is one, and is asked for again where nothing was decided', async () => {
    const notFound = reply(404, json('{"error":{"code":"SECRET_NOT_FOUND","message":"no such secret"}}'));
    const { fetch, inits } = recording(reply(503, []).answer, lost(), notFound.answer);
    const error = await failure(sendForStream(GET, { fetch }, 7));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ statusCode: 404, code: 'SECRET_NOT_FOUND', message: 'no such secret' });
    expect(inits).toHaveLength(3);
  });

  it.each([
    [302, 'REDIRECTED'],
    [199, 'INVALID_REPLY'],
  ])('is no stream where the status is %i', async (status, code) => {
    const fetch: StreamFetch = async () => reply(status, []).answer;
    expect(await failure(sendForStream(GET, { fetch }, 7))).toMatchObject({ name: 'NetworkError', code });
  });

  it('breaks off when the connection does, and is not asked for again', async () => {
    let requests = 0;
    const fetch: StreamFetch = async () => {
      requests++;
      return reply(200, [pattern(5)], Object.assign(new Error('reset'), { code: 'ECONNRESET' })).answer;
    };
    const { body } = await sendForStream(GET, { fetch }, 7);
    expect(await failure(gathered(body))).toMatchObject({ code: 'CONNECTION_LOST', host: 'zephr.example' });
    expect(requests).toBe(1);
  });

  it.each([
    ['before the first piece', 0],
    ['after the first piece', 1],
  ])('is cancelled by a reader that has enough %s', async (_, pieces) => {
    const { answer, cancelled } = reply(200, [pattern(5)], 'open');
    const { body } = await sendForStream(GET, { fetch: async () => answer }, 7);
    for (let piece = 0; piece < pieces; piece++) await body.next();
    expect(await body.return()).toEqual({ done: true, value: undefined });
    expect(cancelled).toHaveLength(1);
  });

  it.each(['while it is waited for', 'while it is not'])(
    'rejects with the reason of a signal that fires %s',
    async (when) => {
      const reason = new Error('changed my mind');
      const controller = new AbortController();
      const { answer } = reply(200, [], 'open');
      const options = { fetch: async () => answer, signal: controller.signal };
      const { body } = await sendForStream(GET, options, 7);
      if (when === 'while it is not') controller.abort(reason);
      const next = failure(body.next());
      controller.abort(reason);
      expect(await next).toBe(reason);
    },
  );
});

describe('the idle time of what is received', () => {
  it('ends a body from which nothing comes, and starts anew with every piece', async () => {
    vi.useFakeTimers();
    let next: ((piece: Uint8Array) => void) | undefined;
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        next = (piece) => controller.enqueue(piece);
      },
    });
    const fetch: StreamFetch = async () => ({ status: 200, headers: new Headers(), body: stream });
    const { body } = await sendForStream(GET, { fetch, timeout: 1_000 }, MB);
    for (let piece = 0; piece < 5; piece++) {
      const arrived = body.next();
      await vi.advanceTimersByTimeAsync(900);
      next?.(pattern(5));
      expect(await arrived).toEqual({ done: false, value: pattern(5) });
    }
    const stalled = failure(body.next());
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await stalled).toMatchObject({
      code: 'TIMEOUT',
      message: 'the transfer with zephr.example stalled',
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not count while its reader is busy', async () => {
    vi.useFakeTimers();
    const { answer } = reply(200, [pattern(3), pattern(4)]);
    const { body } = await sendForStream(GET, { fetch: async () => answer, timeout: 1_000 }, 7);
    const pieces: Uint8Array[] = [];
    for await (const piece of body) {
      pieces.push(piece);
      await vi.advanceTimersByTimeAsync(60_000);
    }
    expect(pieces).toEqual([pattern(3), pattern(4)]);
  });

  it('ends a request that gets no answer', async () => {
    vi.useFakeTimers();
    const fetch: StreamFetch = () => new Promise(() => undefined);
    const promise = failure(sendForStream(GET, { fetch, timeout: 1_000 }, 7));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await promise).toMatchObject({ code: 'TIMEOUT' });
  });
});

describe("over Node's fetch to a server", () => {
  it('megabytes go there and come back as they were', async () => {
    const server = await httpHost((request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/octet-stream' });
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => response.end(Buffer.concat(pieces)));
    });
    const sent = Array.from({ length: 5 }, () => pattern(MB));
    const { body } = await sendForStream(post(streamOf(sent).stream, server), {}, 5 * MB);
    const hash = createHash('sha256');
    for await (const piece of body) hash.update(piece);
    expect(hash.digest('hex')).toBe(
      createHash('sha256')
        .update(concatBytes(...sent))
        .digest('hex'),
    );
  });

  it('a stream is answered with JSON', async () => {
    const server = await httpHost((request, response) => {
      let length = 0;
      request.on('data', (piece: Buffer) => {
        length += piece.length;
      });
      request.on('end', () =>
        response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ length })),
      );
    });
    const request = post(() => streamOf([pattern(MB), pattern(MB)]).stream, server);
    expect((await sendStream(request, {})).json).toEqual({ length: 2 * MB });
  });

  it('a source that fails leaves the server no complete request', async () => {
    const ends: string[] = [];
    const server = await httpHost((request) => {
      request.resume();
      request.on('end', () => ends.push('complete'));
      request.on('error', () => ends.push('cut'));
    });
    const broken = new Error('the disk is broken');
    const { stream } = streamOf([pattern(MB)], broken);
    expect(await failure(sendStream(post(stream, server), {}))).toBe(broken);
    await vi.waitFor(() => expect(ends).toEqual(['cut']));
  });

  it('a body that stalls is a NetworkError', async () => {
    const server = await httpHost((_, response) => response.writeHead(200).write('begun'));
    const { body } = await sendForStream({ ...GET, url: server }, { timeout: 150 }, MB);
    expect(await failure(gathered(body))).toMatchObject({ code: 'TIMEOUT', host: new URL(server).host });
  });

  it('a reader that has enough closes the connection', async () => {
    let closed = false;
    const server = await httpHost((_, response) => {
      response.writeHead(200).write('begun');
      response.on('close', () => {
        closed = true;
      });
    });
    const { body } = await sendForStream({ ...GET, url: server }, {}, MB);
    await body.return();
    await vi.waitFor(() => expect(closed).toBe(true));
  });
});
