/**
 * The thread of a {@link ThreadStore}: opens the SQLite store that its start names, and answers what it is asked
 * until it is asked to close. Questions that come together share a transaction, and their answers a message.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { openStore } from './open-store.js';
import type { Store } from './store.js';
import { type Answer, type Ask, failureOf, type Opened, type Verb, type Verbs } from './thread-messages.js';

if (parentPort !== null) void serve(parentPort, String(workerData));

async function serve(port: NonNullable<typeof parentPort>, path: string): Promise<void> {
  const tell = (opened: Opened) => port.postMessage(opened);
  try {
    const store = await openStore(path);
    answer(port, verbsOf(store));
    tell({ callerSalt: store.callerSalt });
  } catch (error) {
    tell({ failure: failureOf(error) });
  }
}

function answer(port: NonNullable<typeof parentPort>, verbs: Verbs): void {
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
    enterProof: bound(store, 'enterProof'),
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
