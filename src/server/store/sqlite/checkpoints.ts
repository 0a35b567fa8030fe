/**
 * Checkpoints of an SQLite store beside its commits. What is written goes to the write-ahead log first; to copy it into
 * the database, page by page all over the file, takes several times as long as to write it. By itself SQLite does that
 * at the end of a commit, and everybody waits. Another connection, in another thread, can do it while commits go on.
 */

import { once } from 'node:events';
import type { MessagePort, Worker } from 'node:worker_threads';
import { loadSqliteDriver } from './driver.js';

/** Questions to the store after which it is time: some hundred pages of the log, if all of them write. */
const ASKS_APART = 200;

/** The thread that makes checkpoints. */
export class Checkpoints {
  readonly #thread: Worker;
  #asks = 0;
  #busy = false;

  /** @param thread that runs {@link makeCheckpoints}. */
  constructor(thread: Worker) {
    this.#thread = thread;
    thread.on('message', () => {
      this.#busy = false;
    });
  }

  /** Takes note that the store has been asked so often. */
  after(asks: number): void {
    this.#asks += asks;
    if (this.#busy || this.#asks < ASKS_APART) return;
    this.#asks = 0;
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
  // Passive: waits for nobody, and nobody for it.
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
      // A disk that is full or broken, say. The log keeps everything, and the store's next write meets it too and tells.
    }
    port.postMessage('done');
  });
}
