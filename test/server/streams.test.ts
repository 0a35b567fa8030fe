/** Bodies and answers that are streams of bytes: how much of them is taken, and how long they may take. */

import { connect, type Socket } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Bytes } from '../../src/core/bytes.js';
import { withRoutes } from '../../src/server/app.js';
import { readJsonBody, streamBody } from '../../src/server/http/bodies.js';
import { type ListenOptions, listen } from '../../src/server/http/listen.js';
import {
  type App,
  emptyResponse,
  type HttpRequest,
  type HttpResponse,
} from '../../src/server/http/messages.js';
import { RequestError } from '../../src/server/http/request-error.js';
import { type Handler, Router } from '../../src/server/http/router.js';
import { createLog } from '../../src/server/telemetry/pino-log.js';
import { posted, refusalBy } from './harness.js';

const LIMIT = 10;
const tooLarge = () => new RequestError('PAYLOAD_TOO_LARGE', 'too large');
const bytes = (text: string): Bytes => new Uint8Array(Buffer.from(text));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const ok = (body: HttpResponse['body']): HttpResponse => ({ status: 200, headers: {}, body });

/** An app with these handlers, each for POST to its name. */
function appOf(handlers: Readonly<Record<string, Handler>>, lines: string[] = []): App {
  const router = new Router();
  for (const [name, handler] of Object.entries(handlers)) router.add(`/${name}`, { POST: handler });
  const log = createLog(
    (line) => lines.push(line),
    () => 0,
  );
  return withRoutes(router, { log, metrics: undefined });
}

/** Answers with each chunk of the body in brackets. */
const brackets: Handler = async (request) => {
  let text = '';
  for await (const chunk of streamBody(request, LIMIT, tooLarge)) text += `[${Buffer.from(chunk)}]`;
  return ok(text);
};

/** A request whose body is a stream, and how many chunks of it were asked for. */
function streamed(target: string, chunks: readonly (string | Error)[], headers = {}) {
  const seen = { sent: 0 };
  function* source() {
    for (const chunk of chunks) {
      seen.sent += 1;
      yield chunk instanceof Error ? chunk : bytes(chunk);
    }
  }
  return { request: posted(target, source(), headers), seen };
}

describe('a body that is read as a stream', () => {
  const app = appOf({ brackets });
  const post = (chunks: readonly (string | Error)[], headers = {}) =>
    app(streamed('/brackets', chunks, headers).request);

  test('comes in the chunks that were sent', async () => {
    expect((await post(['ab', 'c', 'defg'])).body).toBe('[ab][c][defg]');
  });

  test('may be empty', async () => {
    expect((await post([])).body).toBe('');
  });

  test('may be as long as the limit, and is left at the first byte too many', async () => {
    expect((await post(['12345', '67890'])).status).toBe(200);
    const { request, seen } = streamed('/brackets', [
      '12345',
      '67890',
      '1',
      ...Array(99_999).fill('never read'),
    ]);
    expect(await refusalBy(app(request))).toBe('413 PAYLOAD_TOO_LARGE');
    expect(seen.sent).toBeLessThan(99_999);
    expect(request.body.destroyed).toBe(false);
  });

  test('is not read at all when its length is too large', async () => {
    const { request, seen } = streamed('/brackets', ['never read'], { 'content-length': '11' });
    expect(await refusalBy(app(request))).toBe('413 PAYLOAD_TOO_LARGE');
    expect(seen.sent).toBe(0);
  });

  test('that is cut off is an error', async () => {
    expect(await refusalBy(post(['ab', new Error('reset')]))).toBe('400 INVALID_REQUEST_BODY');
  });

  test('keeps its connection when its reader stops early', async () => {
    const first: Handler = async (request) => {
      for await (const chunk of streamBody(request, LIMIT, tooLarge)) return ok(chunk);
      return emptyResponse(204);
    };
    const { request } = streamed('/first', ['ab', 'cd']);
    expect((await appOf({ first })(request)).body).toEqual(Buffer.from('ab'));
    expect(request.body.destroyed).toBe(false);
  });

  test('is asked for one chunk at a time, and only then the clock runs', async () => {
    const story: string[] = [];
    const deadline = { expectBytes: () => story.push('expect'), pause: () => story.push('pause') };
    const slow: Handler = async (request) => {
      for await (const chunk of streamBody(request, LIMIT, tooLarge)) story.push(`${Buffer.from(chunk)}`);
      return emptyResponse(204);
    };
    const request: HttpRequest = { ...streamed('/slow', ['ab', 'cd']).request, deadline };
    await appOf({ slow })(request);
    const chunk = (text: string) => ['pause', text, 'expect'];
    expect(story).toEqual(['expect', ...chunk('ab'), ...chunk('cd'), 'expect']);
  });
});

describe('a JSON body that comes as a stream', () => {
  const json: Handler = async (request) => {
    const body = await readJsonBody(request, LIMIT, tooLarge);
    return ok(JSON.stringify(body.json));
  };
  const post = (chunks: readonly (string | Error)[]) =>
    appOf({ json })(streamed('/json', chunks, { 'content-type': 'application/json' }).request);

  test('is put together', async () => {
    expect((await post(['{"a"', ':1}'])).body).toBe('{"a":1}');
  });

  test('has the same limit', async () => {
    expect(await refusalBy(post(['"12345', '6789"']))).toBe('413 PAYLOAD_TOO_LARGE');
  });

  test('must come whole', async () => {
    expect(await refusalBy(post(['{"a"', new Error('reset')]))).toBe('400 INVALID_REQUEST_BODY');
  });
});

