/**
 * One connection of a load generator: just enough HTTP/1.1 that the generator costs a small part of what a server
 * does, since both share the machine. An answer must have a Content-Length, and nothing is pipelined.
 */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** An answer. */
export interface Reply {
  readonly status: number;
  readonly body: string;
}

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (reason: Error) => void;
}

/** A connection that stays. */
export class HttpConnection {
  readonly #socket: Socket;
  #received = '';
  #waiting: Waiting | undefined;

  /** @param url of the server: `http://host:port`. */
  static async open(url: string): Promise<HttpConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await once(socket, 'connect');
    return new HttpConnection(socket);
  }

  /** @param socket which is connected. */
  static over(socket: Socket): HttpConnection {
    return new HttpConnection(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.#receive(text));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the server closed the connection')));
  }

  /** Sends a whole request and gives its answer. One at a time. */
  ask(request: string): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(request, 'latin1');
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(text: string): void {
    this.#received += text;
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd === -1) return;
    const length = /\r\ncontent-length: *([0-9]+)\r\n/i.exec(this.#received)?.[1];
    if (length === undefined) {
      this.#fail(new Error('an answer has no Content-Length'));
      return;
    }
    const bodyStart = headEnd + 4;
    if (this.#received.length < bodyStart + Number(length)) return;
    const reply = { status: Number(this.#received.slice(9, 12)), body: this.#received.slice(bodyStart) };
    this.#received = '';
    this.#waiting?.resolve(reply);
  }

  #fail(reason: Error): void {
    this.#waiting?.reject(reason);
  }
}
