/** The outbox of the SQLite store: a table in the same file. */

import { type Bytes, decodeUtf8, encodeUtf8 } from '../../../core/bytes.js';
import { composeEvent } from '../contracts/event.js';
import type {
  EventName,
  Excepted,
  LeasedEvent,
  LeasedMessage,
  Message,
  Outbox,
  OutboxEvent,
} from '../contracts/outbox.js';
import { bytesOf, type SqliteDatabase } from './file/driver.js';
import { paddingFor } from './file/padding.js';
import type { Transactions } from './file/transaction.js';

/** The columns of a secret that an event is made of. */
interface SecretColumns {
  readonly id: string;
  readonly hint: string | null;
  readonly caller: string;
  readonly callback_url: string | null;
  readonly callback_secret: string | null;
}

/** A place in the order in which events are due. */
interface Place {
  readonly due_at: number;
  readonly seq: number;
}

/** Most due events that one lease scans: about a millisecond. */
const SCAN = 5_000;

/** Events forgotten in one transaction. */
const FORGET_BATCH = 500;

const START: Place = { due_at: 0, seq: 0 };

/** An {@link Outbox} in an SQLite file. */
export class SqliteOutbox implements Outbox {
  readonly #transactions: Transactions;
  readonly #pageSize: number;
  readonly #sql: ReturnType<typeof prepareStatements>;
  /**
   * The next lease scans due events from here on, and the one after the last of them starts over: however many are
   * excepted, they hold up neither the process nor, for long, the events behind them.
   */
  #from = START;

  /** @param database with the tables of this version. @param pageSize of its pages, in bytes. */
  constructor(database: SqliteDatabase, transactions: Transactions, pageSize: number) {
    this.#transactions = transactions;
    this.#pageSize = pageSize;
    this.#sql = prepareStatements(database);
  }

  /** Appends an event about a secret, or nothing if that has no callback. Call it as {@link SqliteOutbox.append}. */
  announce(
    name: EventName,
    { id, hint, caller, callback_url: url, callback_secret: secret }: SecretColumns,
    occurredAt: number,
    now: number,
  ): void {
    if (url === null || secret === null) return;
    this.append(composeEvent(name, { id, hint, caller, callback: { url, secret } }, occurredAt), now);
  }

  /** Appends an event that is due at once. Call it inside the transaction that changes the secret. */
  append({ id, name, url, host, caller, body, signature }: OutboxEvent, now: number): void {
    this.#sql.insert.run(id, name, url, host, caller, body, signature, now, now);
  }

  async leaseEvents(
    now: number,
    limit: number,
    leaseMs: number,
    except: Excepted,
  ): Promise<readonly LeasedEvent[]> {
    // Most of the time nothing is due, and that must not cost a transaction.
    const due = this.#transactions.read(() => this.#due(now, limit, except));
    if (due.length === 0) return [];
    return this.#transactions.write(() =>
      // Another process may have leased some of them since.
      due.flatMap((seq) => this.#sql.lease.all(now + leaseMs, seq, now)),
    );
  }

  markDelivered(id: string): Promise<void> {
    return this.#transactions.write(() => this.#sql.delete.run(id));
  }

