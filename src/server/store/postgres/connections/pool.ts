/**
 * Connections to PostgreSQL: a bounded number, and a bounded number of operations that wait for them. Statements are
 * prepared once a connection, and sent down a busy one without waiting for the answer to the one before.
 */

import type { Writable } from 'node:stream';
import postgres, { type Sql, type TransactionSql } from 'postgres';
import type { Bytes } from '../../../../core/bytes.js';
import { StoreError, StoreFullError } from '../../contracts/store.js';
import { postgresSockets } from './socket.js';
import { tlsFor } from './tls.js';

/** What a statement can be given. */
export type PostgresValue = string | number | boolean | Uint8Array | null;

/** The text of a statement, and the types of the values it takes and of the rows it returns. */
export interface Statement<Values extends PostgresValue[], Row> {
  readonly text: string;
  /** Never set: they only carry the types. */
  readonly values?: Values;
  readonly row?: Row;
}

/** Sends a statement. */
export type Send = <Values extends PostgresValue[], Row>(
  statement: Statement<Values, Row>,
  ...values: Values
) => Promise<Row[]>;

/**
 * Sends a COPY from STDIN, and what is to be copied, in PostgreSQL's binary format: as parameters of a statement, the
 * driver would send bytes as hexadecimal text. It resolves when all is sent: only a statement after it, in the same
 * transaction, tells whether it was taken.
 */
export type Copy = (text: string, pieces: readonly Uint8Array[]) => Promise<void>;

/** Thrown by the work of a transaction to undo it, where nothing is wrong with the connection. */
export class RolledBack extends Error {
  override readonly name = 'RolledBack';

  constructor() {
    super('the transaction was rolled back');
  }
}

/** What bounds a pool. */
export interface PoolLimits {
  /** Connections. */
  readonly connections: number;
  /** Operations under way or waiting; one more is refused at once. */
  readonly operations: number;
  /** How long one may take, waiting included, in milliseconds. After that the connections count as dead. */
  readonly patienceMs: number;
}

/** How an operation stands. */
export interface Progress {
  readonly over: boolean;
}

/**
 * Parameters of a pool's sessions. The limits, in milliseconds, are shorter than `patienceMs`, so that PostgreSQL's own
 * error comes before the pool gives up.
 */
export const SESSION: Session = {
  // Every statement is written for an index. Tables that fill and empty all day spoil PostgreSQL's estimate of their
  // size, and then it would read a whole one.
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  // An answer comes after the commit is on disk, also where an operator has turned that off.
  synchronous_commit: 'on',
  lock_timeout: 5_000,
  statement_timeout: 8_000,
  idle_in_transaction_session_timeout: 8_000,
};

/** Seconds until a connection must stand. */
const CONNECT_TIMEOUT = 5;

/** Parameters of every session, also of the one that makes the tables. All SQL is written for this isolation level. */
const BASICS: Session = { application_name: 'zephr', default_transaction_isolation: 'read committed' };

/** The driver's numbers for PostgreSQL's BIGINT, which holds times here: they fit a double for 285,000 years. */
const BIGINT = { to: 20, from: [20], parse: Number, serialize: String };

/** A statement with this text. Values stand for `$1`, `$2` and so on, in the order of `Values`. */
export function statement<Values extends PostgresValue[], Row>(text: string): Statement<Values, Row> {
  return { text };
}

/** The driver, as this store uses it. */
export type Driver = Sql<{ bigint: number }>;

/** A transaction of it. */
type Transaction = TransactionSql<{ bigint: number }>;

/** Parameters of a session, as PostgreSQL's SET knows them. */
type Session = Partial<postgres.ConnectionParameters>;

/**
 * The driver for `address`, which connects at the first query.
 * @param session parameters of its sessions besides those that the address holds, which come first.
 * @param onclose called when a connection has ended.
 * @param onnotify called with the channel and the text of each notice of a channel that a connection listens to.
 */
export function openDriver(
  address: string,
  connections: number,
  session: Session,
  onclose: () => void = () => undefined,
  onnotify: (channel: string, text: string) => void = () => undefined,
): Driver {
  const sockets = postgresSockets();
  const options = {
    max: connections,
    connect_timeout: CONNECT_TIMEOUT,
    max_lifetime: null,
    fetch_types: false,
    types: { bigint: BIGINT },
    connection: { ...BASICS, ...session },
    onnotice: () => undefined,
    onclose,
    // Not among the driver's types. Its own `listen` gives up for good once it cannot reconnect.
    onnotify,
    socket: sockets.connect,
  };
  // Made only to read what the address and the environment say about TLS: it does not connect.
  const { options: parsed } = postgres(address, options);
  const driver = postgres(address, { ...options, ssl: tlsFor(parsed) });
  const { end } = driver;
  // The driver forgets sockets that are still connecting, or never answered: they would keep the process alive.
  driver.end = async (how) => {
    await end(how);
    sockets.destroy();
  };
  return driver;
}

