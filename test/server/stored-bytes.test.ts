/** The room of a store: what is held for a write that never was is free again. */

import { expect, it } from 'vitest';
import { StoredBytes } from '../../src/server/secrets/stored-bytes.js';
import { StoreError } from '../../src/server/store/contracts/store.js';
import { MemoryStore } from '../../src/server/store/memory/store.js';
import { overridden } from '../support/overridden.js';

const CALLER = 'somebody';
const OTHER = 'somebody else';

/** A store of 1,000 bytes, 600 of them for each caller, which does not answer about a caller while it is ill. */
function room() {
  const store = new MemoryStore('salt');
  const state = { isIll: false };
  const chunks = overridden(store.chunks, {
    storedBytes: (caller) =>
      state.isIll && caller !== null
        ? Promise.reject(new StoreError(new Error('ill')))
        : store.chunks.storedBytes(caller),
  });
  const bytes = new StoredBytes(chunks, { stored: 1_000, storedPerCaller: 600 }, () => 0);
  return { bytes, state };
}

it('has all of it again after a store that did not answer, a hundred times', async () => {
  const { bytes, state } = room();
  state.isIll = true;
  for (let times = 0; times < 100; times++) {
    await expect(bytes.holdChunks(CALLER, 500)).rejects.toThrow(StoreError);
  }
  state.isIll = false;
  const held = await Promise.all([bytes.holdChunks(CALLER, 500), bytes.holdChunks(OTHER, 500)]);
  expect(held).not.toContain(null);
});

it('has all of it again after a caller for whom there was none, a hundred times', async () => {
  const { bytes } = room();
  for (let times = 0; times < 100; times++) {
    expect(await bytes.holdChunks(CALLER, 601)).toBeNull();
  }
  expect(await bytes.holdChunks(CALLER, 500)).not.toBeNull();
  expect(await bytes.holdChunks(OTHER, 501)).toBeNull();
  expect(await bytes.holdChunks(OTHER, 500)).not.toBeNull();
});
