/** A TCP proxy that cuts all its connections each time so many bytes have passed, and counts them. */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface CuttingProxy {
  readonly url: string;
  /** How many bytes have passed, both ways. */
  passed(): number;
  /** How often all connections were cut. */
  cuts(): number;
}

/** @param port of the server on this machine. @param every bytes; connections are cut when they have passed. */
export async function cuttingProxy(port: number, every: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let passed = 0;
  let cuts = 0;
  const count = (chunk: Buffer) => {
    passed += chunk.length;
    if (passed < (cuts + 1) * every) return;
    cuts++;
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('data', count);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port: own } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${own}`, passed: () => passed, cuts: () => cuts };
}
