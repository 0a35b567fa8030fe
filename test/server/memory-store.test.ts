/** The store in memory keeps the contract. */

import { describe } from 'vitest';
import { MemoryStore } from '../../src/server/store/memory/store.js';
import { describeStoreContract } from './store-contract.js';

describe('the store in memory', () => {
  describeStoreContract(async () => new MemoryStore('salt'));
});
