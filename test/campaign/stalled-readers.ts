/** Readers that ask for a large secret many times over on one connection, and take no answer. */

import { createHash, randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { HEADERS } from '../../src/core/protocol/requests.js';

/** What one strike costs a server that keeps all its answers ready: some 70 MB. */
const READERS = 4;
const REQUESTS = 25;
const BLOB = 'A'.repeat(700_000);

/** Nothing to read, because the server could not keep it just then: other faults strike at the same time. */
const NONE: readonly Socket[] = [];

/**
 * Creates a secret of its own and has it read under one claim, which may ask as often as it likes.
 * @param port of the server on loopback.
 * @returns the connections, which stay as they are until they are destroyed.
 */
export async function stallReaders(port: number): Promise<readonly Socket[]> {
  const proof = randomBytes(32);
  const body = {
    encrypted_blob: BLOB,
    expiry: 1,
    split_url_mode: false,
    version: 2,
    views: READERS,
    proof_hash: createHash('sha256').update(proof).digest('base64url'),
  };
  const url = `http://127.0.0.1:${port}/api/secrets`;
  const headers = { 'Content-Type': 'application/json' };
  const options = { method: 'POST', headers, signal: AbortSignal.timeout(2_000) };
  const created = await fetch(url, { ...options, body: JSON.stringify(body) })
    .then(async (reply) => (reply.status === 201 ? ((await reply.json()) as { id: string }) : null))
    .catch(() => null);
  if (created === null) return NONE;
  return Array.from({ length: READERS }, () => stalled(port, created.id, proof.toString('base64url')));
}

function stalled(port: number, id: string, proof: string): Socket {
  const socket = connect(port, '127.0.0.1');
  // The server may end before its readers do.
  socket.on('error', () => socket.destroy());
  socket.pause();
  const claim = randomBytes(24).toString('base64url');
  const request = [
    `GET /api/secrets/${id} HTTP/1.1`,
    'Host: zephr',
    `${HEADERS.proof}: ${proof}`,
    `${HEADERS.claim}: ${claim}`,
    '\r\n',
  ].join('\r\n');
  socket.write(request.repeat(REQUESTS));
  return socket;
}
