/** The ceiling of the server's figures: what node:http does when a server only parses JSON and answers a constant. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const CREATED = JSON.stringify({
  id: 'A'.repeat(22),
  expires_at: '2030-01-01T00:00:00.000Z',
  version: 2,
  views: 1,
});
const READ = JSON.stringify({
  encrypted_blob: 'A'.repeat(400),
  purge_at: '2030-01-01T00:00:00.000Z',
  version: 2,
  views_left: 0,
});

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const creates = request.method === 'POST';
    if (creates) JSON.parse(Buffer.concat(chunks).toString());
    const body = creates ? CREATED : READ;
    const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length };
    response.writeHead(creates ? 201 : 200, headers).end(body);
  });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.on('SIGTERM', () => process.exit());
process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
