/** Many clients that send a byte a second, beside those that just want to be served. */

import { connect, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { startServerProcess } from '../support/server.js';
import { logged } from '../support/server-log.js';

const SLOW = 200;
const ORDINARY = 8;
/** Milliseconds of real time; less than any timeout of the server. */
const LONG = 5_000;

const HEAD = 'POST /api/secrets HTTP/1.1\r\nHost: zephr\r\nContent-Type: application/json\r\n';
const BODY = JSON.stringify({ encrypted_blob: 'Y2lwaGVydGV4dA', expiry: 60, split_url_mode: false });

/** Sends its request a byte a second: half of them from the first byte on, half of them from the body on. */
function slowClient(url: string, index: number): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let rest = `${HEAD}Content-Length: ${BODY.length}\r\n\r\n${BODY}`;
  const atOnce = index % 2 === 0 ? 0 : rest.indexOf('{');
  socket.on('error', () => undefined);
  const timer = setInterval(() => {
    socket.write(rest.slice(0, 1));
    rest = rest.slice(1);
  }, 1000);
  onTestFinished(() => {
    clearInterval(timer);
    socket.destroy();
  });
  return new Promise((resolve) =>
    socket.once('connect', () => {
      socket.write(rest.slice(0, atOnce));
      rest = rest.slice(atOnce);
      resolve(socket);
    }),
  );
}

/** Creates secrets and reads them, one after the other. @returns how many; fails at the first error. */
async function ordinaryClient(url: string, until: number): Promise<number> {
  const headers = { 'content-type': 'application/json' };
  let count = 0;
  for (; Date.now() < until; count += 1) {
    const created = await fetch(`${url}/api/secrets`, { method: 'POST', headers, body: BODY });
    expect(created.status).toBe(201);
    const { id } = (await created.json()) as { id: string };
    const read = await fetch(`${url}/api/secrets/${id}`);
    expect(read.status).toBe(200);
    await read.arrayBuffer();
  }
  return count;
}

it(`${SLOW} slow clients hold connections, and ordinary ones see no error`, async () => {
  const server = await startServerProcess({ args: ['--rate-limit', '0'] });
  onTestFinished(() => void server.stop());
  const slow = await Promise.all(Array.from({ length: SLOW }, (_, index) => slowClient(server.url, index)));
  const until = Date.now() + LONG;
  const served = await Promise.all(Array.from({ length: ORDINARY }, () => ordinaryClient(server.url, until)));
  for (const count of served) expect(count).toBeGreaterThan(0);
  expect(slow.filter((socket) => socket.readyState === 'open')).toHaveLength(SLOW);
  expect(logged(server).filter(({ level, status }) => level !== 'info' || Number(status) >= 500)).toEqual([]);
});
