/** API keys as they are made, and what is left of them in a store. */

import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { issueKey } from '../../src/server/secrets/api-keys.js';
import { MemoryKeys } from '../../src/server/store/memory/keys.js';
import { openStore } from '../../src/server/store/open.js';
import { NOW } from '../support/new-secret.js';

const ci = { name: 'ci', tier: 'pro' } as const;

test('a key is zeph_ and 40 letters or digits, no two alike', async () => {
  const keys = new MemoryKeys();
  const issued = await Promise.all(
    Array.from({ length: 200 }, (_, i) => issueKey(keys, { ...ci, name: `n${i}` }, NOW)),
  );
  for (const { key, id } of issued) {
    expect(key).toMatch(/^zeph_[A-Za-z0-9]{40}$/);
    expect(id).toMatch(/^key_[A-Za-z0-9]{12}$/);
  }
  expect(new Set(issued.map(({ key }) => key)).size).toBe(200);
  expect(new Set(issued.map(({ id }) => id)).size).toBe(200);
});

test('every character is as likely as any other, for bytes that would favor some are not used', async () => {
  let next = 0;
  const random = (length: number) => Uint8Array.from({ length }, (_, i) => (i % 2 ? 255 : next++ % 248));
  const keys = new MemoryKeys();
  const counts: Record<string, number> = {};
  // 62 keys and ids have 13 times as many characters as there are bytes to make them of.
  for (let i = 0; i < 62; i += 1) {
    const { key, id } = await issueKey(keys, { ...ci, name: `n${i}` }, NOW, random);
    for (const character of key.slice(5) + id.slice(4)) counts[character] = (counts[character] ?? 0) + 1;
  }
  expect(Object.keys(counts)).toHaveLength(62);
  expect(new Set(Object.values(counts))).toEqual(new Set([52]));
});

test('what is issued tells all there is, and the store keeps the hash of the key only', async () => {
  const keys = new MemoryKeys();
  const { key, ...rest } = await issueKey(keys, ci, NOW);
  const unused = { expiresAt: null, revokedAt: null, lastUse: null, refusals: null };
  expect(rest).toEqual({ id: rest.id, ...ci, createdAt: NOW, ...unused });
  expect(await keys.findKey(createHash('sha256').update(key).digest('base64url'))).toEqual(rest);
});

test('no file of an SQLite store holds a key', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'zephr-test-'));
  const file = join(directory, 'zephr.db');
  const store = await openStore(file);
  const { key, id } = await issueKey(store.keys, ci, NOW);
  const whileOpen = Buffer.concat([await readFile(file), await readFile(`${file}-wal`)]);
  await store.close();
  const afterwards = await readFile(file);
  expect(afterwards.includes(id)).toBe(true);
  for (const bytes of [whileOpen, afterwards]) {
    expect(bytes.includes(key)).toBe(false);
    expect(bytes.includes(key.slice(5, 25))).toBe(false);
  }
  await rm(directory, { recursive: true });
});

test.each(['ci', 'CI-2', '0', 'a.b_c-d', 'x'.repeat(64)])('%s is a name', async (name) => {
  expect(await issueKey(new MemoryKeys(), { ...ci, name }, NOW)).toMatchObject({ name });
});

test.each(['', ' ', 'a b', '-a', '.a', '_a', 'ü', 'a\n', 'a/b', 'x'.repeat(65), 'key_abc', 'zeph_abc'])(
  '%j is no name',
  async (name) => {
    const keys = new MemoryKeys();
    await expect(issueKey(keys, { ...ci, name }, NOW)).rejects.toMatchObject({ code: 'INVALID_KEY_NAME' });
    expect(await keys.listKeys()).toEqual([]);
  },
);

test('a name that a valid key has is taken', async () => {
  const keys = new MemoryKeys();
  await issueKey(keys, ci, NOW);
  await expect(issueKey(keys, ci, NOW)).rejects.toMatchObject({ code: 'KEY_NAME_TAKEN' });
  await keys.revokeKey('ci', NOW);
  await issueKey(keys, ci, NOW);
  expect(await keys.listKeys()).toHaveLength(2);
});
