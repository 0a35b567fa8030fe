/**
 * What the server asks of a storage engine. Each kind of thing that a store keeps is a noun with a contract of its own
 * in this folder; a store is its nouns, and the few verbs that concern the engine as a whole. A new kind of thing
 * is a new noun here, and a new verb is a method of its noun's contract: the compiler then names every engine that
 * lacks it, while the messages to a store's thread and the metrics follow from these types.
 *
 * The contracts are promises: every engine is held to them by the same tests (test/server/*-contract.ts). Times are
 * milliseconds since 1970 (UTC) and come from the caller, who may ask the engine for them. Every verb rejects with
 * {@link StoreError} when the engine fails, and then nothing has happened.
 */

import { ZephrError } from '../../../core/errors.js';
import type { Channel } from './channel.js';
import type { ChunkStore } from './chunks.js';
import type { KeyStore } from './keys.js';
import type { ListStore } from './lists.js';
import type { Outbox } from './outbox.js';
import type { QuotaStore } from './quotas.js';
import type { RequestStore } from './requests.js';
import type { SecretStore } from './secrets.js';

/**
 * A noun's contract, which the compiler holds to one form: asynchronous verbs and nothing else. That is what lets a
 * store in another thread, and the instrumented store, pass every verb on without knowing its name. Values and results
 * must be such as structured cloning can copy; one of the values may be an AbortSignal.
 */
type Noun<Contract extends Verbs<keyof Contract>> = Contract;
type Verbs<Name extends PropertyKey> = Readonly<Record<Name, (...values: never[]) => Promise<unknown>>>;

/** Everything that a store keeps. */
export interface Nouns {
  readonly secrets: Noun<SecretStore>;
  /** The chunks of files that secrets have, or will have. */
  readonly chunks: Noun<ChunkStore>;
  /** The requests for secrets, and which secrets answer them. */
  readonly requests: Noun<RequestStore>;
  /** What API keys have made. */
  readonly lists: Noun<ListStore>;
  /** How much callers have created. */
  readonly quotas: Noun<QuotaStore>;
  /** The API keys. */
  readonly keys: Noun<KeyStore>;
  /** The webhooks to deliver. */
  readonly outbox: Noun<Outbox>;
}

/** What can be asked of the engine as a whole. */
export interface Engine {
  /**
   * Destroys ciphertext past its end, messages of requests too, and forgets tombstones and counts past theirs, in batches small enough that
   * other callers never wait long. When it resolves, no copy of anything destroyed before the call is left in the
   * engine's files. Once `signal` is aborted it stops after the batch under way.
   */
  purge(now: number, signal?: AbortSignal): Promise<Purged>;

  /**
   * What time it is by a clock of the engine's own, which all processes over the store share, in milliseconds since
   * 1970; `null` where there is none but that of the process's machine.
   */
  time(): Promise<number | null>;

  /** Resolves if the engine answers, and can write as far as that can be told without doing so each time. */
  ping(): Promise<void>;

  /** Finishes what was asked for and lets go of the engine. Nothing may be asked afterwards. */
  close(): Promise<void>;
}

/** A whole store. */
export interface Store extends Nouns, Engine {
  /** Random text, made with the store and kept in it: names callers without keeping their addresses. */
  readonly callerSalt: string;
  /** Between the processes over the store; missing where an engine has none. */
  readonly channel?: Channel | undefined;
}

/** What a purge did. */
export interface Purged {
  /** Ciphertexts destroyed. */
  readonly destroyed: number;
  /** Tombstones forgotten. */
  readonly forgotten: number;
}

/** The names of the verbs that serve requests, which are labels of metrics. If two nouns share one, it does not compile. */
export type RequestVerb = Distinct<
  Distinct<Distinct<keyof SecretStore, keyof KeyStore>, keyof ListStore>,
  Distinct<keyof ChunkStore, keyof RequestStore>
>;
type Distinct<One, Other extends Apart<One, Other>> = One | Other;
type Apart<One, Other> = Extract<Other, One> extends never ? unknown : never;

/** The engine failed: nothing was kept, consumed or destroyed. The cause tells why, to the operator only. */
export class StoreError extends ZephrError {
  override readonly name = 'StoreError';

  constructor(cause: unknown) {
    super('the store does not answer', 'STORE_UNAVAILABLE', { cause });
  }
}

/** The engine has no room for another secret, and keeps what is left for all else. Nothing was kept. */
export class StoreFullError extends ZephrError {
  override readonly name = 'StoreFullError';

  /** @param cause what the engine said, if it was asked. */
  constructor(cause?: unknown) {
    super('the server has no room for another secret', 'STORE_FULL', { cause });
  }
}

/** More is under way than the store can answer in time: this was not passed on to it. Try again in a second. */
export class StoreBusyError extends ZephrError {
  override readonly name = 'StoreBusyError';

  constructor() {
    super('the server is busy: try again', 'SERVER_BUSY');
  }
}
