/** The store that lives in this process and ends with it (`memory:`). */

import type { Purged, Store } from '../contracts/store.js';
import { MemoryChunks } from './chunks.js';
import { MemoryKeys } from './keys.js';
import { MemoryLists } from './lists.js';
import { MemoryOutbox } from './outbox.js';
import { MemoryQuotas } from './quotas.js';
import { MemoryRequests } from './requests.js';
import { MemorySecrets } from './secrets.js';

/** A {@link Store} in memory. */
export class MemoryStore implements Store {
  readonly callerSalt: string;
  readonly quotas = new MemoryQuotas();
  readonly keys = new MemoryKeys();
  readonly outbox = new MemoryOutbox();
  readonly chunks: MemoryChunks = new MemoryChunks(
    this.quotas,
    () => this.secrets,
    (caller) => this.requests.ownerOf(caller),
  );
  readonly secrets = new MemorySecrets(this.quotas, this.outbox, this.chunks);
  readonly requests: MemoryRequests = new MemoryRequests(this.quotas, this.outbox, this.secrets);
  readonly lists = new MemoryLists(this.secrets, this.requests);

  constructor(callerSalt: string) {
    this.callerSalt = callerSalt;
  }

  async purge(now: number, signal?: AbortSignal): Promise<Purged> {
    this.quotas.forget(now);
    this.chunks.purge(now);
    const { destroyed, forgotten } = await this.secrets.purge(now, signal);
    return { destroyed, forgotten: forgotten + this.requests.purge(now) };
  }

  async time(): Promise<null> {
    return null;
  }

  async ping(): Promise<void> {
    // Memory always answers.
  }

  async close(): Promise<void> {
    const { requests, secrets, chunks, quotas, keys, outbox } = this;
    for (const noun of [requests, secrets, chunks, quotas, keys, outbox]) noun.clear();
  }
}
