/**
 * The threads that `openInThread` starts. One makes checkpoints; the other opens the SQLite store that its start names,
 * and answers calls until it is asked to close. Calls that come together share a transaction, and their results a
 * message.
 */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Store } from '../../contracts/store.js';
import { makeCheckpoints } from '../file/checkpoints.js';
import { openSqliteStore } from '../open.js';
import {
  type Abort,
  type Call,
  freeLarge,
  type Opened,
  type Result,
  serializeError,
  type ThreadStart,
  transferablesOf,
} from './messages.js';

/**
 * Pages of the log at which a commit copies back what is left, so that the log starts over: under steady writes the
 * checkpoints of the other thread never get to its end. About 16 MB, and copying the rest takes a few milliseconds.
 */
const LOG_PAGES = 16_000;

if (parentPort !== null) void runThread(parentPort, workerData as ThreadStart);

/** What a thread does that was started as `how`, with `port` between it and the first thread. */
export function runThread(port: MessagePort, { work, path, newCallerSalt }: ThreadStart): Promise<void> {
  return work === 'store' ? serve(port, path, newCallerSalt) : makeCheckpoints(port, path);
}

async function serve(port: MessagePort, path: string, newCallerSalt: string): Promise<void> {
  const report = (opened: Opened) => port.postMessage(opened);
  try {
    const store = await openSqliteStore(path, newCallerSalt, LOG_PAGES);
    answerCalls(port, store);
    report({ callerSalt: store.callerSalt });
  } catch (error) {
    report({ error: serializeError(error) });
  }
}

function answerCalls(port: MessagePort, store: Store): void {
  /** Of the calls under way, by number. */
  const controllers = new Map<number, AbortController>();
  let results: Result[] = [];
  const send = () => {
    const buffers = results.flatMap((result) => ('value' in result ? transferablesOf(result.value) : []));
    port.postMessage(results, buffers);
    results = [];
  };
  const post = (result: Result) => {
    // The results of a whole transaction are posted before the microtask that is queued now.
    if (results.length === 0) queueMicrotask(send);
    results.push(result);
  };
  const answer = async (call: Call) => {
    const { number, noun, verb } = call;
    try {
      post({ number, value: await perform(store, call, controllers) });
    } catch (error) {
      post({ number, error: serializeError(error) });
    } finally {
      controllers.delete(number);
      freeLarge(call.values);
    }
    // After the result, which is on its way.
    if (noun === null && verb === 'close') queueMicrotask(() => port.close());
  };
  port.on('message', (messages: readonly (Call | Abort)[]) => {
    for (const message of messages) {
      if ('abort' in message) controllers.get(message.abort)?.abort();
      else void answer(message);
    }
  });
}

/** Calls the verb that `call` names. If a signal is among its values, `controllers` gets what aborts it. */
function perform(
  store: Store,
  { number, noun, verb, values, signalAt }: Call,
  controllers: Map<number, AbortController>,
): unknown {
  const target = noun === null ? store : store[noun];
  const method: unknown = Reflect.get(target, verb);
  if (typeof method !== 'function') throw new TypeError(`a store has no verb ${verb}`);
  if (signalAt < 0) return Reflect.apply(method, target, values);
  const controller = new AbortController();
  controllers.set(number, controller);
  return Reflect.apply(method, target, values.with(signalAt, controller.signal));
}
