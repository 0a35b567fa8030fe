/** The outbox of the PostgreSQL store: a table in the same database. */

import { composeEvent } from '../contracts/event.js';
import type {
  EventName,
  Excepted,
  LeasedEvent,
  LeasedMessage,
  Message,
  Outbox,
} from '../contracts/outbox.js';
import { type PostgresPool, statement } from './connections/pool.js';

interface EventRow {
  readonly id: string;
  readonly event: EventName;
  readonly secret_id: string;
  readonly hint: string | null;
  readonly caller: string;
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

/** Most due events that one lease scans: a few milliseconds. */
const SCAN = 5_000;

type LeaseValues = [
  now: number,
  limit: number,
  until: number,
  exceptHosts: string,
  exceptCallers: string,
  fromDueAt: number,
  fromId: string,
];

/** An event that was leased, or nulls if there was none; and where the scan ended, or nulls if it came to the end. */
interface LeaseRow extends Omit<EventRow, 'id'> {
  readonly id: string | null;
  readonly due_at: number;
  readonly end_due_at: number | null;
  readonly end_id: string | null;
}

/**
 * Scans {@link SCAN} due events from a place on. Several processes lease different events, and none waits for another.
 * No host and no caller has a space in it. The array makes PostgreSQL go by the index to the rows it updates, also where it plans
 * without knowing the limit.
 */
export const LEASE_EVENTS = statement<LeaseValues, LeaseRow>(`
  WITH beyond AS (
    SELECT due_at, id FROM outbox WHERE (due_at, id) >= ($6, $7) AND due_at <= $1
    ORDER BY due_at, id LIMIT 1 OFFSET ${SCAN}
  ), due AS (
    SELECT id, due_at FROM outbox
    WHERE (due_at, id) >= ($6, $7)
      AND (due_at, id) < (COALESCE((SELECT due_at FROM beyond), $1 + 1), COALESCE((SELECT id FROM beyond), ''))
      AND host <> ALL (string_to_array($4, ' ')) AND caller <> ALL (string_to_array($5, ' '))
    ORDER BY due_at, id LIMIT $2 FOR UPDATE SKIP LOCKED
  ), leased AS (
    UPDATE outbox SET due_at = $3, attempt = attempt + 1 WHERE id = ANY (ARRAY(SELECT id FROM due))
    RETURNING id, event, secret_id, hint, caller, url, callback_secret, occurred_at, attempt
  ), place AS (
    SELECT (SELECT due_at FROM beyond) AS end_due_at, (SELECT id FROM beyond) AS end_id
  )
  SELECT * FROM place LEFT JOIN (leased JOIN due USING (id)) ON TRUE ORDER BY due_at, id`);

export const MARK_DELIVERED = statement<[id: string], never>('DELETE FROM outbox WHERE id = $1');

export const GIVE_UP = statement<[id: string, attempt: number], never>(
  'DELETE FROM outbox WHERE id = $1 AND attempt = $2',
);

export const RETRY = statement<[id: string, attempt: number, retryAt: number], never>(
  'UPDATE outbox SET due_at = $3 WHERE id = $1 AND attempt = $2',
);

/** Forgets a few thousand in one transaction. */
export const FORGET_EVENTS = statement<[before: number], { id: string }>(`
  DELETE FROM outbox WHERE id = ANY (ARRAY(
    SELECT id FROM outbox WHERE appended_at < $1 ORDER BY appended_at LIMIT 5000
  )) RETURNING id`);

/** Puts a message about a secret in, in place of an earlier one. */
export const POST_MESSAGE = statement<
  [secret: string, now: number, id: string, way: string, message: string, endsAt: number],
  never
>(`
  INSERT INTO unsent_codes (secret, id, way, message, due_at, ends_at) VALUES ($1, $3, $4, $5, $2, $6)
  ON CONFLICT (secret) DO UPDATE SET id = $3, way = $4, message = $5, attempt = 0, due_at = $2, ends_at = $6`);

/** Those whose time is over are forgotten. */
export const LEASE_MESSAGES = statement<
  [now: number, limit: number, until: number, ways: string],
  { readonly message: string; readonly attempt: number }
>(`
  WITH due AS (
    SELECT secret, ends_at FROM unsent_codes WHERE due_at <= $1 AND way = ANY (string_to_array($4, ' '))
    ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED
  ), over AS (
    DELETE FROM unsent_codes WHERE secret = ANY (ARRAY(SELECT secret FROM due WHERE ends_at <= $1))
  )
  UPDATE unsent_codes SET due_at = $3, attempt = attempt + 1
  WHERE secret = ANY (ARRAY(SELECT secret FROM due WHERE ends_at > $1)) RETURNING message, attempt`);

export const MARK_SENT = statement<[id: string], never>('DELETE FROM unsent_codes WHERE id = $1');

export const GIVE_UP_MESSAGE = statement<[id: string, attempt: number], never>(
  'DELETE FROM unsent_codes WHERE id = $1 AND attempt = $2',
);

export const RETRY_MESSAGE = statement<[id: string, attempt: number, retryAt: number], never>(
  'UPDATE unsent_codes SET due_at = $3 WHERE id = $1 AND attempt = $2',
);

/**
 * A piece of SQL that appends an event, due at `$2`, for each secret in `settled` that has a callback and meets
 * `condition`. @param occurredAt an expression in SQL.
 */
export function announce(event: EventName, occurredAt: string, condition: string): string {
  return `
  INSERT INTO outbox (event, secret_id, hint, caller, url, host, callback_secret, occurred_at, appended_at, due_at)
  SELECT '${event}', id, hint, caller, callback_url, callback_host, callback_secret, ${occurredAt}, $2::bigint, $2::bigint
  FROM settled WHERE callback_url IS NOT NULL AND ${condition}`;
}

/**
 * An {@link Outbox} in PostgreSQL. PostgreSQL can't sign an event, so the statement that changes a secret appends what
 * the event is composed of; each lease composes the same event of it.
 */
export class PostgresOutbox implements Outbox {
  readonly #pool: PostgresPool;
  /**
   * The next lease scans due events from here on, and the one after the last of them starts over: however many are
   * excepted, they hold up neither PostgreSQL nor, for long, the events behind them.
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
    except: Excepted,
  ): Promise<readonly LeasedEvent[]> {
    const { due_at, id } = this.#from;
    const [hosts, callers] = [except.hosts.join(' '), except.callers.join(' ')];
    const rows = await this.#pool.query(LEASE_EVENTS, now, limit, now + leaseMs, hosts, callers, due_at, id);
    const leased = rows.flatMap(({ id, ...row }) => (id === null ? [] : [{ ...row, id }]));
    this.#from = (leased.length === limit ? leased.at(-1) : endOf(rows)) ?? START;
    return leased.map(leasedEvent);
  }

  async markDelivered(id: string): Promise<void> {
    await this.#pool.query(MARK_DELIVERED, id);
  }

  async markFailed(id: string, attempt: number, retryAt: number | null): Promise<void> {
    if (retryAt === null) await this.#pool.query(GIVE_UP, id, attempt);
    else await this.#pool.query(RETRY, id, attempt, retryAt);
  }

  async leaseMessages(
    now: number,
    limit: number,
    leaseMs: number,
    by: readonly Message['by'][],
  ): Promise<readonly LeasedMessage[]> {
    const rows = await this.#pool.query(LEASE_MESSAGES, now, limit, now + leaseMs, by.join(' '));
    return rows.map(({ message, attempt }) => ({ ...(JSON.parse(message) as Message), attempt }));
  }

  async markSent(id: string): Promise<void> {
    await this.#pool.query(MARK_SENT, id);
  }

  async markUnsent(id: string, attempt: number, retryAt: number | null): Promise<void> {
    if (retryAt === null) await this.#pool.query(GIVE_UP_MESSAGE, id, attempt);
    else await this.#pool.query(RETRY_MESSAGE, id, attempt, retryAt);
  }

  async forgetEvents(before: number): Promise<number> {
    return (await this.#pool.query(FORGET_EVENTS, before)).length;
  }
}

/** Where a scan ended, or nothing if it came to the end of what is due. */
function endOf([row]: readonly LeaseRow[]): Place | undefined {
  const { end_due_at: dueAt = null, end_id: id = null } = row ?? {};
  return dueAt === null || id === null ? undefined : { due_at: dueAt, id };
}

function leasedEvent(row: EventRow): LeasedEvent {
  const callback = { url: row.url, secret: row.callback_secret };
  const subject = { id: row.secret_id, hint: row.hint, caller: row.caller, callback };
  return { ...composeEvent(row.event, subject, row.occurred_at, () => row.id), attempt: row.attempt };
}
