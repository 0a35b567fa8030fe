/** Receives the text messages of servers, with codes for readers. It refuses some, which are then sent again. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Random } from './random.js';
import { fieldsOf } from './recorder.js';

/** Of messages, that are refused. */
const REFUSED = 0.1;

/** What all its numbers begin with. */
export const COUNTRY = '+49';

/** Takes messages for the numbers that it has given out. */
export class Phone {
  readonly #random: Random;
  readonly #server: Server;
  /** What becomes of codes, by the number that they go to. */
  readonly #readers = new Map<string, (code: string) => void>();

  constructor(random: Random) {
    this.#random = random;
    this.#server = createServer(async (incoming, outgoing) => {
      const chunks: Buffer[] = [];
      try {
        for await (const chunk of incoming) chunks.push(chunk as Buffer);
      } catch {
        // A server that was killed sends half of it, which is nothing.
        return;
      }
      const { to, text } = fieldsOf(Buffer.concat(chunks).toString());
      const code = /[0-9]{6}/.exec(String(text))?.[0];
      const refused = code === undefined || this.#random.chance(REFUSED);
      if (!refused) this.#readers.get(String(to))?.(code);
      outgoing.writeHead(refused ? 500 : 204).end();
    });
  }

  /** Listens on a free port of loopback, and gives its URL. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** A number of its own. @param hear is told each code that comes to it. */
  number(hear: (code: string) => void): string {
    const number = `${COUNTRY}${1_000_000_000 + this.#readers.size}`;
    this.#readers.set(number, hear);
    return number;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
