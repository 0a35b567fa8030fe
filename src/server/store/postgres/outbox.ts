/** The outbox of the PostgreSQL store: a table in the same database. */

import { composeEvent } from '../contracts/event.js';
import type { EventName, LeasedEvent, Outbox } from '../contracts/outbox.js';
import type { PostgresPool } from './pool.js';
import { statement } from './statements.js';

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

/** A place in the order in which events are due. */
interface Place {
  readonly due_at: number;
  readonly id: string;
}

const START: Place = { due_at: 0, id: '' };

/** Due events looked at for one lease, at most: a few milliseconds. */
const LOOK = 5_000;

type LeaseValues = [
  now: number,
  limit: number,
  until: number,
  exceptHosts: string,
  fromDueAt: number,
  fromId: string,
];

/** An event that was leased, or a row of nulls if there was none; and where the look ended, unless at the end. */
interface LeaseRow extends Omit<EventRow, 'id'> {
  readonly id: string | null;
  readonly due_at: number;
  readonly end_due_at: number | null;
  readonly end_id: string | null;
}

/**
 * Looks at {@link LOOK} due events from a place on. Several processes lease different events, and none waits for
 * another. Hosts hold no space. The array makes PostgreSQL go by the index to the rows it updates, also where it
 * plans without knowing the limit.
 */
export const LEASE = statement<LeaseValues, LeaseRow>(`
  WITH beyond AS (
    SELECT due_at, id FROM outbox WHERE (due_at, id) >= ($5, $6) AND due_at <= $1
    ORDER BY due_at, id LIMIT 1 OFFSET ${LOOK}
  ), due AS (
    SELECT id, due_at FROM outbox
    WHERE (due_at, id) >= ($5, $6)
      AND (due_at, id) < (COALESCE((SELECT due_at FROM beyond), $1 + 1), COALESCE((SELECT id FROM beyond), ''))
      AND host <> ALL (string_to_array($4, ' '))
    ORDER BY due_at, id LIMIT $2 FOR UPDATE SKIP LOCKED
  ), leased AS (
    UPDATE outbox SET due_at = $3, attempt = attempt + 1 WHERE id = ANY (ARRAY(SELECT id FROM due))
    RETURNING id, event, secret_id, hint, url, callback_secret, occurred_at, attempt
  ), place AS (
    SELECT (SELECT due_at FROM beyond) AS end_due_at, (SELECT id FROM beyond) AS end_id
  )
  SELECT * FROM place LEFT JOIN (leased JOIN due USING (id)) ON TRUE ORDER BY due_at, id`);

export const DELIVERED = statement<[id: string], never>('DELETE FROM outbox WHERE id = $1');

export const GIVE_UP = statement<[id: string, attempt: number], never>(
  'DELETE FROM outbox WHERE id = $1 AND attempt = $2',
);

export const RETRY = statement<[id: string, attempt: number, retryAt: number], never>(
  'UPDATE outbox SET due_at = $3 WHERE id = $1 AND attempt = $2',
);

/** A few thousand in one go. */
export const FORGET_EVENTS = statement<[before: number], { id: string }>(`
  DELETE FROM outbox WHERE id = ANY (ARRAY(
    SELECT id FROM outbox WHERE appended_at < $1 ORDER BY appended_at LIMIT 5000
  )) RETURNING id`);

/**
 * An {@link Outbox} in PostgreSQL. The statement that changes a secret appends what the event is made of, since
 * PostgreSQL can't sign it; each time it is leased the same event comes of that.
 */
export class PostgresOutbox implements Outbox {
  readonly #pool: PostgresPool;
  /**
   * The next lease looks at due events from here on, and those after the last one from the start again: however many
   * belong to hosts that are excepted, they hold up neither PostgreSQL nor, for long, what is behind them.
   */
  #from = START;

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
    const { due_at, id } = this.#from;
    const hosts = exceptHosts.join(' ');
    const rows = await this.#pool.ask(LEASE, now, limit, now + leaseMs, hosts, due_at, id);
    const leased = rows.flatMap(({ id, ...row }) => (id === null ? [] : [{ ...row, id }]));
    this.#from = (leased.length === limit ? leased.at(-1) : endOf(rows)) ?? START;
    return leased.map(leasedEvent);
  }

  async eventDelivered(id: string): Promise<void> {
    await this.#pool.ask(DELIVERED, id);
  }

  async eventFailed(id: string, attempt: number, retryAt: number | null): Promise<void> {
    if (retryAt === null) await this.#pool.ask(GIVE_UP, id, attempt);
    else await this.#pool.ask(RETRY, id, attempt, retryAt);
  }

  async forgetEvents(before: number): Promise<number> {
    return (await this.#pool.ask(FORGET_EVENTS, before)).length;
  }
}

/** Where a look ended, or nothing when it came to the end of what is due. */
function endOf([row]: readonly LeaseRow[]): Place | undefined {
  const { end_due_at: dueAt = null, end_id: id = null } = row ?? {};
  return dueAt === null || id === null ? undefined : { due_at: dueAt, id };
}

function leasedEvent(row: EventRow): LeasedEvent {
  const callback = { url: row.url, secret: row.callback_secret };
  const source = { id: row.secret_id, hint: row.hint, callback };
  return { ...composeEvent(row.event, source, row.occurred_at, () => row.id), attempt: row.attempt };
}
