/** The store to grow on: one PostgreSQL, any number of server processes. */

import { LEASE_MS } from '../../../core/protocol/limits.js';
import { forgottenAt, IDEMPOTENCY_MS, stateOf } from '../contracts/lifecycle.js';
import { fateOf, recordOf } from '../contracts/rows.js';
import {
  type CreateOutcome,
  type NewSecret,
  type Purged,
  type Revocation,
  type SecretRecord,
  type Store,
  StoreError,
  type Taken,
} from '../contracts/store.js';
import { PostgresKeys } from './keys.js';
import { PostgresOutbox } from './outbox.js';
import type { PostgresPool } from './pool.js';
import * as sql from './statements.js';

/** Rows one transaction of a purge looks at: so few that nobody waits long behind it. */
const PURGE_BATCH = 200;

/** How often a create starts over when others with its idempotency key come in between. */
const CREATE_TRIES = 5;

/** SQLSTATE of a broken unique index. */
const UNIQUE_VIOLATION = '23505';

/** A {@link Store} in PostgreSQL. */
export class PostgresStore implements Store {
  readonly callerSalt: string;
  readonly outbox: PostgresOutbox;
  readonly keys: PostgresKeys;
  readonly #pool: PostgresPool;

  /**
   * @param pool of a database with the tables of this version.
   * @param callerSalt the one this store has kept.
   */
  constructor(pool: PostgresPool, callerSalt: string) {
    this.callerSalt = callerSalt;
    this.outbox = new PostgresOutbox(pool);
    this.keys = new PostgresKeys(pool);
    this.#pool = pool;
  }

  async create(secret: NewSecret): Promise<CreateOutcome> {
    for (let tries = 0; tries < CREATE_TRIES; tries += 1) {
      const outcome = await this.#tryToCreate(secret);
      if (outcome !== null) return outcome;
    }
    throw new StoreError(new Error('others kept using the idempotency key'));
  }

  async find(id: string, now: number): Promise<SecretRecord | null> {
    const [row] = await this.#pool.ask(sql.FIND, id);
    return row && forgottenAt(row.expires_at) > now ? recordOf(row) : null;
  }

  async take(id: string, claim: string | null, now: number): Promise<Taken | null> {
    if (claim === null) {
      const [row] = await this.#pool.ask(sql.TAKE, id, now);
      return row ? takenOf(row, now) : null;
    }
    const [row] = await this.#pool.ask(sql.TAKE_FOR_CLAIM, id, now, claim);
    if (row) return takenOf(row, now + LEASE_MS);
    // Asked second: the same claim may have taken its view while the first statement waited for it.
    const [again] = await this.#pool.ask(sql.TAKE_AGAIN, id, now, claim);
    return again ? takenOf(again, again.ends_at) : null;
  }

  async acknowledge(id: string, claim: string, now: number): Promise<void> {
    await this.#pool.ask(sql.ACKNOWLEDGE, id, now, claim);
  }

  async revoke(id: string, now: number): Promise<Revocation> {
    const [row] = (await this.#pool.ask(sql.REVOKE, id, now)) ?? [];
    const [fate] = row ? [row] : await this.#pool.ask(sql.FIND, id);
    if (!fate) return 'unknown';
    const state = stateOf(fateOf(fate), now);
    if (state === 'expired') return 'expired';
    return state === 'read' ? 'consumed' : 'revoked';
  }

  async recordProofAttempt(id: string, caller: string, right: boolean, now: number): Promise<number | null> {
    const [earlier] = await this.#pool.ask(sql.ATTEMPTS, id, caller);
    if (earlier && earlier.locked_until > now) return earlier.locked_until;
    if (right) {
      if (earlier) await this.#pool.ask(sql.CLEAR_ATTEMPTS, id, now, caller);
      return null;
    }
    const [entered] = await this.#pool.ask(sql.ENTER_WRONG_PROOF, id, now, caller);
    return entered && entered.locked_until > now ? entered.locked_until : null;
  }

  async counts(endsAt: number): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#pool.ask(sql.COUNTS, endsAt);
    return new Map(rows.map(({ counter, used }) => [counter, used]));
  }

  async purge(now: number, signal?: AbortSignal): Promise<Purged> {
    const total = { destroyed: 0, forgotten: 0 };
    let more: boolean;
    do {
      const [batch] = await this.#pool.ask(sql.PURGE, PURGE_BATCH, now);
      const forgotten = await this.#pool.ask(sql.FORGET, PURGE_BATCH, now);
      const counts = await this.#pool.ask(sql.FORGET_COUNTS, PURGE_BATCH, now);
      total.destroyed += batch?.destroyed ?? 0;
      total.forgotten += forgotten.length;
      more = [batch?.looked, forgotten.length, counts.length].includes(PURGE_BATCH);
    } while (more && !signal?.aborted);
    return total;
  }

  async ping(): Promise<void> {
    const [row] = await this.#pool.ask(sql.PING);
    if (row?.read_only !== 'off') throw new StoreError(new Error('PostgreSQL is read-only'));
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  /** What a create came to, or `null` if others changed meanwhile what its idempotency key stands for. */
  async #tryToCreate(secret: NewSecret): Promise<CreateOutcome | null> {
    const { id, version, views, expiresAt, idempotency } = secret;
    const row = await this.#insert(secret);
    if (row === null) return null;
    if (row.created) return { outcome: 'created', id, version, views, expiresAt };
    if (row.id === null) return { outcome: 'limited' };
    if (secret.createdAt - row.created_at >= IDEMPOTENCY_MS) {
      await this.#pool.ask(sql.FREE_IDEMPOTENCY_KEY, row.id);
      return null;
    }
    if (row.body_hash !== idempotency?.bodyHash) return { outcome: 'conflict' };
    return {
      outcome: 'replayed',
      id: row.id,
      version: row.version,
      views: row.views,
      expiresAt: row.expires_at,
    };
  }

  async #insert(secret: NewSecret): Promise<sql.CreateRow | null> {
    const { callback, idempotency, quota } = secret;
    try {
      const [row] = await this.#pool.ask(
        sql.CREATE,
        secret.id,
        secret.version,
        secret.blob,
        secret.hint,
        secret.splitUrlMode,
        secret.proofHash,
        secret.views,
        callback?.url ?? null,
        callback === null ? null : new URL(callback.url).host,
        callback?.secret ?? null,
        secret.caller,
        idempotency?.key ?? null,
        idempotency?.bodyHash ?? null,
        secret.createdAt,
        secret.expiresAt,
        quota?.counter ?? null,
        quota?.endsAt ?? null,
        quota?.limit ?? null,
      );
      return row ?? null;
    } catch (error) {
      if (isUsedMeanwhile(error)) return null;
      throw error;
    }
  }
}

/** Whether somebody else's create with the same idempotency key came first while this one was under way. */
function isUsedMeanwhile(error: unknown): boolean {
  if (!(error instanceof StoreError) || !(error.cause instanceof Error)) return false;
  const { code, constraint_name: index } = error.cause as { code?: unknown; constraint_name?: unknown };
  return code === UNIQUE_VIOLATION && index === sql.CREATE_INDEX;
}

function takenOf(row: sql.ReadingRow, purgeAt: number): Taken {
  return { blob: row.blob, hint: row.hint, viewsLeft: row.views_left, purgeAt };
}
