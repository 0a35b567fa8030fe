/** The command's fetch with streams: what goes out, what comes in, and how each side ends early. */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { type HttpReply, type HttpRequest, httpFetch, nodeFetch } from '../../src/net/http.js';
import { httpHost } from '../support/hosts.js';

const CHUNK = 65_536;

/** More than the buffers of both programs and of the system hold. */
const MANY = 1024;

/** `count` chunks, each different from its neighbors. */
function chunks(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, n) => new Uint8Array(CHUNK).fill(n));
}

function hashOf(parts: Iterable<Uint8Array>): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** A stream, how much was asked of it, and why it was canceled. */
interface Source {
  readonly stream: ReadableStream<Uint8Array>;
  pulled: number;
  canceled?: unknown;
}

/** Gives the parts, then ends as `last` says: it closes, fails with an error, or stays open without a word. */
function source(parts: readonly Uint8Array[], last: 'close' | 'stall' | Error = 'close'): Source {
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const part = parts[one.pulled];
        if (part === undefined && last === 'stall') return new Promise(() => undefined);
        if (part !== undefined) controller.enqueue(part);
        else if (last === 'close') controller.close();
        else controller.error(last);
        one.pulled += part === undefined ? 0 : 1;
      },
      cancel(reason) {
        one.canceled = reason;
      },
    },
    { highWaterMark: 0 },
  );
  const one: Source = { stream, pulled: 0 };
  return one;
}

function get(signal = new AbortController().signal): HttpRequest {
  return { method: 'GET', headers: {}, signal };
}

function post(body: string | Uint8Array | Source, more: Partial<HttpRequest> = {}): HttpRequest {
  const isBytes = typeof body === 'string' || body instanceof Uint8Array;
  return {
    ...get(),
    method: 'POST',
    ...(isBytes ? { body } : { body: body.stream, duplex: 'half' }),
    ...more,
  };
}

async function readAll({ body }: HttpReply): Promise<Buffer> {
  const reader = body?.getReader();
  const parts: Uint8Array[] = [];
  for (;;) {
    const { value } = (await reader?.read()) ?? {};
    if (value === undefined) return Buffer.concat(parts);
    parts.push(value);
  }
}

/** A server that answers with the request's headers and the hash of its body. */
function hashing(): Promise<string> {
  return httpHost(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    response.end(JSON.stringify({ headers: request.headers, hash: hashOf(parts) }));
  });
}

async function sent(fetch: typeof nodeFetch, request: HttpRequest) {
  const reply = await readAll(await fetch(await hashing(), request));
  return JSON.parse(reply.toString()) as { headers: Record<string, string>; hash: string };
}

/** Node 20 has no `Promise.withResolvers`. */
function withResolvers<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** A server, and the first request it gets. */
async function server(handler: (request: IncomingMessage, response: ServerResponse) => void) {
  const { promise: request, resolve } = withResolvers<IncomingMessage>();
  const url = await httpHost((incoming, response) => {
    incoming.on('error', () => undefined);
    resolve(incoming);
    handler(incoming, response);
  });
  return { url, request };
}

/** The value when it has stopped changing. */
async function settled(value: () => number): Promise<number> {
  for (let last = -1; ; last = value()) {
    await sleep(200);
    if (value() === last && last > 0) return last;
  }
}

/** Resolves when it is closed, in order or not. */
function closed(stream: Socket | IncomingMessage): Promise<void> {
  return new Promise((resolve) => (stream.closed ? resolve() : stream.once('close', resolve)));
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error('that should have failed');
    },
    (error: unknown) => error,
  );

/** Over a connection that the caller opens, as a tunnel is. */
const dialed = httpFetch({ connect: async ({ hostname, port }) => connect(Number(port), hostname) });

