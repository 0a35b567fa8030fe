/**
 * An SQLite store in a thread of its own. SQLite's drivers block: in the thread that answers requests, each commit
 * would hold up all of them for as long as the disk takes. Here only those wait who asked for something durable.
 */

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { KeyStore } from '../../contracts/keys.js';
import type { Outbox } from '../../contracts/outbox.js';
import {
  type CreateOutcome,
  type NewSecret,
  type Purged,
  type Revocation,
  type SecretRecord,
  type Store,
  StoreError,
  type Taken,
} from '../../contracts/store.js';
import { Checkpoints } from '../checkpoints.js';
import {
  type Answer,
  type Ask,
  errorOf,
  type Opened,
  type ThreadStart,
  type Verb,
  type Verbs,
} from './messages.js';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: Error) => void;
}

/**
 * Opens the SQLite file at `path` in a new thread, and has another one make its checkpoints.
 * @param program the bundle of `worker.ts`.
 * @param newCallerSalt kept by the store if it is new.
 * @throws ZephrError as opening it in this thread does.
 */
export async function openInThread(program: string, path: string, newCallerSalt: string): Promise<Store> {
  const start = (work: ThreadStart['work']) =>
    new Worker(program, { workerData: { work, path, newCallerSalt } satisfies ThreadStart });
  const thread = start('store');
  const [opened] = (await once(thread, 'message')) as [Opened];
  if ('callerSalt' in opened) {
    return new ThreadStore(thread, new Checkpoints(start('checkpoints')), opened.callerSalt);
  }
  await thread.terminate();
  throw errorOf(opened.failure);
}

/** A {@link Store} that passes everything on. An error that the thread does not catch ends the process, as ever. */
class ThreadStore implements Store {
  readonly callerSalt: string;
  readonly outbox: Outbox;
  readonly keys: KeyStore;
  readonly #thread: Worker;
  readonly #checkpoints: Checkpoints;
  readonly #waiting = new Map<number, Waiting>();
  #asks: Ask[] = [];
  #number = 0;

  constructor(thread: Worker, checkpoints: Checkpoints, callerSalt: string) {
    this.callerSalt = callerSalt;
    this.#thread = thread;
    this.#checkpoints = checkpoints;
    thread.on('message', (answers: readonly Answer[]) => {
      for (const answer of answers) this.#hear(answer);
      this.#checkpoints.after(answers.length);
    });
    thread.on('exit', () => {
      const ended = new StoreError(new Error('the thread of the store has ended'));
      for (const { reject } of this.#waiting.values()) reject(ended);
    });
    this.outbox = {
      leaseEvents: (...values) => this.#ask('leaseEvents', ...values),
      eventDelivered: (id) => this.#ask('eventDelivered', id),
      eventFailed: (...values) => this.#ask('eventFailed', ...values),
      forgetEvents: (before) => this.#ask('forgetEvents', before),
    };
    this.keys = {
      addKey: (key) => this.#ask('addKey', key),
      findKey: (hash) => this.#ask('findKey', hash),
      listKeys: () => this.#ask('listKeys'),
      revokeKey: (...values) => this.#ask('revokeKey', ...values),
    };
  }

  create(secret: NewSecret): Promise<CreateOutcome> {
    return this.#ask('create', secret);
  }

  find(id: string, now: number): Promise<SecretRecord | null> {
    return this.#ask('find', id, now);
  }

  take(id: string, claim: string | null, now: number): Promise<Taken | null> {
    return this.#ask('take', id, claim, now);
  }

  acknowledge(id: string, claim: string, now: number): Promise<void> {
    return this.#ask('acknowledge', id, claim, now);
  }

  revoke(id: string, now: number): Promise<Revocation> {
    return this.#ask('revoke', id, now);
  }

  recordProofAttempt(id: string, caller: string, right: boolean, now: number): Promise<number | null> {
    return this.#ask('recordProofAttempt', id, caller, right, now);
  }

  counts(endsAt: number): Promise<ReadonlyMap<string, number>> {
    return this.#ask('counts', endsAt);
  }

  purge(now: number, signal?: AbortSignal): Promise<Purged> {
    const purged = this.#ask('purge', now);
    const stop = () => void this.#ask('stopPurging');
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop);
    return purged.finally(() => signal?.removeEventListener('abort', stop));
  }

  ping(): Promise<void> {
    return this.#ask('ping');
  }

  async close(): Promise<void> {
    // First: whoever makes checkpoints stands in the way of the last one, which empties the log.
    await this.#checkpoints.close();
    const ended = once(this.#thread, 'exit');
    await this.#ask('close');
    await ended;
  }

  /** What is asked in one turn of the event loop goes in one message: each message costs more than what is in it. */
  #ask<V extends Verb>(verb: V, ...values: Parameters<Verbs[V]>): ReturnType<Verbs[V]> {
    const answer = new Promise<unknown>((resolve, reject) => {
      if (this.#asks.length === 0) setImmediate(() => this.#send());
      this.#number += 1;
      this.#waiting.set(this.#number, { resolve, reject });
      this.#asks.push({ number: this.#number, verb, values });
    });
    // A message has no type, but both sides are made of the same verbs.
    return answer as ReturnType<Verbs[V]>;
  }

  #send(): void {
    this.#thread.postMessage(this.#asks);
    this.#asks = [];
  }

  #hear(answer: Answer): void {
    const waiting = this.#waiting.get(answer.number);
    this.#waiting.delete(answer.number);
    if ('failure' in answer) waiting?.reject(errorOf(answer.failure));
    else waiting?.resolve(answer.value);
  }
}
