/** The connections of a listening server: how many there may be, whose turn it is on each of them, how they end. */

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { networkOf } from '../../net/networks.js';
import type { MemoryBudget } from './memory-budget.js';

/**
 * How many connections above the limit still get an answer, which says that there are too many. Further ones are
 * closed at once: an attacker could otherwise hold any number.
 */
const BUSY_ANSWERS_AT_ONCE = 64;

/** How long a connection above the limit may take to send its request, in milliseconds. */
const BUSY_ANSWER_MS = 2_000;

/** What a request takes up that waits for its turn, in bytes, as Node has it. */
const WAITING_BYTES = 8_192;

/** What is known of a connection. */
interface Connection {
  /** With TLS the TCP socket at first, and the TLS socket upon it once they have shaken hands. */
  socket: Socket;
  /** Whose it is; `null` for a proxy's, which has those of many. */
  readonly owner: string | null;
  /** Whether a request is being answered. */
  isBusy: boolean;
  /** Begin the requests that came before that one was answered. */
  readonly waiting: (() => void)[];
  /** Whether it was opened when there were too many. */
  readonly isAboveLimit: boolean;
}

/** What the connections of a server are limited by. */
export interface ConnectionOptions {
  /** Most at once. */
  readonly limit: number;
  /** Most at once from one address. */
  readonly limitPerAddress: number;
  /** Whether an address is that of a proxy, which has connections for many. */
  readonly isProxy: (address: string) => boolean;
  /** For requests that wait for their turn. */
  readonly memory: MemoryBudget;
  /** Whether the server speaks TLS. */
  readonly secure: boolean;
  /** Is called for each connection above a limit. */
  readonly onDropped: () => void;
}

/** Keeps track of the connections of one server, from when each is accepted until it is closed. */
export class Connections {
  readonly #options: ConnectionOptions;
  /** By the socket that their requests come on. */
  readonly #open = new Map<Socket, Connection>();
  /** With TLS: those whose handshake is not done, by {@link endsOf}. */
  readonly #handshakes = new Map<string, Connection>();
  /** Those that wait for no answer, the longest idle first. */
  readonly #idle = new Set<Connection>();
  /** How many each owner has. */
  readonly #owned = new Map<string, number>();
  #closing = false;