  markFailed(id: string, attempt: number, retryAt: number | null): Promise<void> {
    return this.#transactions.write(() => {
      if (retryAt === null) this.#sql.giveUp.run(id, attempt);
      else this.#sql.retry.run(retryAt, id, attempt);
    });
  }

  forgetEvents(before: number): Promise<number> {
    return this.#transactions.write(() => this.#sql.forget.all(FORGET_BATCH, before).length);
  }

  /** Puts a message about a secret in, in place of an earlier one. Call it inside the transaction that allows it. */
  post(seq: number, message: Message, now: number): void {
    const bytes = encodeUtf8(JSON.stringify(message));
    const padding = paddingFor(bytes.length, this.#pageSize);
    this.#sql.post.run(seq, message.id, message.by, now, message.endsAt, padding, bytes);
  }

  async leaseMessages(
    now: number,
    limit: number,
    leaseMs: number,
    by: readonly Message['by'][],
  ): Promise<readonly LeasedMessage[]> {
    const ways = JSON.stringify(by);
    const due = this.#transactions.read(() => this.#sql.dueMessages.all(now, ways, limit));
    if (due.length === 0) return [];
    return this.#transactions.write(() => {
      this.#sql.forgetMessages.run(now);
      return due.flatMap(({ seq }) =>
        this.#sql.leaseMessage.all(now + leaseMs, seq, now).map(({ message, attempt }) => {
          return { ...(JSON.parse(decodeUtf8(bytesOf(message))) as Message), attempt };
        }),
      );
    });
  }

  markSent(id: string): Promise<void> {
    return this.#transactions.write(() => this.#sql.deleteMessage.run(id));
  }

  markUnsent(id: string, attempt: number, retryAt: number | null): Promise<void> {
    return this.#transactions.write(() => {
      if (retryAt === null) this.#sql.giveUpMessage.run(id, attempt);
      else this.#sql.retryMessage.run(retryAt, id, attempt);
    });
  }

  #due(now: number, limit: number, { hosts, callers }: Excepted): number[] {
    const { due_at, seq } = this.#from;
    const last = this.#sql.place.get(due_at, seq, now, SCAN - 1);
    const end = last ?? { due_at: now, seq: Number.MAX_SAFE_INTEGER };
    const except = [JSON.stringify(hosts), JSON.stringify(callers)] as const;
    const due = this.#sql.due.all(due_at, seq, end.due_at, end.seq, ...except, limit);
    this.#from = (due.length === limit ? due.at(-1) : last) ?? START;
    return due.map((place) => place.seq);
  }
}

function prepareStatements(db: SqliteDatabase) {
  return {
    insert: db.prepare(
      `INSERT INTO outbox (id, name, url, host, caller, body, signature, attempt, appended_at, due_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?)`,
    ),
    /** The place so many due events further on; none if there are fewer. */
    place: db.prepare<Place>(
      `SELECT due_at, seq FROM outbox WHERE (due_at, seq) > (?, ?) AND due_at <= ?
       ORDER BY due_at, seq LIMIT 1 OFFSET ?`,
    ),
    due: db.prepare<Place>(
      `SELECT due_at, seq FROM outbox WHERE (due_at, seq) > (?, ?) AND (due_at, seq) <= (?, ?)
       AND host NOT IN (SELECT value FROM json_each(?)) AND caller NOT IN (SELECT value FROM json_each(?))
       ORDER BY due_at, seq LIMIT ?`,
    ),
    lease: db.prepare<LeasedEvent>(
      `UPDATE outbox SET due_at = ?, attempt = attempt + 1 WHERE seq = ? AND due_at <= ?
       RETURNING id, name, url, host, caller, body, signature, attempt`,
    ),
    post: db.prepare(
      `INSERT OR REPLACE INTO unsent_codes (seq, id, way, attempt, due_at, ends_at, padding, message)
       VALUES (?, ?, ?, 0, ?, ?, zeroblob(?), ?)`,
    ),
    dueMessages: db.prepare<{ seq: number }>(
      `SELECT seq FROM unsent_codes WHERE due_at <= ? AND way IN (SELECT value FROM json_each(?))
       ORDER BY due_at, seq LIMIT ?`,
    ),
    forgetMessages: db.prepare('DELETE FROM unsent_codes WHERE due_at <= ?1 AND ends_at <= ?1'),
    leaseMessage: db.prepare<{ message: Bytes | ArrayBuffer; attempt: number }>(
      `UPDATE unsent_codes SET due_at = ?, attempt = attempt + 1 WHERE seq = ? AND due_at <= ?
       RETURNING message, attempt`,
    ),
    deleteMessage: db.prepare('DELETE FROM unsent_codes WHERE id = ?'),
    giveUpMessage: db.prepare('DELETE FROM unsent_codes WHERE id = ? AND attempt = ?'),
    retryMessage: db.prepare('UPDATE unsent_codes SET due_at = ? WHERE id = ? AND attempt = ?'),
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
