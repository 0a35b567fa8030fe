/**
 * What the page runs in workers. The build (.scripts/web.ts) puts this file in the place of core's argon2id.ts, which needs
 * WebAssembly: the page's Content-Security-Policy forbids it, and the worker's own policy allows it and nothing else; and
 * in the place of the client's find-number.ts, so that some hundred thousand hashes leave the page's thread to its visitor.
 */

import type { Puzzle } from '../../../client/gates/find-number.js';
import type { Bytes } from '../../../core/bytes.js';
import { NetworkError } from '../../../core/errors.js';
import { trustedUrl } from './trusted-urls.js';

/** The names of the workers' scripts, beside the page's script. The build defines them. */
declare const __ZEPHR_ARGON2ID_WORKER__: string;
declare const __ZEPHR_PUZZLE_WORKER__: string;

/** The message that the worker for Argon2id is sent. */
export interface Argon2idRequest {
  readonly passphrase: Uint8Array;
  readonly salt: Uint8Array;
}

/**
 * Derives 32 bytes from a passphrase and its salt. Its worker is ended then, which frees its 64 MiB.
 * @throws NetworkError when the worker did not arrive, Error when it did not run.
 */
export function argon2id(passphrase: Uint8Array, salt: Uint8Array): Promise<Bytes> {
  return run<Bytes>(__ZEPHR_ARGON2ID_WORKER__, { passphrase, salt } satisfies Argon2idRequest);
}

/**
 * The number that solves a puzzle; `null` when none does.
 * @throws NetworkError when the worker did not arrive, Error when it did not run; the reason of `signal`.
 */
export function findNumber(puzzle: Puzzle, signal: AbortSignal | undefined): Promise<number | null> {
  return run<number | null>(__ZEPHR_PUZZLE_WORKER__, puzzle, signal);
}

/** Starts a worker, sends it one message, takes one answer, and ends it. */
function run<T>(name: string, message: unknown, signal?: AbortSignal): Promise<T> {
  signal?.throwIfAborted();
  const worker = new Worker(trustedUrl(name));
  return new Promise<T>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<T>) => resolve(data);
    worker.onerror = (event) => reject(failureOf(event, name));
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    worker.postMessage(message);
  }).finally(() => worker.terminate());
}

/** Why a worker failed. An event without a message says that there is no script: what a script throws has one. */
function failureOf({ message }: Partial<ErrorEvent>, name: string): Error {
  return message === undefined
    ? new NetworkError('a part of the page did not arrive', location.host)
    : new Error(`${name} did not run: ${message}`);
}
