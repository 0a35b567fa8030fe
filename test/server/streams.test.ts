/** Bodies and answers that are streams of bytes: how much of them is taken, and how long they may take. */

import { connect, type Socket } from 'node:net';
import { Hono } from 'hono';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Bytes } from '../../src/core/bytes.js';
import {
  answer,
  answerError,
  type Handler,
  type ServerEnv,
  withFixedHeaders,
} from '../../src/server/http/answers.js';
import { readJsonBody, streamBody } from '../../src/server/http/bodies.js';
import { errorDetails } from '../../src/server/http/error-response.js';
import { type ListenOptions, listen } from '../../src/server/http/listen.js';
import { RequestError } from '../../src/server/http/request-error.js';
import { logRequests } from '../../src/server/http/request-log.js';
import { route } from '../../src/server/http/routing.js';
import { createLog } from '../../src/server/telemetry/pino-log.js';
import { refusal } from './harness.js';

const LIMIT = 10;
const tooLarge = () => new RequestError('PAYLOAD_TOO_LARGE', 'too large');
const bytes = (text: string): Bytes => new Uint8Array(Buffer.from(text));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** An app with these handlers, each for POST to its name. */
function appOf(handlers: Readonly<Record<string, Handler>>, log: string[] = []): Hono<ServerEnv> {
  const app = new Hono<ServerEnv>();
  app.use(
    logRequests(
      createLog(
        (line) => log.push(line),
        () => 0,
      ),
      undefined,
    ),
  );
  app.use(withFixedHeaders(() => ({})));
  for (const [name, handler] of Object.entries(handlers)) route(app, `/${name}`, { POST: handler });
  app.onError((error, context) => answerError(context, errorDetails(error)));
  return app;
}

/** Answers with each chunk of the body in brackets. */
const brackets: Handler = async (context) => {
  let text = '';
  for await (const chunk of streamBody(context, LIMIT, tooLarge)) text += `[${Buffer.from(chunk)}]`;
  return answer(context, 200, text);
};

/** A request whose body is a stream. `sent` is what has been asked of it, `ended` how it was left. */
function streamed(chunks: readonly (string | Error)[], headers: Record<string, string> = {}) {
  const seen = { sent: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = chunks[seen.sent++];
        if (chunk === undefined) controller.close();
        else if (chunk instanceof Error) controller.error(chunk);
        else controller.enqueue(bytes(chunk));
      },
      cancel() {
        seen.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { init: { method: 'POST', body, headers, duplex: 'half' } as RequestInit, seen };
}

const PEER = { address: '192.0.2.77' };

describe('a body that is read as a stream', () => {
  const app = appOf({ brackets });
  const post = (init: RequestInit) => app.request('/brackets', init, PEER);

  test('comes in the chunks that were sent', async () => {
    expect(await (await post(streamed(['ab', 'c', 'defg']).init)).text()).toBe('[ab][c][defg]');
  });

  test('may be missing or empty', async () => {
    expect(await (await post({ method: 'POST' })).text()).toBe('');
    expect(await (await post(streamed([]).init)).text()).toBe('');
  });

  test('may be as long as the limit, and is cancelled at the first byte too many', async () => {
    expect((await post(streamed(['12345', '67890']).init)).status).toBe(200);
    const { init, seen } = streamed(['12345', '67890', '1', 'never read']);
    expect(await refusal(post(init))).toBe('413 PAYLOAD_TOO_LARGE');
    expect(seen).toEqual({ sent: 3, cancelled: true });
  });

  test('is not read at all when its length is too large', async () => {
    const { init, seen } = streamed(['never read'], { 'Content-Length': '11' });
    expect(await refusal(post(init))).toBe('413 PAYLOAD_TOO_LARGE');
    expect(seen.sent).toBe(0);
  });

  test('that is cut off is an error', async () => {
    const { init } = streamed(['ab', new Error('reset')]);
    expect(await refusal(post(init))).toBe('400 INVALID_REQUEST_BODY');
  });

  test('is cancelled when its reader stops early', async () => {
    const first: Handler = async (context) => {
      for await (const chunk of streamBody(context, LIMIT, tooLarge)) return answer(context, 200, chunk);
      return answer(context, 204, null);
    };
    const { init, seen } = streamed(['ab', 'cd']);
    expect(await (await appOf({ first }).request('/first', init, PEER)).text()).toBe('ab');
    expect(seen).toEqual({ sent: 1, cancelled: true });
  });

  test('is asked for one chunk at a time, and only then the clock runs', async () => {
    const story: string[] = [];
    const deadline = { expectBytes: () => story.push('expect'), pause: () => story.push('pause') };
    const slow: Handler = async (context) => {
      for await (const chunk of streamBody(context, LIMIT, tooLarge)) story.push(`${Buffer.from(chunk)}`);
      return answer(context, 204, null);
    };
    await appOf({ slow }).request('/slow', streamed(['ab', 'cd']).init, { ...PEER, deadline });
    const chunk = (text: string) => ['pause', text, 'expect'];
    expect(story).toEqual(['expect', ...chunk('ab'), ...chunk('cd'), 'expect']);
  });
});

describe('a JSON body that comes as a stream', () => {
  const json: Handler = async (context) => {
    const body = await readJsonBody(context.req.raw, LIMIT, tooLarge);
    return answer(context, 200, JSON.stringify(body.json));
  };
  const type = { 'Content-Type': 'application/json' };
  const post = (init: RequestInit) => appOf({ json }).request('/json', init, PEER);

  test('is put together', async () => {
    expect(await (await post(streamed(['{"a"', ':1}'], type).init)).text()).toBe('{"a":1}');
  });

  test('has the same limit', async () => {
    expect(await refusal(post(streamed(['"12345', '6789"'], type).init))).toBe('413 PAYLOAD_TOO_LARGE');
  });

  test('must come whole', async () => {
    const { init } = streamed(['{"a"', new Error('reset')], type);
    expect(await refusal(post(init))).toBe('400 INVALID_REQUEST_BODY');
  });
});

/** A client of `app` on a real socket that has sent `text`; `received` is what came by when the server closed it. */
async function client(
  app: Hono<ServerEnv>,
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
  const whole: Handler = async (context) => answer(context, 200, await context.req.text());

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
    const busy: Handler = async (context) => {
      let text = '';
      for await (const chunk of streamBody(context, LIMIT, tooLarge)) {
        await pause(200);
        text += Buffer.from(chunk);
      }
      return answer(context, 200, text);
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
    const unread: Handler = async (context) => {
      await pause(10_000);
      return answer(context, 204, null);
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
    const stream: Handler = (context) => answer(context, 200, parts());
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
    const stream: Handler = (context) => answer(context, 200, parts());
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
    const stream: Handler = (context) => answer(context, 200, parts());
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
    const stream: Handler = (context) => answer(context, 200, parts());
    const { socket, soFar } = await client(appOf({ stream }), {}, request);
    while (soFar() === '') await pause(1);
    socket.destroy();
    await end;
  });
});