  constructor(server: Server, options: ConnectionOptions) {
    this.#options = options;
    server.maxConnections = options.limit + BUSY_ANSWERS_AT_ONCE;
    server.on('drop', options.onDropped);
    server.on('connection', (socket: Socket) => this.#accept(socket));
    server.on('secureConnection', (socket: Socket) => this.#secured(socket));
  }

  /**
   * Lets a request begin when those before it on its connection have their answers. Until then nothing more is read
   * from the connection: what a client sends ahead waits in its own memory, and a client that takes no answer gets no
   * second one made.
   * @param begin is called with whether the connection is above a limit, and the request must not be handled.
   */
  inTurn(
    { socket }: IncomingMessage,
    outgoing: ServerResponse,
    begin: (isAboveLimit: boolean) => void,
  ): void {
    const connection = this.#open.get(socket);
    if (connection === undefined) return void socket.destroy();
    outgoing.on('close', () => this.#next(connection));
    if (!connection.isBusy) {
      connection.isBusy = true;
      this.#idle.delete(connection);
      begin(connection.isAboveLimit);
    } else if (this.#options.memory.take(WAITING_BYTES, connection.owner)) {
      connection.waiting.push(() => begin(connection.isAboveLimit));
      socket.pause();
    } else socket.destroy();
  }

  /** Closes the connections that wait for no answer: those now, and from now on each as soon as it has its answers. */
  closeIdle(): void {
    this.#closing = true;
    for (const { socket } of this.#handshakes.values()) socket.destroy();
    for (const { socket, isBusy } of this.#open.values()) if (!isBusy) socket.destroySoon();
  }

  /** Closes all connections at once. */
  cut(): void {
    for (const socket of this.#open.keys()) socket.destroy();
  }

  #next(connection: Connection): void {
    const { socket, waiting } = connection;
    if (waiting.length > 0) {
      // In another turn of the event loop: a client that sends a thousand requests ahead is not served before all others.
      setImmediate(() => this.#beginNext(connection));
      return;
    }
    connection.isBusy = false;
    if (this.#closing) socket.destroySoon();
    else if (!socket.destroyed) this.#idle.add(connection);
  }

  /** Begins the request that waits longest, unless the connection was closed meanwhile. */
  #beginNext({ socket, owner, waiting }: Connection): void {
    const begin = waiting.shift();
    if (begin === undefined) return;
    this.#options.memory.release(WAITING_BYTES, owner);
    if (waiting.length === 0) socket.resume();
    begin();
  }

  #accept(socket: Socket): void {
    const { isProxy, secure, onDropped } = this.#options;
    const address = socket.remoteAddress ?? '';
    const owner = isProxy(address) ? null : ownerAt(address);
    const isAboveLimit = !this.#makeRoom(owner);
    const connection: Connection = { socket, owner, isBusy: false, waiting: [], isAboveLimit };
    this.#idle.add(connection);
    if (owner !== null) this.#owned.set(owner, (this.#owned.get(owner) ?? 0) + 1);
    socket.on('close', () => this.#forget(connection));
    if (secure) {
      const ends = endsOf(socket);
      this.#handshakes.set(ends, connection);
      socket.on('close', () => {
        if (this.#handshakes.get(ends) === connection) this.#handshakes.delete(ends);
      });
    } else this.#take(connection);
    if (!isAboveLimit) return;
    onDropped();
    const timer = setTimeout(() => socket.destroy(), BUSY_ANSWER_MS);
    socket.on('close', () => clearTimeout(timer));
  }

  #secured(socket: Socket): void {
    const ends = endsOf(socket);
    const connection = this.#handshakes.get(ends);
    if (connection === undefined) return void socket.destroy();
    this.#handshakes.delete(ends);
    connection.socket = socket;
    this.#take(connection);
  }

  /** From now on requests can come. */
  #take(connection: Connection): void {
    const { socket, owner, waiting } = connection;
    this.#open.set(socket, connection);
    // Node resumes a connection whenever it has read a request to its end.
    socket.on('resume', () => {
      if (waiting.length > 0) socket.pause();
    });
    socket.on('close', () => {
      this.#open.delete(socket);
      this.#options.memory.release(WAITING_BYTES * waiting.length, owner);
      waiting.length = 0;
    });
  }

  #forget(connection: Connection): void {
    const { owner } = connection;
    this.#idle.delete(connection);
    if (owner === null) return;
    const left = (this.#owned.get(owner) ?? 1) - 1;
    if (left === 0) this.#owned.delete(owner);
    else this.#owned.set(owner, left);
  }

  /**
   * Makes room for one more connection: where there is none, the longest idle one is closed, which may be one whose
   * handshake is not done. An address that has its share makes room with its own.
   * @returns whether there is room.
   */
  #makeRoom(owner: string | null): boolean {
    const { limit, limitPerAddress } = this.#options;
    if (owner !== null && (this.#owned.get(owner) ?? 0) >= limitPerAddress) return this.#closeIdleOf(owner);
    if (this.#open.size + this.#handshakes.size < limit) return true;
    return this.#closeIdleOf(undefined);
  }

  /** Closes the longest idle connection, of `owner` if one is given. @returns whether there was one. */
  #closeIdleOf(owner: string | undefined): boolean {
    for (const connection of this.#idle) {
      if (connection.isAboveLimit || (owner !== undefined && connection.owner !== owner)) continue;
      this.#idle.delete(connection);
      connection.socket.destroy();
      return true;
    }
    return false;
  }
}

/** Who shares what there is for one address: an IPv4 address, or the /64 of an IPv6 address. */
export function ownerAt(address: string): string {
  return networkOf(address, 32, 64) ?? address;
}

/** What identifies a connection: the same for a TCP socket and the TLS socket upon it, different for any other. */
function endsOf({ localAddress, remoteAddress, remotePort }: Socket): string {
  return `${localAddress} ${remoteAddress} ${remotePort}`;
}
