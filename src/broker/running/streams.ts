/**
 * The pipes that a masked command writes to. They are pipes for the command, as a shell would give it, and not the
 * sockets that Node makes: a program may open /dev/stdout anew, which no socket allows.
 */

import { execFile } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concatBytes } from '../../core/bytes.js';
import { isSystemError } from '../../core/errors.js';
import { type MaskedForms, Masker } from '../masking/masker.js';

/** Both ends of a pipe, as descriptors of this process. The reading end does not block. */
export interface Pipe {
  readonly read: number;
  readonly write: number;
}

/** Takes what was masked. Rejects when nobody takes it any more. */
export type Sink = (bytes: Uint8Array) => Promise<void>;

/**
 * Makes pipes. They have names for a moment, in a folder that only this user can get into.
 * @throws Error where the system has no `mkfifo`.
 */
export async function makePipes(count: number): Promise<Pipe[]> {
  if (count === 0) return [];
  const folder = mkdtempSync(join(tmpdir(), 'zephr-'));
  try {
    const paths = Array.from({ length: count }, (_, index) => join(folder, String(index)));
    await new Promise<void>((resolve, reject) => {
      execFile('mkfifo', ['-m', '600', ...paths], { env: {} }, (error) =>
        error ? reject(error) : resolve(),
      );
    });
    return paths.map((path) => {
      // A reader that does not wait for a writer comes first, so that the writer need not wait for a reader.
      const read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      return { read, write: openSync(path, constants.O_WRONLY) };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Reads a pipe, masks it, and passes it on, until all writers have closed it. */
export class MaskedStream {
  readonly #socket: Socket;
  readonly #masker: Masker;
  readonly #sink: Sink;
  /** Settles when all is passed on, or nobody takes it. */
  readonly ended: Promise<void>;

  constructor(read: number, forms: MaskedForms, sink: Sink) {
    this.#socket = new Socket({ fd: read, readable: true, writable: false });
    this.#masker = new Masker(forms);
    this.#sink = sink;
    this.ended = this.#passOn();
  }

  async #passOn(): Promise<void> {
    try {
      for await (const chunk of this.#socket as AsyncIterable<Uint8Array>)
        await this.#give(this.#masker.push(chunk));
      await this.#give(this.#masker.end());
    } catch (error) {
      // Who reads our output has gone. The command is told by the system, as it would be without us.
      if (!isSystemError(error, 'EPIPE')) throw error;
    } finally {
      this.#socket.destroy();
    }
  }

  async #give(pieces: readonly Uint8Array[]): Promise<void> {
    const [first, ...more] = pieces;
    if (first !== undefined) await this.#sink(more.length === 0 ? first : concatBytes(...pieces));
  }
}

/** Closes the writing ends, which the command has got. */
export function closeWriters(pipes: readonly Pipe[]): void {
  for (const { write } of pipes) closeSync(write);
}
