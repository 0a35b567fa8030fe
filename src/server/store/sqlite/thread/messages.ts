/** What the process's first thread and the one with the store tell each other. */

import { ZephrError } from '../../../../core/errors.js';
import type { KeyStore } from '../../contracts/keys.js';
import type { Outbox } from '../../contracts/outbox.js';
import { type Purged, type Store, StoreError } from '../../contracts/store.js';

/** What a thread is started for, and on which file. */
export interface ThreadStart {
  readonly work: 'store' | 'checkpoints';
  readonly path: string;
  /** Kept by the store if it is new. */
  readonly newCallerSalt: string;
}

/** All that a store can be asked, its outbox and its keys included. */
export interface Verbs
  extends Pick<
      Store,
      | 'create'
      | 'find'
      | 'take'
      | 'acknowledge'
      | 'revoke'
      | 'recordProofAttempt'
      | 'counts'
      | 'ping'
      | 'close'
    >,
    Outbox,
    KeyStore {
  purge(now: number): Promise<Purged>;
  /** Stands for the signal of {@link Store.purge}, which no message can hold. */
  stopPurging(): Promise<void>;
}

export type Verb = keyof Verbs;

/** A question; its answer has the same number. */
export interface Ask {
  readonly number: number;
  readonly verb: Verb;
  readonly values: readonly unknown[];
}

export type Answer =
  | { readonly number: number; readonly value: unknown }
  | { readonly number: number; readonly failure: Failure };

/** The first message of the thread: the store's salt, or why there is no store. */
export type Opened = { readonly callerSalt: string } | { readonly failure: Failure };

/** An error. What structured cloning makes of one has lost its class and its codes. */
export interface Failure {
  readonly kind: 'StoreError' | 'ZephrError' | 'Error';
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  /** Of a ZephrError, of the system, and of SQLite, by either driver. */
  readonly codes: Readonly<Record<string, string | number>>;
  readonly cause: Failure | undefined;
}

/** Takes an error apart, for {@link errorOf} to put it together in the other thread. */
export function failureOf(error: unknown): Failure {
  const { name, message, stack = '', cause } = error instanceof Error ? error : new Error(String(error));
  return {
    kind: error instanceof StoreError ? 'StoreError' : error instanceof ZephrError ? 'ZephrError' : 'Error',
    name,
    message,
    stack,
    codes: codesOf(error),
    cause: cause === undefined ? undefined : failureOf(cause),
  };
}

/** The error that {@link failureOf} took apart. */
export function errorOf({ kind, name, message, stack, codes, cause }: Failure): Error {
  const reason = cause === undefined ? undefined : errorOf(cause);
  const error =
    kind === 'StoreError'
      ? new StoreError(reason)
      : kind === 'ZephrError'
        ? new ZephrError(message, String(codes.code), { cause: reason })
        : Object.assign(new Error(message, { cause: reason }), { name });
  return Object.assign(error, codes, { stack });
}

function codesOf(error: unknown): Record<string, string | number> {
  const { code, errcode, rawCode } = Object(error) as Record<string, unknown>;
  const known = Object.entries({ code, errcode, rawCode }).filter(
    (entry): entry is [string, string | number] => ['string', 'number'].includes(typeof entry[1]),
  );
  return Object.fromEntries(known);
}
