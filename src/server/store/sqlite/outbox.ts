/** The outbox of the SQLite store: a table in the same file. */

import type { LeasedEvent, Outbox, OutboxEvent } from '../contracts/outbox.js';
import type { SqliteDatabase } from './driver.js';

/** How the store runs what it is asked for, outside of its transactions: failures become StoreError. */
export interface Access {
  read<T>(read: () => T): T;
  /** In a transaction; resolves after the commit. */
  write<T>(write: () => T): Promise<T>;
}

/** A place in the order in which events are due. */
interface Place {
  readonly due_at: number;
  readonly seq: number;
}

/** Due events looked at for one lease, at most: about a millisecond. */
const LOOK = 5_000;

/** Events forgotten in one transaction. */
const FORGET_BATCH = 500;

const START: Place = { due_at: 0, seq: 0 };

/** An {@link Outbox} in an SQLite file. */
export class SqliteOutbox implements Outbox {
  readonly #access: Access;
  readonly #sql: ReturnType<typeof prepareStatements>;
  /**
   * The next lease looks at due events from here on, and those after the last one from the start again: however many
   * belong to hosts that are excepted, they hold up neither the process nor, for long, what is behind them.
   */
  #from = START;

  /** @param database with the tables of this version. */
  constructor(database: SqliteDatabase, access: Access) {
    this.#access = access;
    this.#sql = prepareStatements(database);
  }

  /** Appends an event that is due at once. Call it inside the transaction that changes the secret. */
  append({ id, name, url, host, body, signature }: OutboxEvent, now: number): void {
    this.#sql.insert.run(id, name, url, host, body, signature, now, now);
  }

  async leaseEvents(
    now: number,
    limit: number,
    leaseMs: number,
    exceptHosts: readonly string[],
  ): Promise<readonly LeasedEvent[]> {
    // Mostly there is nothing to do, which shall cost no transaction.
    const due = this.#access.read(() => this.#due(now, limit, exceptHosts));
    if (due.length === 0) return [];
    return this.#access.write(() =>
      // Others may have leased some since.
      due.flatMap((seq) => this.#sql.lease.all(now + leaseMs, seq, now)),
    );
  }

  eventDelivered(id: string): Promise<void> {
    return this.#access.write(() => this.#sql.delete.run(id));
  }

  eventFailed(id: string, attempt: number, retryAt: number | null): Promise<void> {
    return this.#access.write(() => {
      if (retryAt === null) this.#sql.giveUp.run(id, attempt);
      else this.#sql.retry.run(retryAt, id, attempt);
    });
  }

  forgetEvents(before: number): Promise<number> {
    return this.#access.write(() => this.#sql.forget.all(FORGET_BATCH, before).length);
  }

  #due(now: number, limit: number, exceptHosts: readonly string[]): number[] {
    const { due_at, seq } = this.#from;
    const last = this.#sql.place.get(due_at, seq, now, LOOK - 1);
    const end = last ?? { due_at: now, seq: Number.MAX_SAFE_INTEGER };
    const except = JSON.stringify(exceptHosts);
    const due = this.#sql.due.all(due_at, seq, end.due_at, end.seq, except, limit);
    this.#from = (due.length === limit ? due.at(-1) : last) ?? START;
    return due.map((place) => place.seq);
  }
}

function prepareStatements(db: SqliteDatabase) {
  return {
    insert: db.prepare(
      `INSERT INTO outbox (id, name, url, host, body, signature, attempt, appended_at, due_at)
       VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?)`,
    ),
    /** So many due events after a place; none if there are fewer. */
    place: db.prepare<Place>(
      `SELECT due_at, seq FROM outbox WHERE (due_at, seq) > (?, ?) AND due_at <= ?
       ORDER BY due_at, seq LIMIT 1 OFFSET ?`,
    ),
    due: db.prepare<Place>(
      `SELECT due_at, seq FROM outbox WHERE (due_at, seq) > (?, ?) AND (due_at, seq) <= (?, ?)
       AND host NOT IN (SELECT value FROM json_each(?)) ORDER BY due_at, seq LIMIT ?`,
    ),
    lease: db.prepare<LeasedEvent>(
      `UPDATE outbox SET due_at = ?, attempt = attempt + 1 WHERE seq = ? AND due_at <= ?
       RETURNING id, name, url, host, body, signature, attempt`,
    ),
    delete: db.prepare('DELETE FROM outbox WHERE id = ?'),
    giveUp: db.prepare('DELETE FROM outbox WHERE id = ? AND attempt = ?'),
    retry: db.prepare('UPDATE outbox SET due_at = ? WHERE id = ? AND attempt = ?'),
    /** Rows are numbered as they are appended. */
    forget: db.prepare<{ seq: number }>(
      `DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox ORDER BY seq LIMIT ?) AND appended_at < ?
       RETURNING seq`,
    ),
  };
}
