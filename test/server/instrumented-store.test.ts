import { describe, expect, test } from 'vitest';
import { StoreBusyError, StoreError } from '../../src/server/store/contracts/store.js';
import { instrumentedStore } from '../../src/server/store/instrumented.js';
import { MemoryStore } from '../../src/server/store/memory/store.js';
import type { Metrics } from '../../src/server/telemetry/metrics.js';
import { NOW } from '../support/new-secret.js';
import { recordOf, take } from '../support/reading.js';
import { harness, refusal } from './harness.js';
import { describeStoreContract } from './store-contract.js';

const ID = 'x'.repeat(22);

describe('an instrumented store', () => {
  describeStoreContract(async () => instrumentedStore(new MemoryStore('salt'), { limit: 10_000 }));
});

/** A memory store whose `status` answers when it is told to. */
function slowStore() {
  const store = new MemoryStore('salt');
  const waiting: (() => void)[] = [];
  store.secrets.status = () => new Promise((resolve) => waiting.push(() => resolve({ outcome: 'unknown' })));
  return { store, answer: () => waiting.splice(0).map((tell) => tell()).length };
}

describe('the verbs of an instrumented store', () => {
  test('are refused when there are too many at once, and taken again when there is room', async () => {
    const slow = slowStore();
    const store = instrumentedStore(slow.store, { limit: 3 });
    const finds = [1, 2, 3].map(() => recordOf(store, ID, NOW));
    const busy = recordOf(store, ID, NOW);
    await expect(busy).rejects.toBeInstanceOf(StoreBusyError);
    await expect(busy).rejects.toMatchObject({
      code: 'SERVER_BUSY',
      message: 'the server is busy: try again',
    });
    await expect(take(store, ID, null, NOW)).rejects.toMatchObject({ code: 'SERVER_BUSY' });
    expect(slow.answer()).toBe(3);
    await Promise.all(finds);
    const again = recordOf(store, ID, NOW);
    expect(slow.answer()).toBe(1);
    expect(await again).toBeNull();
  });

  test('still answers whether it is there, and still purges, when nothing else gets in', async () => {
    const { store: slow, answer } = slowStore();
    const store = instrumentedStore(slow, { limit: 1 });
    const find = recordOf(store, ID, NOW);
    await store.ping();
    expect(await store.purge(NOW)).toEqual({ destroyed: 0, forgotten: 0 });
    answer();
    await find;
  });

  test('of the nouns that serve requests are measured, and over when they fail', async () => {
    const failing = new MemoryStore('salt');
    failing.secrets.status = () => Promise.reject(new StoreError(new Error('disk on fire')));
    const answers: [string, boolean][] = [];
    const metrics: Metrics = {
      request: () => undefined,
      secrets: () => undefined,
      store: (verb, ok) => answers.push([verb, ok]),
      text: async () => '',
      contentType: '',
    };
    const store = instrumentedStore(failing, { limit: 1, metrics });
    for (let count = 0; count < 3; count += 1) {
      await expect(recordOf(store, ID, NOW)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    }
    await take(store, ID, null, NOW);
    await store.keys.findKey('no such hash');
    await store.quotas.usage(NOW);
    await store.outbox.leaseEvents(NOW, 1, 1, { hosts: [], callers: [] });
    expect(answers).toEqual([
      ['status', false],
      ['status', false],
      ['status', false],
      ['consume', true],
      ['findKey', true],
    ]);
  });

  test('makes a busy server say 503 and when to come again, in one line of its log', async () => {
    const slow = slowStore();
    const { call, log } = harness(instrumentedStore(slow.store, { limit: 1 }));
    const first = call('GET', `/api/secrets/${ID}/status`);
    const response = await call('GET', `/api/secrets/${ID}/status`);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await refusal(response)).toBe('503 SERVER_BUSY');
    expect(log.map((line) => JSON.parse(line).event)).toEqual(['request']);
    slow.answer();
    expect(await refusal(first)).toBe('404 SECRET_NOT_FOUND');
  });
});
