/**
 * Argon2id in a worker. The build (.scripts/web.ts) puts this file in the place of core's argon2id.ts: Argon2id needs
 * WebAssembly, which the page's Content-Security-Policy forbids. The worker's own policy allows it, and nothing else.
 */

import type { Bytes } from '../../core/bytes.js';

/** The URL of the worker's script, relative to the page's script. The build defines it. */
declare const __ZEPHR_ARGON2ID_WORKER__: string;

const WORKER_URL = new URL(__ZEPHR_ARGON2ID_WORKER__, import.meta.url).href;

/** The part of Trusted Types (W3C) that is used here: TypeScript's own library does not declare it yet. */
interface TrustedTypePolicyFactory {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): unknown };
}

const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypePolicyFactory };

/** Lets only the worker's script run. Browsers without Trusted Types take its URL as a plain string. */
const policy = trustedTypes?.createPolicy('zephr', {
  createScriptURL(url) {
    if (url !== WORKER_URL) throw new TypeError('only the Argon2id worker may run');
    return url;
  },
});

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
  // TypeScript's `Worker` takes a string only; a trusted URL is an object.
  const worker = new Worker((policy?.createScriptURL(WORKER_URL) ?? WORKER_URL) as string);
  return new Promise<Bytes>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Bytes>) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(`Argon2id did not run: ${message}`));
    worker.postMessage({ passphrase, salt } satisfies Argon2idRequest);
  }).finally(() => worker.terminate());
}
