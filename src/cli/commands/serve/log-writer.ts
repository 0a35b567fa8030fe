/**
 * The server's log on stderr: lines in their order, in few writes. A write for each line would cost a busy server a tenth
 * of its time; a slow reader of the log never slows the server.
 */

import type { Output } from '../../terminal/terminal.js';

/** Characters that may wait for a slow reader of the log. */
const LONGEST_QUEUE = 1 << 20;

/** How long a line waits for others, in milliseconds, and how many characters do not wait. */
const BATCH = { ms: 100, characters: 16 * 1024 };

/** Where lines are written to. */
export interface LogWriter {
  /** Writes a line, soon. When too much waits, it is dropped, and how many were is logged as soon as there is room. */
  write(line: string): void;
  /** Writes what waits; resolves when it is written, or when it cannot be. */
  flush(): Promise<void>;
  /** Writes what waits before this returns: for a process that is about to end. */
  flushNow(): void;
}

/** Makes a writer of lines. Those that come during a write wait and go out together with the next one. */
export function logWriter(output: Output): LogWriter {
  let waiting = '';
  let dropped = 0;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;

  /** What waits, which then waits no more. */
  const take = (): string => {
    const lines = waiting;
    waiting = '';
    if (dropped === 0) return lines;
    const note = JSON.stringify({ level: 'warn', event: 'log-lines-dropped', count: dropped });
    dropped = 0;
    return `${lines}${note}\n`;
  };

  const drain = async () => {
    while (waiting !== '') {
      // A stderr that was closed must not stop the server.
      await output.write(take()).catch(() => undefined);
    }
    writing = undefined;
  };

  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting !== '') writing ??= drain();
    return writing ?? Promise.resolve();
  };

  return {
    write(line) {
      if (waiting.length > LONGEST_QUEUE) {
        dropped += 1;
        return;
      }
      waiting += `${line}\n`;
      if (waiting.length >= BATCH.characters) void flush();
      // What waits when the process ends by itself is written by `flushNow`.
      else timer ??= setTimeout(() => void flush(), BATCH.ms).unref();
    },
    flush,
    flushNow() {
      if (waiting !== '') output.writeNow(take());
    },
  };
}
