/** The connections of a listening server: how many there may be, which of them wait for an answer, how they end. */

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * How many connections above the limit still get an answer, which says that there are too many. Further ones are
 * closed at once: an attacker could otherwise hold any number.
 */
const BUSY_ANSWERS_AT_ONCE = 64;

/** How long a connection above the limit may take to send its request, in milliseconds. */
const BUSY_ANSWER_MS = 2_000;

/** What is known of a connection. */
interface Connection {
  /** Requests that wait for their answer. */
  pending: number;
  /** Whether it was opened when there were too many. */
  readonly isAboveLimit: boolean;
}

/** Keeps track of the connections of one server, from when each is accepted until it is closed. */
export class Connections {
  readonly #open = new Map<Socket, Connection>();
  /** With TLS: connections whose handshake is not done, by {@link endsOf}. */
  readonly #handshakes = new Map<string, Socket>();
  readonly #limit: number;
  #closing = false;

  /**
   * @param limit most connections at once.
   * @param secure whether the server speaks TLS.
   * @param onDropped is called for each connection above the limit.
   */
  constructor(server: Server, limit: number, secure: boolean, onDropped: () => void) {
    this.#limit = limit;
    server.maxConnections = limit + BUSY_ANSWERS_AT_ONCE;
    server.on('drop', onDropped);
    server.on('connection', (socket: Socket) => {
      if (secure) this.#shakeHands(socket);
      else this.#add(socket, onDropped);
    });
    server.on('secureConnection', (socket: Socket) => {
      this.#handshakes.delete(endsOf(socket));
      this.#add(socket, onDropped);
    });
  }

  /**
   * Notes that a request waits for its answer, until it has it.
   * @returns whether its connection is above the limit, and the request must not be handled.
   */
  begin({ socket }: IncomingMessage, outgoing: ServerResponse): boolean {
    const connection = this.#open.get(socket);
    if (connection === undefined) return false;
    connection.pending += 1;
    outgoing.on('close', () => {
      connection.pending -= 1;
      if (this.#closing) this.closeIdle();
    });
    return connection.isAboveLimit;
  }

  /** Closes the connections that wait for no answer: those now, and from now on each as soon as it has its answer. */
  closeIdle(): void {
    this.#closing = true;
    for (const socket of this.#handshakes.values()) socket.destroy();
    for (const [socket, { pending }] of this.#open) if (pending === 0) socket.destroySoon();
  }

  /** Closes all connections at once. */
  cut(): void {
    for (const socket of this.#open.keys()) socket.destroy();
  }

  #add(socket: Socket, onDropped: () => void): void {
    const isAboveLimit = this.#open.size >= this.#limit;
    this.#open.set(socket, { pending: 0, isAboveLimit });
    const timer = isAboveLimit ? setTimeout(() => socket.destroy(), BUSY_ANSWER_MS) : undefined;
    socket.on('close', () => {
      clearTimeout(timer);
      this.#open.delete(socket);
    });
    if (isAboveLimit) onDropped();
  }

  #shakeHands(socket: Socket): void {
    const ends = endsOf(socket);
    this.#handshakes.set(ends, socket);
    socket.on('close', () => {
      if (this.#handshakes.get(ends) === socket) this.#handshakes.delete(ends);
    });
  }
}

/** What identifies a connection: the same for a TCP socket and the TLS socket upon it, different for any other. */
function endsOf({ localAddress, remoteAddress, remotePort }: Socket): string {
  return `${localAddress} ${remoteAddress} ${remotePort}`;
}
