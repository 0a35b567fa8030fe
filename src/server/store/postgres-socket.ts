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

/** Makes sockets for one driver, to each of its hosts in turn. It waits for none of them to connect. */
export function connectToPostgres(): (destination: Destination) => Socket {
  let turn = 0;
  return ({ host, port, path }) => {
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
}
