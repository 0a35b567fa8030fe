/** Destroyed means gone: after maintenance no byte of a destroyed ciphertext is left in any file of the store. */

import { copyFile, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Bytes, encodeUtf8 } from '../../src/core/bytes.js';
import { SEALED_CHUNK_BYTES } from '../../src/core/protocol/chunks.js';
import { LEASE_MS } from '../../src/core/protocol/limits.js';
import type { Store } from '../../src/server/store/contracts/store.js';
import { openStore } from '../../src/server/store/open.js';
import { paddingFor } from '../../src/server/store/sqlite/file/padding.js';
import { newUpload } from '../support/chunks.js';
import { NOW, newSecret } from '../support/new-secret.js';
import { RIGHT, recordOf, revoke, take } from '../support/reading.js';

const HOUR = 60 * 60_000;

let directory: string;
let store: Store;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'zephr-test-'));
  store = await openStore(join(directory, 'zephr.db'));
});
afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});

/** The canaries anywhere in the database, its write-ahead log and its shared memory. */
async function canariesInFiles(): Promise<Set<string>> {
  const canaries = new Set<string>();
  for (const name of await readdir(directory)) {
    const bytes = (await readFile(join(directory, name))).toString('latin1');
    for (const [canary] of bytes.matchAll(/CANARY[0-9]{6}/g)) canaries.add(canary);
  }
  return canaries;
}

/** A blob of `length` bytes that says its number all over. */
function canaryBlob(number: number, length: number): Bytes {
  return encodeUtf8(canaryOf(number).repeat(Math.ceil(length / 12))).slice(0, length);
}

function canaryOf(number: number): string {
  return `CANARY${String(number).padStart(6, '0')}`;
}

describe('a destroyed ciphertext is in no file', () => {
  const endings: Record<string, (id: string) => Promise<unknown>> = {
    'after a read without a claim': (id) => take(store, id, null, NOW),
    'after an acknowledged read': async (id) => {
      await take(store, id, 'claim', NOW);
      await store.secrets.acknowledge(id, 'claim', NOW);
    },
    'after a lease that ended': async (id) => {
      await take(store, id, 'claim', NOW - LEASE_MS);
    },
    'after a revocation': (id) => revoke(store, id, NOW),
    'after its expiry': (id) => recordOf(store, id, NOW),
  };

  for (const [name, end] of Object.entries(endings)) {
    test.each([40, 400, 5_000, 1_048_576])(`${name}, %i bytes long`, async (length) => {
      const now = name === 'after its expiry' ? NOW + HOUR : NOW;
      const secret = newSecret({ blob: canaryBlob(1, length) });
      await store.secrets.create(secret);
      expect(await canariesInFiles()).toContain(canaryOf(1));
      await end(secret.id);
      await store.purge(now);
      expect(await canariesInFiles()).toEqual(new Set());
    });
  }

  test('not even after a crash between destruction and maintenance', async () => {
    const secret = newSecret({ blob: canaryBlob(1, 400) });
    await store.secrets.create(secret);
    await take(store, secret.id, null, NOW);
    const next = await openStore(join(directory, 'zephr.db'));
    await next.purge(NOW);
    expect(await canariesInFiles()).toEqual(new Set());
    await next.close();
  });

  test('however the rows around it came and went', async () => {
    const random = generator(1);
    const alive: { id: string; canary: string }[] = [];
    let made = 0;
    const create = async () => {
      const number = made++;
      const length = [12, 400, 400, 900, 1_500, 3_000][Math.floor(random() * 6)] ?? 400;
      const secret = newSecret({ blob: canaryBlob(number, length) });
      await store.secrets.create(secret);
      alive.push({ id: secret.id, canary: canaryOf(number) });
    };
    const destroy = async () => {
      const [{ id } = { id: '' }] = alive.splice(Math.floor(random() * alive.length), 1);
      await take(store, id, null, NOW);
    };
    for (let round = 0; round < 40; round += 1) {
      await Promise.all(Array.from({ length: 50 }, create));
      await Promise.all(Array.from({ length: round < 10 ? 20 : 50 }, destroy));
      await store.purge(NOW);
      expect(await canariesInFiles()).toEqual(new Set(alive.map(({ canary }) => canary)));
    }
    expect(alive).toHaveLength(300);
  });
});

