/** A client that was gone before the server heard it: its request does nothing, and so can be repeated. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { startServerProcess } from '../support/server.js';

const BODY = JSON.stringify({ encrypted_blob: 'Y2lwaGVydGV4dA', expiry: 60, split_url_mode: false });
const HEADERS = { 'content-type': 'application/json', 'idempotency-key': 'once' };

it('a create that was reset on its way to a busy server, and its repetition, make one secret', async () => {
  const server = await startServerProcess({ args: ['--metrics'] });
  onTestFinished(async () => {
    await server.stop('SIGKILL');
  });
  // As busy as can be: the system takes connections and bytes for it, and it hears of none.
  server.process.kill('SIGSTOP');
  for (let count = 0; count < 3; count++) await sendAndReset(server.url);
  server.process.kill('SIGCONT');
  const reply = await fetch(`${server.url}/api/secrets`, { method: 'POST', headers: HEADERS, body: BODY });
  expect(reply.status).toBe(201);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toMatch(/^zephr_secrets_total\{[^}]*created[^}]*\} 1$/m);
});

async function sendAndReset(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const lines = Object.entries(HEADERS).map(([name, value]) => `${name}: ${value}\r\n`);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const head = `POST /api/secrets HTTP/1.1\r\nhost: x\r\ncontent-length: ${BODY.length}\r\n${lines.join('')}\r\n`;
  await new Promise<void>((resolve) => socket.write(head + BODY, () => resolve()));
  socket.resetAndDestroy();
  await once(socket, 'close');
}