/** A pool of connections to one database. */
export class PostgresPool {
  readonly #address: string;
  readonly #limits: PoolLimits;
  /** What ends each operation under way. */
  readonly #underWay = new Set<(reason: unknown) => void>();
  #driver: Driver;
  #closing = false;
  /** Called whenever nothing is under way. */
  #idle: () => void = () => undefined;

  /** Connects at the first query. @param address a `postgres://` URL. */
  constructor(address: string, limits: PoolLimits) {
    this.#address = address;
    this.#limits = limits;
    this.#driver = this.#open();
  }

  /**
   * Runs a statement in a transaction of its own, as an operation; resolves when that is committed, as durably as the
   * settings of PostgreSQL make it.
   * @throws StoreError. Unless its cause has an SQLSTATE of class 22 to 42, it may have been committed nevertheless.
   */
  query<Values extends PostgresValue[], Row>(
    statement: Statement<Values, Row>,
    ...values: Values
  ): Promise<Row[]> {
    return this.operation(() => this.send(statement, ...values));
  }

  /**
   * Runs `work` as one operation. It is refused at once when too many are under way, and fails when it takes too long
   * or the connections are replaced, whatever becomes of its work.
   * @param work is told, as time goes on, whether the operation is over: then there is no use in beginning anything.
   */
  operation<T>(work: (progress: Progress) => Promise<T>): Promise<T> {
    if (this.#underWay.size >= this.#limits.operations) {
      return Promise.reject(new StoreError(new Error('too many operations wait for PostgreSQL')));
    }
    return new Promise((resolve, reject) => {
      const driver = this.#driver;
      const progress = { over: false };
      const late = setTimeout(
        () => this.#replace(driver, new Error('PostgreSQL did not answer in time')),
        this.#limits.patienceMs,
      );
      const end = () => {
        progress.over = true;
        clearTimeout(late);
        this.#underWay.delete(fail);
        if (this.#underWay.size === 0) this.#idle();
      };
      const fail = (reason: unknown) => {
        end();
        reject(reason instanceof StoreError ? reason : new StoreError(reason));
      };
      this.#underWay.add(fail);
      work(progress).then((result) => {
        end();
        resolve(result);
      }, fail);
    });
  }

  /** What {@link query} does, for the work of operations: it is neither counted nor bounded in time. */
  send<Values extends PostgresValue[], Row>(
    statement: Statement<Values, Row>,
    ...values: Values
  ): Promise<Row[]> {
    const driver = this.#driver;
    return driver.unsafe<Row[]>(statement.text, values, { prepare: true }).then(
      // After a statement that failed halfway, the driver leaves holes in the next one's rows, before its own.
      (rows) => rows.filter(() => true),
      (error: unknown) => {
        if (!isAnswer(error)) this.#replace(driver, error);
        throw new StoreError(error);
      },
    );
  }

  /**
   * The bytes that a SELECT of one column of them gives, a row each, as an operation. They come as they are, where the
   * driver would have PostgreSQL send hexadecimal text: only the rows of a binary cursor that is asked by text alone come
   * like that, and so the SELECT has its values in its text.
   * @throws StoreError as {@link query} does.
   */
  bytes(select: string): Promise<Bytes[]> {
    return this.operation(async () => {
      const driver = this.#driver;
      const text = `DECLARE bytes NO SCROLL BINARY CURSOR FOR ${select}; FETCH ALL FROM bytes`;
      try {
        // A result for each of the statements, though the driver's types know of one.
        const results: readonly unknown[] = await driver.unsafe(text).simple().raw();
        const rows = results[1] as readonly (readonly Bytes[])[];
        return rows.flatMap(([bytes]) => (bytes === undefined ? [] : [bytes]));
      } catch (error) {
        if (!isAnswer(error)) this.#replace(driver, error);
        throw new StoreError(error);
      }
    });
  }

  /**
   * Runs `work` in one transaction, as an operation. It is rolled back if `work` rejects.
   * @param work is given what sends a statement in it, and what copies bytes into a table.
   * @throws StoreError as {@link query} does; its cause is a {@link RolledBack} that `work` has thrown.
   */
  transaction<T>(work: (send: Send, copy: Copy) => Promise<T>): Promise<T> {
    return this.operation(async () => {
      const driver = this.#driver;
      let failure: StoreError | undefined;
      const sending = (sql: Transaction): Send => {
        return async <Values extends PostgresValue[], Row>(
          { text }: Statement<Values, Row>,
          ...values: Values
        ) => {
          try {
            return (await sql.unsafe<Row[]>(text, values, { prepare: true })).filter(() => true);
          } catch (error) {
            failure = new StoreError(error);
            throw failure;
          }
        };
      };
      const copying = (sql: Transaction): Copy => {
        return async (text, pieces) => {
          try {
            await send(await sql.unsafe(text).writable(), pieces);
          } catch (error) {
            failure = new StoreError(error);
            throw failure;
          }
        };
      };
      let result: { readonly of: T } | undefined;
      try {
        await driver.begin(async (sql) => {
          result = { of: await work(sending(sql), copying(sql)) };
        });
      } catch (error) {
        const cause = failure?.cause ?? error;
        if (!(isAnswer(cause) || cause instanceof RolledBack)) this.#replace(driver, cause);
        throw failure ?? new StoreError(error);
      }
      if (result === undefined) throw new StoreError(new Error('a transaction was not run'));
      return result.of;
    });
  }

  /** Lets go of all connections once what is under way has ended. */
  async close(): Promise<void> {
    if (this.#underWay.size > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    this.#closing = true;
    await this.#driver.end({ timeout: this.#limits.patienceMs / 1000 });
  }

  /**
   * Replaces all connections after trouble with one, which hardly ever comes alone. The driver would reconnect the
   * broken one, and in some cases mistake what is left of the old connection's operations for the new one's
   * (github.com/porsager/postgres, issues 1119, 1130 and 1223). So all that is under way fails, and answers that the
   * old connections may still give are dropped.
   */
  #replace(driver: Driver, reason: unknown): void {
    if (driver !== this.#driver || this.#closing) return;
    this.#driver = this.#open();
    for (const fail of [...this.#underWay]) fail(reason);
    void driver.end({ timeout: 0 });
  }

  #open(): Driver {
    const lost = () => this.#replace(driver, new Error('PostgreSQL closed a connection'));
    const driver = openDriver(this.#address, this.#limits.connections, SESSION, lost);
    return driver;
  }
}

/** Whether PostgreSQL rejected a statement and goes on. Any other error means that the connection is lost. */
export function isAnswer(error: unknown): boolean {
  return error instanceof postgres.PostgresError && error.severity === 'ERROR';
}

/** Writes all of it to a stream of the driver, and ends that. */
async function send(to: Writable, pieces: readonly Uint8Array[]): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    to.on('error', reject);
    let left = pieces.length;
    for (const piece of pieces) {
      to.write(piece, () => {
        left -= 1;
        if (left === 0) resolve();
      });
    }
  });
  to.end();
  // The driver never says that the stream has finished where PostgreSQL refuses what came; it ends it in this turn.
  await new Promise<void>((resolve) => void setImmediate(resolve));
}

/** SQLSTATEs of a full disk, of a broken unique index, and of two transactions that wait for each other. */
const DISK_FULL = '53100';
const UNIQUE_VIOLATION = '23505';
const DEADLOCK = '40P01';

/** Whether PostgreSQL found no room on the disk of its tables. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof StoreError && Object(error.cause).code === DISK_FULL;
}

/** Whether PostgreSQL ended a transaction that others waited for, as it waited for them. */
export function isDeadlock(error: unknown): boolean {
  return error instanceof StoreError && Object(error.cause).code === DEADLOCK;
}

/** The name of the unique index that a statement would have broken, or `null` for any other error. */
export function uniqueViolation(error: unknown): string | null {
  if (!(error instanceof StoreError) || !(error.cause instanceof Error)) return null;
  const { code, constraint_name: index } = error.cause as { code?: unknown; constraint_name?: unknown };
  return code === UNIQUE_VIOLATION ? String(index) : null;
}

/** What `creating` comes to, with StoreFullError where PostgreSQL found no room on the disk of its tables. */
export async function orStoreFull<Outcome>(creating: Promise<Outcome>): Promise<Outcome> {
  try {
    return await creating;
  } catch (error) {
    throw isDiskFull(error) ? new StoreFullError(error) : error;
  }
}
