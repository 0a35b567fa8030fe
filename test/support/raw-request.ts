/** Bytes down a socket, and whatever comes back. */

import { connect } from 'node:net';

/** Longer than any answer takes, and shorter than any timeout of the server. In milliseconds. */
const PATIENCE_MS = 8_000;

/**
 * Sends `bytes`, says that there are no more, and waits for the end of the connection.
 * @returns the status of each answer, none if there was none; `100 Continue` is no answer yet.
 * @throws Error when the server does not close.
 */
export function statusesFor(url: string, bytes: Uint8Array): Promise<number[]> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.end(bytes));
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    // Cut off, which is an answer too.
    socket.on('error', () => undefined);
    socket.setTimeout(PATIENCE_MS, () => {
      reject(new Error('the server kept the connection'));
      socket.destroy();
    });
    socket.on('close', () => {
      const text = Buffer.concat(chunks).toString('latin1');
      // An answer begins where the one before ends, which need not be at a line's end.
      resolve([...text.matchAll(/HTTP\/1\.1 ([2-9][0-9]{2}) /g)].map(([, status]) => Number(status)));
    });
  });
}
