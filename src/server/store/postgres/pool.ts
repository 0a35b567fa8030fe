/**
 * Connections to PostgreSQL: a bounded number, and a bounded number of operations that wait for them. Statements are
 * prepared once a connection, and sent down a busy one without waiting for the answer to the one before.
 */

import postgres, { type Sql } from 'postgres';
import { StoreError } from '../contracts/store.js';
import { postgresSockets } from './socket.js';
import type { PostgresValue, Statement } from './statements.js';
import { tlsFor } from './tls.js';

/** What bounds a pool. */
export interface PoolLimits {
  /** Connections. */
  readonly connections: number;
  /** Operations under way or waiting; one more is refused at once. */
  readonly operations: number;
  /** How long one may take, waiting included, in milliseconds. After that the connections are taken for dead. */
  readonly patienceMs: number;
}

/** Of each session. The limits, in milliseconds, are shorter than anybody's patience, so that answers come first. */
export const SESSION: Session = {
  // Every statement is made for an index. Tables that fill and empty all day make PostgreSQL's idea of their size
  // wrong, and then it would read the whole of one.
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  // What an operator may have turned off: an answer comes after the commit is on disk.
  synchronous_commit: 'on',
  lock_timeout: 5_000,
  statement_timeout: 8_000,
  idle_in_transaction_session_timeout: 8_000,
};

/** Seconds until a connection must stand. */
const CONNECT_TIMEOUT = 5;

/** What every session is told. The statements are made for this isolation level. */
const BASICS: Session = { application_name: 'zephr', default_transaction_isolation: 'read committed' };

/** The driver's numbers for PostgreSQL's BIGINT, which holds times here: they fit a double for 285,000 years. */
const BIGINT = { to: 20, from: [20], parse: Number, serialize: String };

/** The driver, as this store uses it. */
export type Driver = Sql<{ bigint: number }>;

/** Parameters of a session, as PostgreSQL's SET knows them. */
type Session = Partial<postgres.ConnectionParameters>;

/**
 * The driver for `address`, which connects when it is asked something.
 * @param session parameters of its sessions besides those that the address holds, which come first.
 */
export function openDriver(
  address: string,
  connections: number,
  session: Session,
  onclose: () => void = () => undefined,
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
    socket: sockets.connect,
  };
  // Asked only for what the address and the environment say about TLS: it has not connected.
  const { options: parsed } = postgres(address, options);
  const driver = postgres(address, { ...options, ssl: tlsFor(parsed) });
  const { end } = driver;
  // The driver leaves alone what was still connecting, or is never answered: that would keep the process alive.
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

  /** Connects when it is asked something, not yet. @param address a `postgres://` URL. */
  constructor(address: string, limits: PoolLimits) {
    this.#address = address;
    this.#limits = limits;
    this.#driver = this.#open();
  }

  /**
   * Runs a statement in a transaction of its own; resolves when that is committed, as durably as PostgreSQL is set
   * to make it.
   * @throws StoreError. Unless its cause has an SQLSTATE of class 22 to 42, it may have been committed nevertheless.
   */
  ask<Values extends PostgresValue[], Row>(
    statement: Statement<Values, Row>,
    ...values: Values
  ): Promise<Row[]> {
    if (this.#underWay.size >= this.#limits.operations) {
      return Promise.reject(new StoreError(new Error('too many operations wait for PostgreSQL')));
    }
    return new Promise((resolve, reject) => {
      const driver = this.#driver;
      const late = setTimeout(
        () => this.#replace(driver, new Error('PostgreSQL did not answer in time')),
        this.#limits.patienceMs,
      );
      const end = () => {
        clearTimeout(late);
        this.#underWay.delete(fail);
      };
      const fail = (reason: unknown) => {
        end();
        reject(new StoreError(reason));
      };
      this.#underWay.add(fail);
      driver.unsafe<Row[]>(statement.text, values, { prepare: true }).then(
        (rows) => {
          end();
          // After a statement that failed halfway the driver leaves that one's rows as holes before the next one's.
          resolve(rows.filter(() => true));
        },
        (error: unknown) => {
          if (!isAnswer(error)) this.#replace(driver, error);
          fail(error);
        },
      );
    });
  }

  /** Lets go of all connections once what is under way has ended. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#driver.end({ timeout: this.#limits.patienceMs / 1000 });
  }

  /**
   * Starts afresh after trouble with one connection: that hardly ever comes alone. The driver would use a connection
   * that broke again, and in some cases mistake what is left of the old one's operations for the new one's
   * (github.com/porsager/postgres, issues 1119, 1130 and 1223). So all that is under way fails, and whatever the old
   * connections may still answer is heard by nobody.
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

/** Whether PostgreSQL refused a statement and went on. Anything else means that the connection is lost. */
function isAnswer(error: unknown): boolean {
  return error instanceof postgres.PostgresError && error.severity === 'ERROR';
}
