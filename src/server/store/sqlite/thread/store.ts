/**
 * An SQLite store in a thread of its own. SQLite's drivers block: in the thread that answers requests, each commit
 * would hold up all of them for as long as the disk takes. With a thread for the store, a request waits only for what
 * it asked the store itself.
 */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type Engine, type Nouns, type Purged, type Store, StoreError } from '../../contracts/store.js';
import { Checkpoints, type Thread } from '../file/checkpoints.js';
import {
  type Abort,
  type Call,
  deserializeError,
  type Opened,
  type Result,
  type ThreadStart,
  transferablesOf,
} from './messages.js';

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: Error) => void;
}

/**
 * Opens the SQLite file at `path` in a new thread, and has another one make its checkpoints.
 * @param program the bundle of `worker.ts`.
 * @param newCallerSalt kept by the store if it is new.
 * @throws ZephrError as opening it in this thread does.
 */
export function openInThread(program: string, path: string, newCallerSalt: string): Promise<Store> {
  return openThrough((workerData) => new Worker(program, { workerData }), path, newCallerSalt);
}

/** The same, with threads that `start` makes, each of which runs `runThread` of `worker.ts`. */
export async function openThrough(
  start: (how: ThreadStart) => Thread,
  path: string,
  newCallerSalt: string,
): Promise<Store> {
  const thread = start({ work: 'store', path, newCallerSalt });
  const [opened] = (await once(thread, 'message')) as [Opened];
  if ('callerSalt' in opened) {
    const checkpoints = new Checkpoints(start({ work: 'checkpoints', path, newCallerSalt }));
    return new ThreadStore(thread, checkpoints, opened.callerSalt);
  }
  await thread.terminate();
  throw deserializeError(opened.error);
}

/** A {@link Store} that passes every verb on. An error that the thread does not catch ends the process. */
class ThreadStore implements Store {
  readonly callerSalt: string;
  readonly secrets = this.#remote('secrets');
  readonly chunks = this.#remote('chunks');
  readonly requests = this.#remote('requests');
  readonly lists = this.#remote('lists');
  readonly quotas = this.#remote('quotas');
  readonly keys = this.#remote('keys');
  readonly outbox = this.#remote('outbox');
  readonly #engine = this.#remote(null);
  readonly #thread: Thread;
  readonly #checkpoints: Checkpoints;
  readonly #pending = new Map<number, Pending>();
  #queue: (Call | Abort)[] = [];
  #number = 0;

  constructor(thread: Thread, checkpoints: Checkpoints, callerSalt: string) {
    this.callerSalt = callerSalt;
    this.#thread = thread;
    this.#checkpoints = checkpoints;
    thread.on('message', (results: readonly Result[]) => {
      for (const result of results) this.#settle(result);
      this.#checkpoints.after(results.length);
    });
    thread.on('exit', () => {
      const ended = new StoreError(new Error('the thread of the store has ended'));
      for (const { reject } of this.#pending.values()) reject(ended);
    });
  }

  purge(now: number, signal?: AbortSignal): Promise<Purged> {
    return this.#engine.purge(now, signal);
  }

  time(): Promise<number | null> {
    return this.#engine.time();
  }

  ping(): Promise<void> {
    return this.#engine.ping();
  }

  async close(): Promise<void> {
    // First, because a checkpoint under way would keep the store from making the last one, which empties the log.
    await this.#checkpoints.close();
    const ended = once(this.#thread, 'exit');
    await this.#engine.close();
    await ended;
  }

  /** A noun, or for `null` the engine, whose every verb is called in the thread. */
  #remote(noun: null): Engine;
  #remote<Name extends keyof Nouns>(noun: Name): Nouns[Name];
  #remote(noun: keyof Nouns | null): object {
    return new Proxy(
      {},
      {
        // With a verb `then`, it would look like a promise to those who await it.
        get: (_, verb) =>
          typeof verb === 'string' && verb !== 'then'
            ? (...values: readonly unknown[]) => this.#call(noun, verb, values)
            : undefined,
      },
    );
  }

  #call(noun: keyof Nouns | null, verb: string, values: readonly unknown[]): Promise<unknown> {
    const number = this.#number++;
    const signalAt = values.findIndex((value) => value instanceof AbortSignal);
    const signal = values[signalAt];
    const sent = values.map((value) => (value === signal ? undefined : value));
    const result = new Promise<unknown>((resolve, reject) => {
      this.#pending.set(number, { resolve, reject });
    });
    this.#post({ number, noun, verb, values: sent, signalAt });
    return signal instanceof AbortSignal ? this.#abortable(result, number, signal) : result;
  }

  /** `result`, passing on that `signal` is aborted until it is there. */
  #abortable(result: Promise<unknown>, number: number, signal: AbortSignal): Promise<unknown> {
    const abort = () => this.#post({ abort: number });
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    return result.finally(() => signal.removeEventListener('abort', abort));
  }

  /** What is posted in one turn of the event loop goes in one message: each message costs more than what is in it. */
  #post(message: Call | Abort): void {
    if (this.#queue.length === 0) setImmediate(() => this.#send());
    this.#queue.push(message);
  }

  #send(): void {
    const buffers = this.#queue.flatMap((message) =>
      'values' in message ? transferablesOf(message.values) : [],
    );
    this.#thread.postMessage(this.#queue, buffers);
    this.#queue = [];
  }

  #settle(result: Result): void {
    const pending = this.#pending.get(result.number);
    this.#pending.delete(result.number);
    if ('error' in result) pending?.reject(deserializeError(result.error));
    else pending?.resolve(result.value);
  }
}
