/** The store to grow on: one PostgreSQL, any number of server processes. */

import { type Purged, type Store, StoreError } from '../contracts/store.js';
import { PostgresChunks, purgeChunks } from './chunks.js';
import type { PostgresChannel } from './connections/channel.js';
import { type PostgresPool, statement } from './connections/pool.js';
import { PostgresQuotas } from './creates/quotas.js';
import { purgeSecrets } from './destruction.js';
import { PostgresKeys } from './keys.js';
import { PostgresLists } from './lists.js';
import { PostgresOutbox } from './outbox.js';
import { PostgresRequests, purgeRequests } from './requests.js';
import { PostgresSecrets } from './secrets.js';

/** A replica, or a server that an operator made read-only, answers but can't do the work. */
export const PING = statement<[], { readonly read_only: 'on' | 'off' }>(
  "SELECT current_setting('transaction_read_only') AS read_only FROM zephr LIMIT 1",
);

/** Not the time at which a transaction began: that may be long ago. */
export const TIME = statement<[], { readonly time: number }>(
  'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS time',
);

/** A {@link Store} in PostgreSQL. */
export class PostgresStore implements Store {
  readonly callerSalt: string;
  readonly chunks: PostgresChunks;
  readonly secrets: PostgresSecrets;
  readonly requests: PostgresRequests;
  readonly lists: PostgresLists;
  readonly quotas: PostgresQuotas;
  readonly keys: PostgresKeys;
  readonly outbox: PostgresOutbox;
  readonly channel: PostgresChannel | undefined;
  readonly #pool: PostgresPool;

  /**
   * @param pool of a database with the tables of this version.
   * @param callerSalt the one this store has kept.
   * @param channel between the processes over the store. Default: none.
   */
  constructor(pool: PostgresPool, callerSalt: string, channel?: PostgresChannel) {
    this.channel = channel;
    this.callerSalt = callerSalt;
    this.secrets = new PostgresSecrets(pool);
    this.chunks = new PostgresChunks(pool);
    this.requests = new PostgresRequests(pool);
    this.lists = new PostgresLists(pool);
    this.quotas = new PostgresQuotas(pool);
    this.keys = new PostgresKeys(pool);
    this.outbox = new PostgresOutbox(pool);
    this.#pool = pool;
  }

  async purge(now: number, signal?: AbortSignal): Promise<Purged> {
    let destroyed = 0;
    let forgotten = 0;
    let more: boolean;
    do {
      const batch = await purgeSecrets(this.#pool, now);
      const requests = await purgeRequests(this.#pool, now);
      const moreChunks = await purgeChunks(this.#pool, now);
      const moreCounts = await this.quotas.forget(now);
      destroyed += batch.destroyed;
      forgotten += batch.forgotten + requests.forgotten;
      more = batch.more || requests.more || moreChunks || moreCounts;
    } while (more && !signal?.aborted);
    return { destroyed, forgotten };
  }

  async time(): Promise<number> {
    const [row] = await this.#pool.query(TIME);
    if (!row) throw new StoreError(new Error('PostgreSQL did not tell the time'));
    return row.time;
  }

  async ping(): Promise<void> {
    const [row] = await this.#pool.query(PING);
    if (row?.read_only !== 'off') throw new StoreError(new Error('PostgreSQL is read-only'));
  }

  async close(): Promise<void> {
    await this.channel?.close();
    await this.#pool.close();
  }
}
