/**
 * The channel between the servers over one database: PostgreSQL's LISTEN and NOTIFY, on one connection a server, which
 * is opened when the first request waits. A notice is sent after the commit that it tells of and not in it: commits
 * with a notice wait for each other, all over the database.
 */

import { hash, randomUUID } from 'node:crypto';
import { type Channel, type ChannelListener, MAX_NAME_LENGTH } from '../../contracts/channel.js';
import { StoreError } from '../../contracts/store.js';
import { type Driver, openDriver, type PostgresPool, statement } from './pool.js';

export const NOTIFY = statement<[channel: string, text: string], never>('SELECT pg_notify($1, $2)');

/** A notice takes less than 8,000 bytes. */
const NAMES = Math.floor(7_900 / (MAX_NAME_LENGTH + 1));

/** From a broken connection to the next try, in milliseconds. */
const RETRY_MS = 1_000;

/** A {@link Channel} by way of PostgreSQL. */
export class PostgresChannel implements Channel {
  readonly #pool: PostgresPool;
  readonly #address: string;
  readonly #name: string;
  /** What stands before the names in notices of this process, which knows of them already. */
  readonly #sender = randomUUID();
  #driver: Driver | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /**
   * @param pool sends the notices.
   * @param address of the database, for the connection that listens.
   * @param callerSalt of the store: other programs of the same database do not know it, and cannot make out the
   *   channel's name.
   */
  constructor(pool: PostgresPool, address: string, callerSalt: string) {
    this.#pool = pool;
    this.#address = address;
    this.#name = `zephr_${hash('sha256', `channel ${callerSalt}`, 'hex').slice(0, 32)}`;
  }

  async listen(listener: ChannelListener): Promise<void> {
    try {
      await this.#connect(listener);
    } catch (error) {
      this.#retry(listener);
      throw new StoreError(error);
    }
  }

  async send(names: readonly string[]): Promise<void> {
    for (let from = 0; from < names.length; from += NAMES) {
      const text = [this.#sender, ...names.slice(from, from + NAMES)].join(' ');
      await this.#pool.query(NOTIFY, this.#name, text);
    }
  }

  /** Listens no more, and lets go of the connection. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#driver?.end({ timeout: 1 });
  }

  async #connect(listener: ChannelListener): Promise<void> {
    let isListening = false;
    const lost = () => {
      if (!isListening) return;
      isListening = false;
      void driver.end({ timeout: 0 });
      this.#retry(listener);
    };
    const changed = (_: string, text: string) => {
      const [sender, ...names] = text.split(' ');
      if (sender !== this.#sender) listener.changed(names);
    };
    const driver = openDriver(this.#address, 1, {}, lost, changed);
    this.#driver = driver;
    try {
      await driver.unsafe(`LISTEN "${this.#name}"`);
      isListening = true;
    } catch (error) {
      void driver.end({ timeout: 0 });
      throw error;
    }
  }

  /** Connects again, as often as it takes. */
  #retry(listener: ChannelListener): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#connect(listener).then(listener.missed, () => this.#retry(listener));
    }, RETRY_MS).unref();
  }
}
