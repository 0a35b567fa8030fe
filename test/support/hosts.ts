/** Hosts that behave badly, on loopback, until their test ends. */

import { createServer, type RequestListener } from 'node:http';
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import { onTestFinished } from 'vitest';

/** An HTTP server of one handler. @returns its URL. */
export async function httpHost(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${await listening(server)}`;
}

/** A TCP server of one handler. @returns its URL. */
export async function tcpHost(handler: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    // The other side may cut it at any time: that is what it is for.
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    handler(socket);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${await listening(server)}`;
}

/** The URL of a port on which nobody listens. */
export async function deadHost(): Promise<string> {
  const server = createTcpServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

/** A proxy that passes connections on to `target` until a rule cuts them. */
export interface CuttingProxy {
  readonly url: string;
  /** Connections that came so far. */
  connections(): number;
}

/**
 * Passes bytes both ways. Connection number `n` (from 0) is cut once `replyBytes(n)` bytes of the server's
 * answer went through, or before the request went on when it is -1; it is left whole when it is null.
 */
export async function cuttingProxy(
  target: string,
  replyBytes: (n: number) => number | null,
): Promise<CuttingProxy> {
  const { hostname, port } = new URL(target);
  let count = 0;
  const url = await tcpHost((near) => {
    const limit = replyBytes(count++);
    if (limit === -1) {
      near.once('data', () => near.resetAndDestroy());
      return;
    }
    const far = connect(Number(port), hostname);
    far.on('error', () => near.destroy());
    near.on('close', () => far.destroy());
    near.pipe(far);
    let passed = 0;
    far.on('data', (chunk: Buffer) => {
      const rest = limit === null ? chunk.length : limit - passed;
      near.write(chunk.subarray(0, rest));
      passed += chunk.length;
      if (limit !== null && passed >= limit) near.end(() => near.destroy());
    });
    if (limit === 0) far.once('data', () => near.resetAndDestroy());
    far.on('end', () => near.end());
  });
  return { url, connections: () => count };
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