describe('chunks', () => {
  /** Puts chunks of these numbers into a new upload. */
  async function upload(numbers: readonly number[]): Promise<string> {
    const begun = await store.chunks.beginUpload(newUpload({ mostOpen: 100 }));
    if (!('id' in begun)) throw new Error(begun.outcome);
    for (const [index, number] of numbers.entries()) {
      const length = index === 0 ? 17 * number : SEALED_CHUNK_BYTES;
      expect(await store.chunks.putChunk(begun.id, index, canaryBlob(number, length), NOW)).toBe('kept');
    }
    return begun.id;
  }

  test('that were destroyed are in no file, however others came and went, and their room is given back', async () => {
    const file = join(directory, 'zephr.db-chunks');
    const empty = (await stat(file)).size;
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const alive: { id: string; numbers: number[] }[] = [];
    let made = 1;
    for (let round = 0; round < 12; round += 1) {
      const numbers = Array.from({ length: 1 + (round % 3) }, () => made++);
      alive.push({ id: await upload(numbers), numbers });
      if (round % 2 === 1) await store.chunks.forgetUpload(alive.splice(round % 3, 1)[0]?.id ?? '', NOW);
      await store.purge(NOW);
      expect(await canariesInFiles()).toEqual(
        new Set(alive.flatMap(({ numbers: each }) => each.map(canaryOf))),
      );
    }
    for (const { id } of alive) await store.chunks.forgetUpload(id, NOW);
    await store.purge(NOW);
    expect(await canariesInFiles()).toEqual(new Set());
    expect((await stat(file)).size).toBeLessThan(empty + 100_000);
  });

  test('of uploads that the store does not know are destroyed, as after it was put back without their file', async () => {
    const path = join(directory, 'zephr.db');
    await store.close();
    await copyFile(path, `${path}-copy`);
    store = await openStore(path);
    await upload([1, 2]);
    await store.close();
    await copyFile(`${path}-copy`, path);
    store = await openStore(path);
    await store.purge(NOW);
    expect(await canariesInFiles()).toEqual(new Set());
  });

  test('are not there where their file is lost, and the rest of the store is', async () => {
    const path = join(directory, 'zephr.db');
    const id = await upload([1]);
    const secret = newSecret({ upload: { id, chunks: 1, bodyHash: 'hash' } });
    expect(await store.secrets.create(secret)).toMatchObject({ outcome: 'created' });
    await store.close();
    await rm(`${path}-chunks`);
    store = await openStore(path);
    expect(await store.secrets.consume(secret.id, 'claim', RIGHT, NOW, true)).toMatchObject({
      outcome: 'consumed',
    });
    expect(await store.chunks.fetchChunk(secret.id, 'claim', 0, RIGHT, NOW)).toEqual({
      outcome: 'no such chunk',
    });
    await store.secrets.acknowledge(secret.id, 'claim', NOW);
    await store.purge(NOW + 25 * HOUR);
    expect(await store.chunks.storedBytes(null)).toBe(0);
  });
});

describe('the padding before a ciphertext', () => {
  // The rule of SQLite's file format for table leaves: what a long row keeps in the tree.
  const keptInTree = (row: number, page: number) => {
    const least = Math.floor(((page - 12) * 32) / 255) - 23;
    const wanted = least + ((row - least) % (page - 4));
    if (row <= page - 35) return row;
    return wanted <= page - 35 ? wanted : least;
  };

  test.each([512, 1024, 4096, 65_536])('leaves nothing of it in the tree of %i byte pages', (page) => {
    for (let length = 1; length < 3 * page; length += 7) {
      const padding = paddingFor(length, page);
      for (const header of [4, 6, 8, 12]) {
        expect(keptInTree(header + padding + length, page)).toBeLessThanOrEqual(header + padding);
      }
    }
  });
});

/** A small generator of numbers from 0 to 1 that gives the same ones for the same seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
