/** The connections of a listening server: how many there may be, which wait for an answer, and how they end. */

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Connections above the limit that are told so. Those above these too are closed unheard, or an attacker would
 * have twice as many.
 */
const REFUSALS_AT_ONCE = 64;

/** How long a connection above the limit may take to send the request that is refused, in milliseconds. */
const REFUSAL_MS = 2_000;

/** What is known of a connection. */
interface Connection {
  /** Requests that wait for their answer. */
  answers: number;
  /** Came when there were too many. */
  readonly refused: boolean;
}

/** Counts the connections of one server, from the first byte to the last. */
export class Connections {
  readonly #open = new Map<Socket, Connection>();
  /** With TLS: connections that are not secure yet, by their ends. */
  readonly #handshakes = new Map<string, Socket>();
  readonly #limit: number;
  #closing = false;

  /**
   * @param limit of connections at once.
   * @param onDropped is called for each connection above it.
   */
  constructor(server: Server, limit: number, secure: boolean, onDropped: () => void) {
    this.#limit = limit;
    server.maxConnections = limit + REFUSALS_AT_ONCE;
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
   * Takes note of a request and its answer.
   * @returns whether it is to be refused, because its connection is one too many.
   */
  begin({ socket }: IncomingMessage, outgoing: ServerResponse): boolean {
    const connection = this.#open.get(socket);
    if (connection === undefined) return false;
    connection.answers += 1;
    outgoing.on('close', () => {
      connection.answers -= 1;
      if (this.#closing) this.closeIdle();
    });
    return connection.refused;
  }

  /** Closes those that wait for no answer, now and as they get theirs. */
  closeIdle(): void {
    this.#closing = true;
    for (const socket of this.#handshakes.values()) socket.destroy();
    for (const [socket, { answers }] of this.#open) if (answers === 0) socket.destroySoon();
  }

  /** Closes all. */
  cut(): void {
    for (const socket of this.#open.keys()) socket.destroy();
  }

  #add(socket: Socket, onDropped: () => void): void {
    const refused = this.#open.size >= this.#limit;
    this.#open.set(socket, { answers: 0, refused });
    const patience = refused ? setTimeout(() => socket.destroy(), REFUSAL_MS) : undefined;
    socket.on('close', () => {
      clearTimeout(patience);
      this.#open.delete(socket);
    });
    if (refused) onDropped();
  }

  #shakeHands(socket: Socket): void {
    const ends = endsOf(socket);
    this.#handshakes.set(ends, socket);
    socket.on('close', () => {
      if (this.#handshakes.get(ends) === socket) this.#handshakes.delete(ends);
    });
  }
}

/** What a connection and the secure one upon it have in common, and no other open one has. */
function endsOf({ localAddress, remoteAddress, remotePort }: Socket): string {
  return `${localAddress} ${remoteAddress} ${remotePort}`;
}
