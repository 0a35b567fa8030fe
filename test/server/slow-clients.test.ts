/** Clients that take their time, and too many clients. */

import { connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Listener, type ListenOptions, listen } from '../../src/server/http/listen.js';
import { tally } from '../../src/server/telemetry/log.js';
import { createLog } from '../../src/server/telemetry/pino-log.js';
import { harness } from './harness.js';

async function listener(options: Partial<ListenOptions>): Promise<Listener> {
  const started = await listen(harness().app, { host: '127.0.0.1', port: 0, graceMs: 0, ...options });
  onTestFinished(() => started.close());
  return started;
}

/** A connection that sends `text`; `reply` is all that came when the other side closed it. */
async function dial({ url }: Listener, text: string): Promise<{ socket: Socket; reply: Promise<string> }> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk.toString();
  });
  const reply = new Promise<string>((resolve) => {
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(received));
  });
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  socket.write(text);
  return { socket, reply };
}

const HEALTH = 'GET /api/health HTTP/1.1\r\nHost: zephr\r\n\r\n';
const HALF_A_BODY =
  'POST /api/secrets HTTP/1.1\r\nHost: zephr\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{';

describe('a client that takes too long', () => {
  test.each([
    ['with its first line', '', /^HTTP\/1\.1 408 /],
    ['with its headers', 'GET /api/health HTTP/1.1\r\nHost: ze', /^HTTP\/1\.1 408 /],
    ['with its body', HALF_A_BODY, /^HTTP\/1\.1 408 /],
  ])('%s is cut off', async (_, text, expected) => {
    const server = await listener({ headersTimeoutMs: 100, requestTimeoutMs: 200 });
    const { reply } = await dial(server, text);
    expect(await reply).toMatch(expected);
  });

  test('but keeps its connection while it asks nothing is not', async () => {
    const server = await listener({ headersTimeoutMs: 50, requestTimeoutMs: 50 });
    const { socket, reply } = await dial(server, HEALTH);
    await new Promise((resolve) => setTimeout(resolve, 300));
    socket.write(HEALTH);
    await new Promise((resolve) => socket.once('data', resolve));
    socket.end();
    expect((await reply).match(/HTTP\/1\.1 200 /g)).toHaveLength(2);
  });
});

/** How many milliseconds a test waits between two looks. */
const SOON_MS = 5;
const soon = () => new Promise((resolve) => setTimeout(resolve, SOON_MS));

/** A connection that waits for the answer to a request whose body is not there yet. */
async function busy(server: Listener): Promise<Socket> {
  const { socket } = await dial(
    server,
    `${HALF_A_BODY.replace('\r\n\r\n', '\r\nExpect: 100-continue\r\n\r\n')}`,
  );
  // The server has the request once it says that it waits for the body.
  await new Promise((resolve) => socket.once('data', resolve));
  return socket;
}

describe('connections above the limit', () => {
  test('are refused in the shape of an error, and welcome when there is room', async () => {
    let dropped = 0;
    const server = await listener({ maxConnections: 2, onDropped: () => (dropped += 1) });
    const first = await busy(server);
    await busy(server);
    const { reply } = await dial(server, HEALTH);
    expect(await reply).toMatch(/^HTTP\/1\.1 503 /);
    expect((await reply).toLowerCase()).toContain('\r\nretry-after: 1\r\n');
    expect(await reply).toContain('"code":"SERVER_BUSY"');
    expect(dropped).toBe(1);

    first.destroy();
    const again = async () => {
      const next = await dial(server, HEALTH);
      next.socket.end();
      return next.reply;
    };
    // The server hears of the end of the first in its own time.
    while (!/^HTTP\/1\.1 200 /.test(await again())) await soon();
  });

  test('do not stay to be refused', async () => {
    const server = await listener({ maxConnections: 1 });
    await busy(server);
    const { reply } = await dial(server, 'GET /api/health');
    expect(await reply).toBe('');
  });

  test('are closed unheard when there are very many', async () => {
    let dropped = 0;
    const server = await listener({ maxConnections: 1, onDropped: () => (dropped += 1) });
    await busy(server);
    const many = await Promise.all(Array.from({ length: 80 }, () => dial(server, '')));
    await Promise.all(many.map(({ reply }) => reply));
    expect(dropped).toBe(80);
  });

  test('take the place of those that wait for no answer, the longest idle first', async () => {
    const server = await listener({ maxConnections: 3 });
    const waiting = await busy(server);
    const old = await dial(server, HEALTH);
    await new Promise((resolve) => old.socket.once('data', resolve));
    const young = await dial(server, HEALTH);
    await new Promise((resolve) => young.socket.once('data', resolve));
    const next = await dial(server, HEALTH);
    await new Promise((resolve) => next.socket.once('data', resolve));
    expect(await old.reply).toMatch(/^HTTP\/1\.1 200 /);
    expect([waiting, young.socket, next.socket].map(({ readyState }) => readyState)).toEqual(
      Array(3).fill('open'),
    );
  });

  test('leave room for other addresses, by a share for each', async () => {
    const server = await listener({ host: '0.0.0.0', maxConnections: 9, maxConnectionsPerAddress: 2 });
    await busy(server);
    await busy(server);
    expect(await (await dial(server, HEALTH)).reply).toMatch(/^HTTP\/1\.1 503 /);
    const other = connect({
      port: Number(new URL(server.url).port),
      host: '127.0.0.1',
      localAddress: '127.0.0.2',
    });
    onTestFinished(() => void other.destroy());
    other.write(HEALTH);
    const answer = await new Promise((resolve) => other.once('data', resolve));
    expect(String(answer)).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('of a proxy have no share', async () => {
    const server = await listener({ maxConnectionsPerAddress: 1, isProxy: (peer) => peer === '127.0.0.1' });
    await busy(server);
    await busy(server);
    const { socket, reply } = await dial(server, HEALTH);
    socket.end();
    expect(await reply).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('are logged with their number, not each', async () => {
    const lines: string[] = [];
    const count = tally(
      createLog(
        (line) => lines.push(line),
        () => 0,
      ),
      'connections refused',
      20,
    );
    for (let times = 0; times < 50; times += 1) count();
    while (lines.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(lines.map((line) => JSON.parse(line).count)).toEqual([1, 49]);
  });
});
