/** The SQLite store in a thread of its own keeps the contract, and its errors arrive as they left. */

import { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ZephrError } from '../../src/core/errors.js';
import { type Store, StoreError } from '../../src/server/store/contracts/store.js';
import { openStore } from '../../src/server/store/open.js';
import type { Thread } from '../../src/server/store/sqlite/file/checkpoints.js';
import { loadSqliteDriver } from '../../src/server/store/sqlite/file/driver.js';
import {
  deserializeError,
  freeLarge,
  serializeError,
  type ThreadStart,
} from '../../src/server/store/sqlite/thread/messages.js';
import { openThrough } from '../../src/server/store/sqlite/thread/store.js';
import { runThread } from '../../src/server/store/sqlite/thread/worker.js';
import { describeError } from '../../src/server/telemetry/log.js';
import { NOW, newSecret } from '../support/new-secret.js';
import { take } from '../support/reading.js';
import { sqliteCopies } from '../support/stores.js';
import { describeStoreContract } from './store-contract.js';

const thread = fileURLToPath(new URL('../../dist/cli/store-thread.cjs', import.meta.url));

let directory: string;
let files = 0;
let copy: (to: string) => string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'zephr-test-'));
  copy = await sqliteCopies(join(directory, 'first.db'));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

function newFile(): string {
  files += 1;
  return join(directory, `${files}.db`);
}

const open = (file = newFile()): Promise<Store> => openStore(file, { thread });

/** A thread's program in this thread, behind a channel as between two: starting two threads costs more than a test. */
class NearThread extends EventEmitter implements Thread {
  readonly #port: MessagePort;

  constructor(how: ThreadStart) {
    super();
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.on('message', (message) => this.emit('message', message));
    port1.on('close', () => this.emit('exit', 0));
    void runThread(port2, how);
  }

  postMessage(...message: Parameters<Thread['postMessage']>): void {
    this.#port.postMessage(...message);
  }

  async terminate(): Promise<number> {
    this.#port.close();
    return 0;
  }
}

describe('the SQLite store behind the messages of a thread', () => {
  describeStoreContract(() => openThrough((how) => new NearThread(how), copy(newFile()), 'salt'));
});

describe('a store in a thread', () => {
  test('keeps what it keeps over a restart, and its salt', async () => {
    const file = newFile();
    const before = await open(file);
    const secret = newSecret();
    await before.secrets.create(secret);
    await before.close();
    const after = await open(file);
    expect(after.callerSalt).toBe(before.callerSalt);
    expect(await take(after, secret.id, null, NOW)).toMatchObject({ blob: secret.blob });
    await after.close();
  });

  test('shares its file with one in this thread', async () => {
    const file = newFile();
    const [one, two] = await Promise.all([open(file), openStore(file)]);
    const secret = newSecret({ views: 3 });
    await one.secrets.create(secret);
    const takers = Array.from({ length: 32 }, (_, i) => take(i % 2 ? one : two, secret.id, null, NOW));
    expect((await Promise.all(takers)).filter((taken) => taken !== null)).toHaveLength(3);
    await Promise.all([one.close(), two.close()]);
  });

  test('answers while this thread waits for nothing else: what was asked before a close is done', async () => {
    const file = newFile();
    const store = await open(file);
    const secret = newSecret();
    const created = store.secrets.create(secret);
    await store.close();
    expect(await created).toMatchObject({ outcome: 'created' });
  });

  test('stops a purge after the batch under way', async () => {
    const store = await open();
    const secrets = Array.from({ length: 500 }, () => newSecret());
    await Promise.all(secrets.map((secret) => store.secrets.create(secret)));
    const { expiresAt } = newSecret();
    const first = await store.purge(expiresAt, AbortSignal.abort());
    expect(first.destroyed).toBeGreaterThan(0);
    expect(first.destroyed).toBeLessThan(500);
    const rest = await store.purge(expiresAt, new AbortController().signal);
    expect(first.destroyed + rest.destroyed).toBe(500);
    await store.close();
  });

  test('stops a purge whose signal is aborted after it was asked for', async () => {
    const store = await open();
    const secrets = Array.from({ length: 500 }, () => newSecret());
    await Promise.all(secrets.map((secret) => store.secrets.create(secret)));
    const { expiresAt } = newSecret();
    const controller = new AbortController();
    const purge = store.purge(expiresAt, controller.signal);
    controller.abort();
    const first = await purge;
    expect(first.destroyed).toBeGreaterThan(0);
    expect(first.destroyed).toBeLessThan(500);
    expect(first.destroyed + (await store.purge(expiresAt)).destroyed).toBe(500);
    await store.close();
  });

  test('says what is wrong with the file as one in this thread does', async () => {
    await expect(open(directory)).rejects.toMatchObject({ name: 'ZephrError', code: 'STORE_IS_DIRECTORY' });
    const file = newFile();
    const database = (await loadSqliteDriver())(file);
    database.exec('CREATE TABLE somebody (s)');
    database.close();
    const error = await open(file).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ZephrError);
    expect(error).toMatchObject({ code: 'NOT_A_STORE', message: expect.stringContaining('zephr store') });
  });

  test('refuses with a StoreError that tells the operator why', async () => {
    const file = newFile();
    const store = await open(file);
    const other = (await loadSqliteDriver())(file);
    other.exec('BEGIN IMMEDIATE');
    const error = await store.secrets.create(newSecret()).catch((reason: unknown) => reason);
    other.exec('ROLLBACK');
    other.close();
    expect(error).toBeInstanceOf(StoreError);
    const told = describeError(error);
    expect(told).toMatchObject({ name: 'StoreError', code: 'STORE_UNAVAILABLE', cause: { sqlite: 5 } });
    expect(await store.secrets.create(newSecret())).toMatchObject({ outcome: 'created' });
    await store.close();
  });
});

test('large bytes that nobody uses any more are freed, and no others', () => {
  const [large, small, part] = [new Uint8Array(100_000), new Uint8Array(100), new Uint8Array(200_000)];
  freeLarge(['id', large, small, part.subarray(1)]);
  expect([large.length, small.length, part.length]).toEqual([0, 100, 200_000]);
});

test('an error of any kind is told alike on both sides', () => {
  const system = Object.assign(new TypeError('CANARY'), { code: 'ENOSPC', errcode: 778, rawCode: 13 });
  const errors = [
    new StoreError(system),
    new ZephrError('the store is damaged', 'STORE_DAMAGED', { cause: system }),
    new AggregateError([system], 'both failed', { cause: system }),
    system,
  ];
  for (const error of errors) {
    const arrived = deserializeError(structuredClone(serializeError(error)));
    expect(arrived).toBeInstanceOf(error instanceof ZephrError ? ZephrError : Error);
    expect(arrived.message).toBe(error.message);
    expect(describeError(arrived)).toEqual(describeError(error));
  }
});
