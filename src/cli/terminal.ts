/**
 * The streams, the environment and the signals of a run, as one object: the only file that touches `process`.
 * Data goes through the file descriptors themselves. Node's stdout drops the rest of a partial write to a file
 * and knows nothing of a full disk until too late; here every byte is written or the write fails.
 */

import { close, constants, fstat, fstatSync, fsync, open, read, write } from 'node:fs';
import { homedir } from 'node:os';
import { promisify } from 'node:util';
import type { Bytes } from '../core/bytes.js';

const closeFile = promisify(close);
const openFile = promisify(open);
const readFile = promisify(read);
const writeFile = promisify(write);
const statFile = promisify(fstat);
const syncFile = promisify(fsync);

/** Pause before a descriptor that somebody else made non-blocking is tried again, in milliseconds. */
const BUSY_PAUSE_MS = 5;

/** Where data comes in. */
export interface Input {
  readonly isTerminal: boolean;
  /**
   * The next bytes, at most 64 KB; empty at the end.
   * @throws Error with the system's `code`, such as `EISDIR`.
   */
  read(): Promise<Bytes>;
}

/** Where data or talk goes out. */
export interface Output {
  readonly isTerminal: boolean;
  /**
   * Writes all of it.
   * @throws Error with the system's `code`: `EPIPE` when the reader has gone, `ENOSPC` when the disk is full.
   */
  write(data: string | Uint8Array): Promise<void>;
  /** Waits until a file has what was written to it on its disk. Does nothing for pipes and terminals. */
  flush(): Promise<void>;
}

/** The terminal a person sits at, whatever the standard streams are. */
export interface Screen {
  /** Descriptors of the terminal, opened for this purpose. */
  readonly input: number;
  readonly output: number;
  close(): Promise<void>;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Terminal {
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  readonly home: string;
  /** The controlling terminal, or null where there is none (cron, CI). */
  openScreen(): Promise<Screen | null>;
  /** Calls `handler` on SIGINT, SIGTERM or SIGHUP instead of ending at once, until the returned function is called. */
  onInterrupt(handler: (signal: NodeJS.Signals) => void): () => void;
}

const INTERRUPTS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** The terminal of this very process. */
export function processTerminal(): Terminal {
  return {
    stdin: input(0),
    stdout: output(1),
    stderr: output(2),
    env: process.env,
    platform: process.platform,
    home: homedir(),
    openScreen,
    onInterrupt(handler) {
      for (const signal of INTERRUPTS) process.on(signal, handler);
      return () => {
        for (const signal of INTERRUPTS) process.off(signal, handler);
      };
    },
  };
}

function input(descriptor: number): Input {
  const buffer = new Uint8Array(65_536);
  return {
    get isTerminal() {
      return isTerminal(descriptor);
    },
    async read() {
      try {
        const { bytesRead } = await untilReady(() => readFile(descriptor, buffer, 0, buffer.length, null));
        return buffer.slice(0, bytesRead);
      } catch (error) {
        // Windows says so when the writing end of a pipe is closed.
        if (isSystemError(error, 'EOF')) return new Uint8Array();
        throw error;
      }
    },
  };
}

function output(descriptor: number): Output {
  return {
    get isTerminal() {
      return isTerminal(descriptor);
    },
    async write(data) {
      const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
      for (let offset = 0; offset < bytes.length; ) {
        const from = offset;
        const { bytesWritten } = await untilReady(() =>
          writeFile(descriptor, bytes, from, bytes.length - from, null),
        );
        offset += bytesWritten;
      }
    },
    async flush() {
      if ((await statFile(descriptor)).isFile()) await syncFile(descriptor);
    },
  };
}

/** node:tty brings sockets along, so only what can be a terminal at all loads it. */
function isTerminal(descriptor: number): boolean {
  return fstatSync(descriptor).isCharacterDevice() && process.getBuiltinModule('node:tty').isatty(descriptor);
}

/** Does it again while the descriptor says that it would block. */
async function untilReady<T>(operation: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await operation();
    } catch (error) {
      if (!isSystemError(error, 'EAGAIN')) throw error;
      await pause(BUSY_PAUSE_MS);
    }
  }
}

async function openScreen(): Promise<Screen | null> {
  const [inputPath, outputPath] =
    process.platform === 'win32' ? ['\\\\.\\CONIN$', '\\\\.\\CONOUT$'] : ['/dev/tty', '/dev/tty'];
  const opened: number[] = [];
  const closeAll = async () => {
    for (const descriptor of opened.splice(0)) await closeFile(descriptor);
  };
  try {
    opened.push(await openFile(inputPath, constants.O_RDWR));
    opened.push(await openFile(outputPath, constants.O_RDWR));
  } catch {
    // No such device, or no terminal behind it: nobody can be asked.
    await closeAll();
    return null;
  }
  const [input, output] = opened;
  return input === undefined || output === undefined ? null : { input, output, close: closeAll };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Whether `error` comes from the operating system with this code. */
export function isSystemError(error: unknown, ...codes: readonly string[]): error is NodeJS.ErrnoException {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code)
  );
}
