/**
 * Checkpoints of an SQLite store beside its commits. Every write goes to the write-ahead log first. A checkpoint copies
 * it into the database, page by page all over the file, which takes several times as long as the write itself. By
 * default SQLite does that at the end of a commit, and every caller waits. Another connection, in another thread, can
 * do it while commits go on.
 */

import { type EventEmitter, once } from 'node:events';
import type { MessagePort, Worker } from 'node:worker_threads';
import { loadSqliteDriver } from './driver.js';

/** Calls to the store between two checkpoints: some hundred pages of the log, if all of them write. */
const CALLS_APART = 200;

/** What is asked of a thread. It emits `message` and, once it has ended, `exit`. */
export interface Thread extends EventEmitter {
  postMessage: Worker['postMessage'];
  terminate: Worker['terminate'];
}

/** The thread that makes checkpoints. */
export class Checkpoints {
  readonly #thread: Thread;
  #calls = 0;
  #busy = false;

  /** @param thread that runs {@link makeCheckpoints}. */
  constructor(thread: Thread) {
    this.#thread = thread;
    thread.on('message', () => {
      this.#busy = false;
    });
  }

  /** Counts calls that the store has answered, and makes a checkpoint when it is time. */
  after(calls: number): void {
    this.#calls += calls;
    if (this.#busy || this.#calls < CALLS_APART) return;
    this.#calls = 0;
    this.#busy = true;
    this.#thread.postMessage('checkpoint');
  }

  /** Ends the thread, after the checkpoint that may be under way. */
  async close(): Promise<void> {
    const ended = once(this.#thread, 'exit');
    this.#thread.postMessage('close');
    await ended;
  }
}

/** The thread's side: makes a checkpoint of the store at `path` for each message. */
export async function makeCheckpoints(port: MessagePort, path: string): Promise<void> {
  const database = (await loadSqliteDriver())(path);
  // Passive: it waits for no other connection, and none waits for it.
  database.exec('PRAGMA synchronous = FULL; PRAGMA busy_timeout = 0');
  const copy = database.prepare('PRAGMA wal_checkpoint(PASSIVE)');
  port.on('message', (message: 'checkpoint' | 'close') => {
    if (message === 'close') {
      database.close();
      port.close();
      return;
    }
    try {
      copy.get();
    } catch {
      // A full or broken disk, say. The log keeps everything, and the store's next write fails likewise and reports it.
    }
    port.postMessage('done');
  });
}
