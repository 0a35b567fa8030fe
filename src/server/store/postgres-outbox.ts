/** The outbox of the PostgreSQL store: a table in the same database. */

import type { EventName, LeasedEvent, Outbox } from './outbox.js';
import { composeEvent } from './outbox-event.js';
import type { PostgresPool } from './postgres-pool.js';
import { statement } from './postgres-statements.js';

interface EventRow {
  readonly id: string;
  readonly event: EventName;
  readonly secret_id: string;
  readonly hint: string | null;
  readonly url: string;
  readonly callback_secret: string;
  readonly occurred_at: number;
  readonly attempt: number;
}

/** Several processes lease different events, and none waits for another. Hosts hold no space. */
const LEASE = statement<[now: number, limit: number, until: number, exceptHosts: string], EventRow>(`
  WITH due AS (
    SELECT id, due_at FROM outbox WHERE due_at <= $1 AND host <> ALL (string_to_array($4, ' '))
    ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED
  ), leased AS (
    UPDATE outbox SET due_at = $3, attempt = attempt + 1 FROM due WHERE outbox.id = due.id
    RETURNING outbox.*, due.due_at AS was_due_at
  )
  SELECT id, event, secret_id, hint, url, callback_secret, occurred_at, attempt FROM leased ORDER BY was_due_at`);

const DELIVERED = statement<[id: string], never>('DELETE FROM outbox WHERE id = $1');

const GIVE_UP = statement<[id: string, attempt: number], never>(
  'DELETE FROM outbox WHERE id = $1 AND attempt = $2',
);

const RETRY = statement<[id: string, attempt: number, retryAt: number], never>(
  'UPDATE outbox SET due_at = $3 WHERE id = $1 AND attempt = $2',
);

const FORGET = statement<[before: number, limit: number], { id: string }>(
  'DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE appended_at < $1 LIMIT $2) RETURNING id',
);

/** Events forgotten in one go. */
const FORGET_BATCH = 5_000;

/**
 * An {@link Outbox} in PostgreSQL. The statement that changes a secret appends what the event is made of, since
 * PostgreSQL can't sign it; each time it is leased the same event comes of that.
 */
export class PostgresOutbox implements Outbox {
  readonly #pool: PostgresPool;

  /** @param pool of a database with the tables of this version. */
  constructor(pool: PostgresPool) {
    this.#pool = pool;
  }

  async leaseEvents(
    now: number,
    limit: number,
    leaseMs: number,
    exceptHosts: readonly string[],
  ): Promise<readonly LeasedEvent[]> {
    const rows = await this.#pool.ask(LEASE, now, limit, now + leaseMs, exceptHosts.join(' '));
    return rows.map((row) => {
      const callback = { url: row.url, secret: row.callback_secret };
      const source = { id: row.secret_id, hint: row.hint, callback };
      return { ...composeEvent(row.event, source, row.occurred_at, () => row.id), attempt: row.attempt };
    });
  }

  async eventDelivered(id: string): Promise<void> {
    await this.#pool.ask(DELIVERED, id);
  }

  async eventFailed(id: string, attempt: number, retryAt: number | null): Promise<void> {
    if (retryAt === null) await this.#pool.ask(GIVE_UP, id, attempt);
    else await this.#pool.ask(RETRY, id, attempt, retryAt);
  }

  async forgetEvents(before: number): Promise<number> {
    return (await this.#pool.ask(FORGET, before, FORGET_BATCH)).length;
  }
}
