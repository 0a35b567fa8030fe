/**
 * Argon2id (RFC 9106) for passphrases (core/protocol/PROTOCOL.md section 3). It brings a WebAssembly module along, so
 * it is imported only when a passphrase is used.
 */

import { argon2id as hash } from 'hash-wasm';
import type { Bytes } from '../bytes.js';
import { ZephrError } from '../errors.js';

/** RFC 9106 section 4, the second recommended option: 64 MiB of memory, 3 passes, 4 lanes. */
const COST = { memorySize: 65_536, iterations: 3, parallelism: 4, hashLength: 32 } as const;

/**
 * 32 bytes from a passphrase and its salt. Blocks its thread for some tenths of a second.
 * @throws ZephrError `NO_WEBASSEMBLY` where WebAssembly is switched off.
 */
export async function argon2id(passphrase: Uint8Array, salt: Uint8Array): Promise<Bytes> {
  if (!('WebAssembly' in globalThis)) {
    throw new ZephrError(
      'a passphrase needs WebAssembly, which is off here: run Node without --jitless, or the browser without lockdown',
      'NO_WEBASSEMBLY',
    );
  }
  return new Uint8Array(await hash({ ...COST, password: passphrase, salt, outputType: 'binary' }));
}