/** A client of `app` on a real socket that has sent `text`; `received` is what came by when the server closed it. */
async function client(
  app: App,
  options: Partial<ListenOptions>,
  text: string,
): Promise<{ socket: Socket; received: Promise<string>; soFar: () => string }> {
  const server = await listen(app, { host: '127.0.0.1', port: 0, graceMs: 0, ...options });
  onTestFinished(() => server.close());
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let all = '';
  socket.on('data', (chunk) => {
    all += chunk.toString();
  });
  const received = new Promise<string>((resolve) => {
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(all));
  });
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  socket.write(text);
  return { socket, received, soFar: () => all };
}

const HEAD = (path: string) =>
  `POST ${path} HTTP/1.1\r\nHost: zephr\r\nContent-Length: 5\r\nConnection: close\r\n\r\n`;

describe('the deadline of a body on a socket', () => {
  const whole: Handler = async (request) => ok(await textOf(request.body));

  test('is for silence when it is read as a stream: the whole may take longer', async () => {
    const { socket, received } = await client(
      appOf({ brackets }),
      { requestTimeoutMs: 50, idleTimeoutMs: 60_000 },
      HEAD('/brackets'),
    );
    for (const character of 'abcde') {
      await pause(40);
      socket.write(character);
    }
    expect(await received).toMatch(/^HTTP\/1\.1 200 [\s\S]*\[a\]\[b\]\[c\]\[d\]\[e\]$/);
  });

  test('passes when a stream falls silent', async () => {
    const { received } = await client(
      appOf({ brackets }),
      { requestTimeoutMs: 60_000, idleTimeoutMs: 50 },
      `${HEAD('/brackets')}ab`,
    );
    expect(await received).toBe('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n');
  });

  test('does not pass while the server is busy with a chunk', async () => {
    const busy: Handler = async (request) => {
      let text = '';
      for await (const chunk of streamBody(request, LIMIT, tooLarge)) {
        await pause(200);
        text += Buffer.from(chunk);
      }
      return ok(text);
    };
    const { socket, received } = await client(appOf({ busy }), { idleTimeoutMs: 100 }, `${HEAD('/busy')}ab`);
    await pause(150);
    socket.write('cde');
    expect(await received).toMatch(/^HTTP\/1\.1 200 [\s\S]*abcde$/);
  });

  test('is for the whole when it is not read as a stream, however steadily it comes', async () => {
    const { socket, received } = await client(
      appOf({ whole }),
      { requestTimeoutMs: 100, idleTimeoutMs: 60_000 },
      HEAD('/whole'),
    );
    const drip = setInterval(() => socket.write(''), 5);
    onTestFinished(() => clearInterval(drip));
    socket.write('abcd');
    expect(await received).toBe('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n');
  });

  test('holds for a body that no handler reads', async () => {
    const unread: Handler = async () => {
      await pause(10_000);
      return emptyResponse(204);
    };
    const { received } = await client(appOf({ unread }), { requestTimeoutMs: 50 }, `${HEAD('/unread')}ab`);
    expect(await received).toBe('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n');
  });
});

describe('an answer that is a stream', () => {
  const request = 'POST /stream HTTP/1.1\r\nHost: zephr\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

  test('is sent as it comes', async () => {
    let goOn: () => void = () => undefined;
    const told = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    async function* parts() {
      yield bytes('first');
      await told;
      yield bytes('second');
    }
    const stream: Handler = () => ok(parts());
    const { received, soFar } = await client(appOf({ stream }), {}, request);
    while (!soFar().includes('first')) await pause(1);
    expect(soFar()).not.toContain('second');
    goOn();
    expect(await received).toMatch(/^HTTP\/1\.1 200 [\s\S]*first[\s\S]*second\r\n0\r\n\r\n$/);
  });

  test('that fails is cut off and logged, and does not look as if it were whole', async () => {
    const log: string[] = [];
    async function* parts() {
      yield bytes('first');
      await pause(20);
      throw new Error('the store is gone');
    }
    const stream: Handler = () => ok(parts());
    const { received } = await client(appOf({ stream }, log), {}, request);
    const text = await received;
    expect(text).toContain('first');
    expect(text).not.toMatch(/\r\n0\r\n\r\n$/);
    expect(text).not.toContain('the store is gone');
    const lines = log.map((line) => JSON.parse(line) as { event: string; name?: string });
    expect(lines.map(({ event }) => event)).toEqual(['request', 'failure']);
    expect(lines[1]).toMatchObject({ level: 'error', route: '/stream', name: 'Error' });
    expect(log.join()).not.toContain('the store is gone');
  });

  test('is not made faster than the client reads it', async () => {
    let made = 0;
    const chunk = new Uint8Array(64 * 1024);
    async function* parts() {
      for (; made < 2_000; made += 1) yield chunk;
    }
    const stream: Handler = () => ok(parts());
    const { socket, soFar } = await client(appOf({ stream }), {}, request);
    while (soFar() === '') await pause(1);
    socket.pause();
    let before = -1;
    while (before !== made) {
      before = made;
      await pause(100);
    }
    expect(made).toBeLessThan(2_000);
  });

  test('ends when the client goes', async () => {
    let ended: () => void = () => undefined;
    const end = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const chunk = new Uint8Array(64 * 1024);
    async function* parts() {
      try {
        for (;;) yield chunk;
      } finally {
        ended();
      }
    }
    const stream: Handler = () => ok(parts());
    const { socket, soFar } = await client(appOf({ stream }), {}, request);
    while (soFar() === '') await pause(1);
    socket.destroy();
    await end;
  });
});