describe.each([
  ['its own connection', nodeFetch],
  ['a given connection', dialed],
])('a body over %s', (_, fetch) => {
  it.each<[string, string | Uint8Array, number]>([
    ['a text', 'schön', 6],
    ['bytes', Uint8Array.of(0, 255, 13, 10), 4],
    ['no bytes', new Uint8Array(), 0],
  ])('that is %s goes out with its length', async (_, body, length) => {
    const { headers, hash } = await sent(fetch, post(body));
    expect(headers).toMatchObject({ 'content-length': String(length) });
    expect(headers).not.toHaveProperty('transfer-encoding');
    expect(hash).toBe(hashOf([Buffer.from(body)]));
  });

  it('that is a stream goes out in chunks', async () => {
    const { headers, hash } = await sent(fetch, post(source(chunks(50))));
    expect(headers).toMatchObject({ 'transfer-encoding': 'chunked' });
    expect(headers).not.toHaveProperty('content-length');
    expect(hash).toBe(hashOf(chunks(50)));
  });

  it('that is a stream of known length goes out with it', async () => {
    const headers = { 'Content-Length': String(50 * CHUNK) };
    const reply = await sent(fetch, post(source(chunks(50)), { headers }));
    expect(reply.headers).toMatchObject({ 'content-length': String(50 * CHUNK) });
    expect(reply.headers).not.toHaveProperty('transfer-encoding');
    expect(reply.hash).toBe(hashOf(chunks(50)));
  });

  it('is read no faster than the server takes it', async () => {
    const { url, request } = await server((request, response) => request.on('end', () => response.end()));
    const body = source(chunks(MANY));
    const reply = fetch(url, post(body));
    const held = await settled(() => body.pulled);
    expect(held).toBeLessThan(MANY);
    (await request).resume();
    expect((await reply).status).toBe(200);
    expect(body.pulled).toBe(MANY);
  });

  it('that fails fails the request, which the server never takes for complete', async () => {
    const { url, request } = await server((request) => request.resume());
    const error = new Error('the file is gone');
    expect(await failure(fetch(url, post(source(chunks(3), error))))).toBe(error);
    const incoming = await request;
    await closed(incoming);
    expect(incoming.complete).toBe(false);
  });

  it('is canceled by the signal, also while it gives nothing', async () => {
    const { url, request } = await server((request) => request.resume());
    const body = source(chunks(3), 'stall');
    const controller = new AbortController();
    const reply = failure(fetch(url, post(body, { signal: controller.signal })));
    const incoming = await request;
    controller.abort();
    expect(await reply).toMatchObject({ name: 'AbortError' });
    await vi.waitFor(() => expect(body).toHaveProperty('canceled'));
    await closed(incoming);
    expect(incoming.complete).toBe(false);
  });

  it('is canceled when the server hangs up', async () => {
    const { url } = await server((request) => request.once('data', () => request.destroy()));
    const body = source(chunks(3), 'stall');
    expect(await failure(fetch(url, post(body)))).toMatchObject({
      code: expect.stringMatching(/ECONNRESET|EPIPE/),
    });
    await vi.waitFor(() => expect(body).toHaveProperty('canceled'));
  });

  it('is canceled when the whole reply came before it was sent', async () => {
    const { url } = await server((_, response) => response.writeHead(413).end('too long'));
    const body = source(chunks(3), 'stall');
    const reply = await fetch(url, post(body));
    expect(reply.status).toBe(413);
    expect((await readAll(reply)).toString()).toBe('too long');
    await vi.waitFor(() => expect(body).toHaveProperty('canceled'));
  });
});

describe.each([
  ['its own connection', nodeFetch],
  ['a given connection', dialed],
])('a reply over %s', (_, fetch) => {
  it('is received no faster than it is read', async () => {
    let taken = 0;
    const { url } = await server(async (_, response) => {
      for (const part of chunks(MANY)) {
        if (!response.write(part)) await once(response, 'drain');
        taken++;
      }
      response.end();
    });
    const reply = await fetch(url, get());
    expect(await settled(() => taken)).toBeLessThan(MANY);
    expect(hashOf([await readAll(reply)])).toBe(hashOf(chunks(MANY)));
  });

  it('that nobody wants any more closes the connection', async () => {
    const gone = withResolvers<void>();
    const { url } = await server((_, response) => {
      response.on('close', () => gone.resolve());
      response.write('begun');
    });
    const reader = (await fetch(url, get())).body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('begun');
    await reader?.cancel();
    await gone.promise;
  });

  it('is ended by the signal', async () => {
    const { url, request } = await server((_, response) => response.write('begun'));
    const controller = new AbortController();
    const reader = (await fetch(url, get(controller.signal))).body?.getReader();
    await reader?.read();
    controller.abort();
    await expect(reader?.read()).rejects.toMatchObject({ name: 'AbortError' });
    const { socket } = await request;
    await closed(socket);
  });

  it('that breaks off before the first read says so then', async () => {
    const { url, request } = await server((_, response) => response.write('begun'));
    const reader = (await fetch(url, get())).body?.getReader();
    const { socket } = await request;
    socket.resetAndDestroy();
    await sleep(50);
    const readAll = async () => {
      while (!(await reader?.read())?.done);
    };
    expect(await failure(readAll())).toMatchObject({ code: 'ECONNRESET' });
  });
});

describe('a connection', () => {
  /** A server that tells the port at the other end, and the headers. */
  const telling = () =>
    httpHost(({ socket, headers }, response) =>
      response.end(JSON.stringify({ port: socket.remotePort, headers })),
    );
  const ask = async (fetch: typeof nodeFetch, url: string) =>
    JSON.parse((await readAll(await fetch(url, get()))).toString());

  it('is kept for the next request', async () => {
    const fetch = httpFetch();
    const url = await telling();
    expect((await ask(fetch, url)).port).toBe((await ask(fetch, url)).port);
  });

  it('that is given is for one request', async () => {
    const url = await telling();
    const first = await ask(dialed, url);
    expect(first.headers.connection).toBe('close');
    expect((await ask(dialed, url)).port).not.toBe(first.port);
  });

  it.each(['http', 'https'])('that is given leaves the port of %s out of the host', async (protocol) => {
    const { port } = new URL(await telling());
    // What is https goes in the clear here: TLS is the matter of what connects.
    const fetch = httpFetch({ connect: async () => connect(Number(port), '127.0.0.1') });
    expect((await ask(fetch, `${protocol}://zephr.test/`)).headers.host).toBe('zephr.test');
    expect((await ask(fetch, `${protocol}://zephr.test:81/`)).headers.host).toBe('zephr.test:81');
  });

  it('that cannot be opened is the error of the request', async () => {
    const error = new Error('no way there');
    expect(
      await failure(httpFetch({ connect: () => Promise.reject(error) })('http://zephr.test/', get())),
    ).toBe(error);
  });
});
