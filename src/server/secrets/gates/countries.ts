/** Which country an address is in, by a file of the operator's in the MaxMind DB format. */

import { readFile, stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import { type CountryResponse, Reader } from 'mmdb-lib';
import { errorCode, ZephrError } from '../../../core/errors.js';
import { plainAddress } from '../../../net/address-lists.js';
import { describeError, type Log } from '../../telemetry/log.js';

/** How often it is looked whether the file has changed, in milliseconds. */
const PERIOD_MS = 10_000;

/** A file of countries, which is read again when it changes. */
export class Countries {
  readonly #path: string;
  readonly #log: Log;
  #reader: Reader<CountryResponse>;
  /** What tells this file from the one that comes after it. */
  #version: string;
  /** Whether it has turned out that the file cannot be read everywhere. */
  #isDamaged = false;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();

  /**
   * Opens a file.
   * @throws ZephrError `GEOIP_NOT_READABLE`, `GEOIP_NOT_USABLE`.
   */
  static async open(path: string, log: Log, periodMs = PERIOD_MS): Promise<Countries> {
    return new Countries(path, log, await load(path), periodMs);
  }

  private constructor(path: string, log: Log, { reader, version }: Loaded, periodMs: number) {
    this.#path = path;
    this.#log = log;
    this.#reader = reader;
    this.#version = version;
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(() => this.look());
    }, periodMs).unref();
  }

  /** The country of an IP address, by ISO 3166-1 alpha-2; null where the file does not know it. */
  countryOf(address: string): string | null {
    const plain = plainAddress(address);
    // The reader takes the first bits of an IPv6 address for those of an IPv4 address, where the file has none but such.
    const isCovered = plain !== null && (isIP(plain) === 4 || this.#reader.metadata.ipVersion === 6);
    return isCovered ? this.#find(plain) : null;
  }

  /** What the file says of an address; a place of it that is damaged says nothing. */
  #find(address: string): string | null {
    try {
      const code: unknown = this.#reader.get(address)?.country?.iso_code;
      return typeof code === 'string' ? code : null;
    } catch (error) {
      // Once for each file: everybody whose address is there comes to it.
      if (!this.#isDamaged) this.#log.error('geoip damaged', describeError(error));
      this.#isDamaged = true;
      return null;
    }
  }

  /** Reads the file again if it has changed. One that cannot be used is logged, and the one before it stays. */
  async look(): Promise<void> {
    try {
      const version = await versionOf(this.#path);
      if (version === this.#version) return;
      // One that cannot be used is tried once.
      this.#version = version;
      this.#reader = (await load(this.#path)).reader;
      this.#isDamaged = false;
      this.#log.info('geoip read again');
    } catch (error) {
      this.#log.error('geoip not read again', describeError(error));
    }
  }

  /** Looks no more. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }
}

interface Loaded {
  readonly reader: Reader<CountryResponse>;
  readonly version: string;
}

async function load(path: string): Promise<Loaded> {
  let bytes: Buffer;
  let version: string;
  try {
    // The time first: a change while it is read is then found the next time.
    version = await versionOf(path);
    bytes = await readFile(path);
  } catch (cause) {
    const reason = errorCode(cause) ?? 'unknown';
    throw new ZephrError(`the file of countries cannot be read (${reason})`, 'GEOIP_NOT_READABLE', { cause });
  }
  try {
    const reader = new Reader<CountryResponse>(bytes);
    if (/Country|City|Enterprise/i.test(reader.metadata.databaseType)) return { reader, version };
  } catch (cause) {
    throw notUsable(cause);
  }
  throw notUsable(undefined);
}

function notUsable(cause: unknown): ZephrError {
  return new ZephrError('the file of countries is no MaxMind DB with countries', 'GEOIP_NOT_USABLE', {
    cause,
  });
}

async function versionOf(path: string): Promise<string> {
  const { mtimeMs, size, ino } = await stat(path);
  return [mtimeMs, size, ino].join(' ');
}
