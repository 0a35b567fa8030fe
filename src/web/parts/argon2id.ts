/**
 * Takes the place of core's argon2id.ts in the page (.scripts/web.ts). Argon2id needs WebAssembly, which the page's
 * policy does not allow: it runs in a worker, whose own policy allows that and nothing else.
 */

import type { Bytes } from '../../core/bytes.js';

/** The worker's file, put in by the bundler; it lies beside the page's script. */
declare const __ZEPHR_ARGON2ID_WORKER__: string;

const WORKER_URL = new URL(__ZEPHR_ARGON2ID_WORKER__, import.meta.url).href;

/** The part of Trusted Types (W3C) that is used here: TypeScript's own library does not have it yet. */
interface TrustedTypePolicyFactory {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): unknown };
}

const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypePolicyFactory };

/** Lets nothing run but the worker, where the browser knows Trusted Types; others take its URL as it is. */
const policy = trustedTypes?.createPolicy('zephr', {
  createScriptURL(url) {
    if (url !== WORKER_URL) throw new TypeError('only the Argon2id worker may run');
    return url;
  },
});

/** What the worker is sent. */
export interface Argon2idRequest {
  readonly passphrase: Uint8Array;
  readonly salt: Uint8Array;
}

/**
 * 32 bytes from a passphrase and its salt. The worker and its 64 MiB last for one of them.
 * @throws Error when the worker cannot be loaded or run.
 */
export function argon2id(passphrase: Uint8Array, salt: Uint8Array): Promise<Bytes> {
  // Trusted or not, it is a string to TypeScript.
  const worker = new Worker((policy?.createScriptURL(WORKER_URL) ?? WORKER_URL) as string);
  return new Promise<Bytes>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Bytes>) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(`Argon2id did not run: ${message}`));
    worker.postMessage({ passphrase, salt } satisfies Argon2idRequest);
  }).finally(() => worker.terminate());
}
