/**
 * The pipes that a masked command writes to. They are pipes for the command, as a shell would give it, and not the
 * sockets that Node makes: a program may open /dev/stdout anew, which no socket allows.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concatBytes } from '../../core/bytes.js';
import { isSystemError } from '../../core/errors.js';
import { type MaskedForms, Masker, type MaskerPosition } from '../masking/masker.js';

/** Both ends of a pipe, as descriptors of this process. Reading does not block. */
export interface Pipe {
  readonly read: number;
  /** The reading end once more, for what is left in the end. */
  readonly rest: number;
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
    const [code] = await once(spawn('mkfifo', ['-m', '600', ...paths], { env: {}, stdio: 'ignore' }), 'exit');
    if (code !== 0) throw new Error(`mkfifo ended with ${code}`);
    return paths.map((path) => {
      // A reader that does not wait for a writer comes first, so that the writer need not wait for a reader.
      const [read, rest] = [openReader(path), openReader(path)];
      return { read, rest, write: openSync(path, constants.O_WRONLY) };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function openReader(path: string): number {
  return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
}

/** Reads a pipe, masks it, and passes it on. */
export class MaskedStream {
  readonly #pipe: Pipe;
  readonly #socket: Socket;
  readonly #masker: Masker;
  readonly #sink: Sink;
  /** What is being passed on. One more chunk is masked meanwhile. */
  #giving: Promise<void> = Promise.resolve();
  #taken = 0;
  #isOver = false;
  #isRestClosed = false;
  /** Settles when all writers have closed the pipe and all is passed on, or nobody takes it. */
  readonly ended: Promise<void>;

  constructor(pipe: Pipe, forms: MaskedForms, sink: Sink) {
    this.#pipe = pipe;
    this.#socket = new Socket({ fd: pipe.read, readable: true, writable: false });
    this.#masker = new Masker(forms);
    this.#sink = sink;
    this.ended = new Promise((resolve) => {
      const end = () => {
        if (this.#isOver) return;
        this.#isOver = true;
        // With no reader left, the system tells the command that nobody reads.
        this.#socket.destroy();
        this.#closeRest();
        resolve();
      };
      this.#socket.on('data', (chunk: Uint8Array) => {
        this.#socket.pause();
        this.#taken += chunk.length;
        const pieces = this.#masker.push(chunk);
        const before = this.#giving;
        this.#giving = before.then(() => this.#give(pieces)).catch(end);
        void before.then(() => this.#socket.resume());
      });
      this.#socket.on('end', () => {
        this.#giving = this.#giving.then(() => this.#give(this.#masker.end())).then(end, end);
      });
      // A pipe that cannot be read has no more to give.
      this.#socket.on('error', end);
    });
  }

  /** Resolves when all that is in the pipe now is passed on; never where nobody takes it and nobody closes it. */
  async settled(): Promise<void> {
    const end = this.#taken + LARGEST_PIPE;
    for (let before = -1; before < this.#taken && this.#taken < end; ) {
      before = this.#taken;
      await wholeTurn();
      await this.#giving;
    }
  }

  /**
   * Passes on what is in the pipe now, and stops. What has ended has written all of its output.
   * @returns what goes on with it, where others still can write to the pipe; null where nobody can, or nobody reads.
   */
  async leave(): Promise<MaskerPosition | null> {
    if (this.#isOver) return null;
    this.#socket.removeAllListeners('data').removeAllListeners('end');
    const chunks: Uint8Array[] = [];
    for (let chunk = this.#socket.read(); chunk !== null; chunk = this.#socket.read()) chunks.push(chunk);
    const isClosed = readAvailable(this.#pipe.rest, chunks) || this.#socket.readableEnded;
    this.#socket.destroy();
    try {
      await this.#giving;
      for (const chunk of chunks) await this.#give(this.#masker.push(chunk));
      if (!isClosed) return this.#masker.position;
      await this.#give(this.#masker.end());
    } catch (error) {
      if (!isSystemError(error, 'EPIPE')) throw error;
    }
    this.#closeRest();
    return null;
  }

  #closeRest(): void {
    if (!this.#isRestClosed) closeSync(this.#pipe.rest);
    this.#isRestClosed = true;
  }

  async #give(pieces: readonly Uint8Array[]): Promise<void> {
    const [first, ...more] = pieces;
    if (first !== undefined) await this.#sink(more.length === 0 ? first : concatBytes(...pieces));
  }
}

/** Resolves when all descriptors have been looked at once. */
function wholeTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(() => setImmediate(resolve));
  });
}

/** More than any pipe of this kind holds, in bytes. */
const LARGEST_PIPE = 1_048_576;

/** Takes what a pipe holds. @returns whether all of its writers have closed it. */
function readAvailable(descriptor: number, chunks: Uint8Array[]): boolean {
  for (let taken = 0; taken < LARGEST_PIPE; ) {
    const chunk = new Uint8Array(65_536);
    try {
      const length = readSync(descriptor, chunk);
      if (length === 0) return true;
      chunks.push(chunk.subarray(0, length));
      taken += length;
    } catch (error) {
      if (isSystemError(error, 'EAGAIN')) return false;
      throw error;
    }
  }
  return false;
}

/** Closes pipes that nobody has got. */
export function closePipes(pipes: readonly Pipe[]): void {
  for (const pipe of pipes) for (const end of [pipe.read, pipe.rest, pipe.write]) closeSync(end);
}

/** Closes the writing ends, which the command has got. */
export function closeWriters(pipes: readonly Pipe[]): void {
  for (const { write } of pipes) closeSync(write);
}
