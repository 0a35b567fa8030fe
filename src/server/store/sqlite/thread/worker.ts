/**
 * The threads of a {@link ThreadStore}. One makes checkpoints; the other opens the SQLite store that its start names,
 * and answers what it is asked until it is asked to close. Questions that come together share a transaction, and
 * their answers a message.
 */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Store } from '../../contracts/store.js';
import { makeCheckpoints } from '../checkpoints.js';
import { openSqliteStore } from '../open.js';
import {
  type Answer,
  type Ask,
  failureOf,
  type Opened,
  type ThreadStart,
  type Verb,
  type Verbs,
} from './messages.js';

/**
 * Pages of the log at which a commit copies back what is left, so that the log starts over: it could not while somebody
 * always writes. About 16 MB, and copying the rest of it takes a few milliseconds.
 */
const LOG_PAGES = 16_000;

if (parentPort !== null) {
  const { work, path, newCallerSalt } = workerData as ThreadStart;
  void (work === 'store' ? serve(parentPort, path, newCallerSalt) : makeCheckpoints(parentPort, path));
}

async function serve(port: MessagePort, path: string, newCallerSalt: string): Promise<void> {
  const tell = (opened: Opened) => port.postMessage(opened);
  try {
    const store = await openSqliteStore(path, newCallerSalt, LOG_PAGES);
    answer(port, verbsOf(store));
    tell({ callerSalt: store.callerSalt });
  } catch (error) {
    tell({ failure: failureOf(error) });
  }
}

function answer(port: MessagePort, verbs: Verbs): void {
  let answers: Answer[] = [];
  const send = () => {
    port.postMessage(answers);
    answers = [];
  };
  const tell = (told: Answer) => {
    // All that one transaction answers is there before what is queued now.
    if (answers.length === 0) queueMicrotask(send);
    answers.push(told);
  };
  const ask = async ({ number, verb, values }: Ask) => {
    try {
      // The sender's types hold: see ThreadStore.
      const does = verbs[verb] as (...values: readonly unknown[]) => Promise<unknown>;
      tell({ number, value: await does(...values) });
    } catch (error) {
      tell({ number, failure: failureOf(error) });
    }
    // After the answer, which is on its way.
    if (verb === 'close') queueMicrotask(() => port.close());
  };
  port.on('message', (asks: readonly Ask[]) => {
    for (const one of asks) void ask(one);
  });
}

function verbsOf(store: Store): Verbs {
  const { outbox, keys } = store;
  let purging = new AbortController();
  const bound = <V extends Verb>(target: Pick<Verbs, V>, verb: V): Verbs[V] =>
    target[verb].bind(target) as Verbs[V];
  return {
    create: bound(store, 'create'),
    find: bound(store, 'find'),
    take: bound(store, 'take'),
    acknowledge: bound(store, 'acknowledge'),
    revoke: bound(store, 'revoke'),
    recordProofAttempt: bound(store, 'recordProofAttempt'),
    counts: bound(store, 'counts'),
    ping: bound(store, 'ping'),
    close: bound(store, 'close'),
    leaseEvents: bound(outbox, 'leaseEvents'),
    eventDelivered: bound(outbox, 'eventDelivered'),
    eventFailed: bound(outbox, 'eventFailed'),
    forgetEvents: bound(outbox, 'forgetEvents'),
    addKey: bound(keys, 'addKey'),
    findKey: bound(keys, 'findKey'),
    listKeys: bound(keys, 'listKeys'),
    revokeKey: bound(keys, 'revokeKey'),
    purge: (now) => {
      purging = new AbortController();
      return store.purge(now, purging.signal);
    },
    stopPurging: async () => purging.abort(),
  };
}
