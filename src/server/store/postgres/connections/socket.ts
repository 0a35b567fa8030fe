/**
 * Sockets to PostgreSQL, in place of the driver's own. When a server (mostly a proxy in front of a PostgreSQL that is
 * down) closes a connection before it sent anything, the driver tries again at once and without end. It gives up when
 * the socket reports an error, so these sockets report that case as one.
 */

import { connect, type Socket } from 'node:net';

/** Where the driver wants to connect: one of several hosts, or the path of a Unix socket. */
export interface Destination {
  readonly host: readonly string[];
  readonly port: readonly number[];
  readonly path?: string | false;
}

/** The sockets of one driver. */
export interface PostgresSockets {
  /** Makes a socket, to each of the hosts in turn, and returns it before it has connected. */
  connect(destination: Destination): Socket;
  /** Closes every socket, also those that are still connecting or made later. */
  destroy(): void;
}

/** Sockets for one driver; none is opened yet. */
export function postgresSockets(): PostgresSockets {
  const sockets = new Set<Socket>();
  let turn = 0;
  let destroyed = false;
  const connectTo = ({ host, port, path }: Destination): Socket => {
    const index = turn++ % host.length;
    const address = { host: host[index] ?? 'localhost', port: port[index] ?? 5432 };
    // No delay: a statement must not wait until PostgreSQL has acknowledged the packet with the one before.
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
