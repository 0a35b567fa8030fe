/**
 * What the process's first thread and the one with the store send each other. The messages hold the names of nouns and
 * verbs as text: a new verb needs no change here.
 */

import { MessageChannel } from 'node:worker_threads';
import { ZephrError } from '../../../../core/errors.js';
import { type Nouns, StoreError, StoreFullError } from '../../contracts/store.js';

/** What a thread is started for, and on which file. */
export interface ThreadStart {
  readonly work: 'store' | 'checkpoints';
  readonly path: string;
  /** Kept by the store if it is new. */
  readonly newCallerSalt: string;
}

/** A verb to call; the result has the same number. */
export interface Call {
  readonly number: number;
  /** `null` for a verb of the engine as a whole. */
  readonly noun: keyof Nouns | null;
  readonly verb: string;
  readonly values: readonly unknown[];
  /** Which of the values is an AbortSignal, which no message can hold; -1 for none. An {@link Abort} aborts it. */
  readonly signalAt: number;
}

/** Aborts the signal of the call with this number. */
export interface Abort {
  readonly abort: number;
}

/** What a call resolved with, or why it was rejected. */
export type Result =
  | { readonly number: number; readonly value: unknown }
  | { readonly number: number; readonly error: SerializedError };

/** The first message of the thread: the store's salt, or why there is no store. */
export type Opened = { readonly callerSalt: string } | { readonly error: SerializedError };

/** An error as a message holds it: structured cloning would lose its class and its codes. */
export interface SerializedError {
  readonly kind: keyof typeof KINDS | 'Error';
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  /** Of a ZephrError, of the system, and of SQLite, by either driver. */
  readonly codes: Readonly<Record<string, string | number>>;
  readonly cause: SerializedError | undefined;
}

/** Bytes from which on handing a buffer over is cheaper than copying it. */
const LARGE = 65_536;

/**
 * The buffers that a message can hand over with `value`, and does not have to copy: those of its large byte arrays,
 * where nothing else is in them. They are gone on this side afterwards.
 */
export function transferablesOf(value: unknown): ArrayBuffer[] {
  if (typeof value !== 'object' || value === null) return [];
  const values = value instanceof Uint8Array ? [value] : Object.values(value);
  return values.filter(isLargeAndAlone).map(({ buffer }) => buffer);
}

/** A port that leads nowhere. */
const { port1: nowhere, port2: otherEnd } = new MessageChannel();
otherEnd.close();

/**
 * Frees the large byte arrays of `value` at once, which nobody may use any more. Left to the collector of garbage, the
 * chunks of uploads would be tens of megabytes: it looks at those of a thread only once they are that many.
 */
export function freeLarge(value: unknown): void {
  const buffers = transferablesOf(value);
  if (buffers.length > 0) nowhere.postMessage(null, buffers);
}

function isLargeAndAlone(value: unknown): value is Uint8Array<ArrayBuffer> {
  return (
    value instanceof Uint8Array &&
    value.length >= LARGE &&
    value.buffer instanceof ArrayBuffer &&
    value.length === value.buffer.byteLength
  );
}

/** Takes an error apart, for {@link deserializeError} to put it together in the other thread. */
export function serializeError(error: unknown): SerializedError {
  const { name, message, stack = '', cause } = error instanceof Error ? error : new Error(String(error));
  return {
    kind: kindOf(error),
    name,
    message,
    stack,
    codes: codesOf(error),
    cause: cause === undefined ? undefined : serializeError(cause),
  };
}

/** The error that {@link serializeError} took apart. */
export function deserializeError({ kind, name, message, stack, codes, cause }: SerializedError): Error {
  const reason = cause === undefined ? undefined : deserializeError(cause);
  const error =
    kind === 'Error'
      ? Object.assign(new Error(message, { cause: reason }), { name })
      : KINDS[kind](reason, message, String(codes.code));
  return Object.assign(error, codes, { stack });
}

/** How errors are made again whose class says something. */
const KINDS = {
  StoreError: (cause: unknown) => new StoreError(cause),
  StoreFullError: (cause: unknown) => new StoreFullError(cause),
  ZephrError: (cause: unknown, message: string, code: string) => new ZephrError(message, code, { cause }),
} as const;

function kindOf(error: unknown): SerializedError['kind'] {
  if (error instanceof StoreError) return 'StoreError';
  if (error instanceof StoreFullError) return 'StoreFullError';
  return error instanceof ZephrError ? 'ZephrError' : 'Error';
}

function codesOf(error: unknown): Record<string, string | number> {
  const { code, errcode, rawCode } = Object(error) as Record<string, unknown>;
  const known = Object.entries({ code, errcode, rawCode }).filter(
    (entry): entry is [string, string | number] => ['string', 'number'].includes(typeof entry[1]),
  );
  return Object.fromEntries(known);
}
