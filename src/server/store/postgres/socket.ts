/**
 * Sockets to PostgreSQL, in place of the driver's own: when a server (a proxy, mostly, in front of a PostgreSQL that
 * is down) closes a connection before it said anything, the driver tries again at once and without end. It gives up
 * when there is an error, so here that is one.
 */

import { connect, type Socket } from 'node:net';

/** What the driver tells of where to connect: one of several hosts, or a Unix socket's path. */
export interface Destination {
  readonly host: readonly string[];
  readonly port: readonly number[];
  readonly path?: string | false;
}

/** The sockets of one driver. */
export interface PostgresSockets {
  /** Makes one, to each of the hosts in turn. It doesn't wait for it to connect. */
  connect(destination: Destination): Socket;
  /** Closes all there are and will be, also those that are still connecting. */
  destroy(): void;
}

export function postgresSockets(): PostgresSockets {
  const sockets = new Set<Socket>();
  let turn = 0;
  let destroyed = false;
  const connectTo = ({ host, port, path }: Destination): Socket => {
    const index = turn++ % host.length;
    const address = { host: host[index] ?? 'localhost', port: port[index] ?? 5432 };
    // Without a delay: a statement must not wait until PostgreSQL has confirmed the receipt of the one before.
    const socket = path ? connect(path) : connect({ ...address, noDelay: true });
    socket.on('end', () => {
      if (socket.bytesRead === 0)
        socket.destroy(new Error('the connection was closed before PostgreSQL spoke'));
    });
    // The driver checks the certificate against this name.
    return Object.assign(socket, { host: address.host });
  };
  return {
    connect(destination) {
      const socket = connectTo(destination);
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      if (destroyed) socket.destroy();
      return socket;
    },
    destroy() {
      destroyed = true;
      for (const socket of sockets) socket.destroy();
    },
  };
}
