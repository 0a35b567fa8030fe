/** An SQLite store whose disk is full goes on taking, revoking and purging, and creates again once something expired. */

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { NewSecret } from '../../src/server/store/contracts/secrets.js';
import type { Store } from '../../src/server/store/contracts/store.js';
import { openStore } from '../../src/server/store/open.js';
import { NOW, newSecret } from '../support/new-secret.js';
import { latin1, RIGHT, take } from '../support/reading.js';
import { smallDisk, withoutDisk } from '../support/small-disk.js';

const thread = fileURLToPath(new URL('../../dist/cli/store-thread.cjs', import.meta.url));

const MINUTE_MS = 60_000;
const SIZES = [100, 5_000, 100_000, 1_048_576];

/** Handles on one file, one after the other. */
interface Opened {
  store: Store;
  restart: () => Promise<void>;
}

async function opened(path: string, own: boolean): Promise<Opened> {
  const open = () => openStore(path, own ? { thread } : {});
  const handle: Opened = {
    store: await open(),
    async restart() {
      await handle.store.close();
      handle.store = await open();
    },
  };
  onTestFinished(() => handle.store.close());
  return handle;
}

/** Creates secrets of one minute, `atOnce` at a time, until none of that size is taken. */
async function fillWith(store: Store, size: number, now: number, atOnce: number): Promise<NewSecret[]> {
  const kept: NewSecret[] = [];
  for (;;) {
    const tried = Array.from({ length: atOnce }, () =>
      newSecret({ blob: new Uint8Array(size), createdAt: now, expiresAt: now + MINUTE_MS }),
    );
    const results = await Promise.allSettled(tried.map((secret) => store.secrets.create(secret)));
    results.forEach((result, at) => {
      const secret = tried[at];
      if (result.status === 'fulfilled' && secret) kept.push(secret);
      else if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'STORE_FULL' });
    });
    if (results.every(({ status }) => status === 'rejected')) return kept;
  }
}

/** Reads one, reads and acknowledges one, and revokes one: what a full disk must not hinder. */
async function use(store: Store, secrets: readonly NewSecret[], now: number): Promise<void> {
  const [read, claimed, revoked] = secrets;
  if (!read || !claimed || !revoked) throw new Error('too few secrets were kept');
  expect(latin1((await take(store, read.id, null, now))?.blob)).toBe(latin1(read.blob));
  expect(latin1((await take(store, claimed.id, 'claim', now))?.blob)).toBe(latin1(claimed.blob));
  expect(await store.secrets.acknowledge(claimed.id, 'claim', now)).toBe(true);
  expect(await store.secrets.revoke(revoked.id, RIGHT, now)).toEqual({ outcome: 'revoked' });
}

describe.skipIf(withoutDisk).each([
  ['in this thread', false],
  ['in a thread of its own', true],
])(`an SQLite store %s on a disk full of its secrets${withoutDisk}`, (_, own) => {
  it.each([
    ['with a restart', true],
    ['without one', false],
  ])('is well once they expired, %s', async (_name, restarts) => {
    const { folder } = smallDisk();
    const handle = await opened(join(folder, 'zephr.db'), own);
    let now = NOW;
    const counts: number[] = [];
    const first = newSecret({
      idempotency: { key: 'key', bodyHash: 'hash' },
      blob: new Uint8Array(1_048_576),
    });
    await handle.store.secrets.create(first);
    for (let round = 0; round < 6; round += 1) {
      const size = SIZES[3 - (round % 4)] ?? 0;
      const kept = await fillWith(handle.store, size, now, round % 2 === 0 ? 1 : 16);
      counts.push(kept.length);
      expect(kept.length).toBeGreaterThan(3);
      await use(handle.store, kept, now);
      await handle.store.ping();
      const repeated = { ...first, id: 'another'.padEnd(22, '_') };
      if (round === 0) expect(await handle.store.secrets.create(repeated)).toMatchObject({ id: first.id });
      now += 2 * MINUTE_MS;
      if (restarts) await handle.restart();
      await handle.store.purge(now);
      for (const each of SIZES) {
        const secret = newSecret({ blob: new Uint8Array(each), createdAt: now, expiresAt: now + MINUTE_MS });
        expect(await handle.store.secrets.create(secret)).toMatchObject({ outcome: 'created' });
        expect(latin1((await take(handle.store, secret.id, null, now))?.blob)).toBe(latin1(secret.blob));
      }
      now += 2 * MINUTE_MS;
      await handle.store.purge(now);
    }
    console.log(`filled ${counts.length} times, with ${counts.join(', ')} secrets`);
  });

  it.each([
    ['with a restart', true],
    ['without one', false],
  ])('lets them be taken and purged where somebody else took the rest, %s', async (_name, restarts) => {
    const { folder, fill, free } = smallDisk();
    const handle = await opened(join(folder, 'zephr.db'), own);
    let now = NOW;
    let uses = 0;
    for (const size of SIZES) {
      const kept = await fillWith(handle.store, size, now, 4);
      fill();
      if (restarts) await handle.restart();
      for (let at = 0; at + 3 <= Math.min(kept.length, 60); at += 3) {
        await use(handle.store, kept.slice(at, at + 3), now);
        uses += 3;
        fill();
      }
      const refused = newSecret({ blob: new Uint8Array(1_048_576), createdAt: now });
      await expect(handle.store.secrets.create(refused)).rejects.toMatchObject({ code: 'STORE_FULL' });
      now += 2 * MINUTE_MS;
      const { destroyed } = await handle.store.purge(now);
      expect(destroyed).toBeGreaterThanOrEqual(kept.length - 60);
      if (restarts) await handle.restart();
      free();
      await handle.store.purge(now);
      const secret = newSecret({
        blob: new Uint8Array(1_048_576),
        createdAt: now,
        expiresAt: now + MINUTE_MS,
      });
      expect(await handle.store.secrets.create(secret)).toMatchObject({ outcome: 'created' });
      expect(latin1((await take(handle.store, secret.id, null, now))?.blob)).toBe(latin1(secret.blob));
    }
    console.log(`${uses} secrets taken or revoked on a disk without a byte left`);
  });
});
