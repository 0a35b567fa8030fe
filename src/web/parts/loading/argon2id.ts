/**
 * Argon2id in a worker. The build (.scripts/web.ts) puts this file in the place of core's argon2id.ts: Argon2id needs
 * WebAssembly, which the page's Content-Security-Policy forbids. The worker's own policy allows it, and nothing else.
 */

import type { Bytes } from '../../../core/bytes.js';
import { trustedUrl } from './trusted-urls.js';

/** The name of the worker's script, beside the page's script. The build defines it. */
declare const __ZEPHR_ARGON2ID_WORKER__: string;

/** The message that the worker is sent. */
export interface Argon2idRequest {
  readonly passphrase: Uint8Array;
  readonly salt: Uint8Array;
}

/**
 * Derives 32 bytes from a passphrase and its salt. Each call starts a worker and ends it, which frees its 64 MiB.
 * @throws Error when the worker cannot be loaded or run.
 */
export function argon2id(passphrase: Uint8Array, salt: Uint8Array): Promise<Bytes> {
  const worker = new Worker(trustedUrl(__ZEPHR_ARGON2ID_WORKER__));
  return new Promise<Bytes>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Bytes>) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(`Argon2id did not run: ${message}`));
    worker.postMessage({ passphrase, salt } satisfies Argon2idRequest);
  }).finally(() => worker.terminate());
}
