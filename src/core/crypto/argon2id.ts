/**
 * Argon2id (RFC 9106) for passphrases (core/protocol/PROTOCOL.md section 3). It brings a WebAssembly module along, so
 * it is imported only when a passphrase is used.
 */

import { argon2id as hash } from 'hash-wasm';
import type { Bytes } from '../bytes.js';

/** RFC 9106 section 4, the second recommended option: 64 MiB of memory, 3 passes, 4 lanes. */
const COST = { memorySize: 65_536, iterations: 3, parallelism: 4, hashLength: 32 } as const;

/** 32 bytes from a passphrase and its salt. Blocks its thread for some tenths of a second. */
export async function argon2id(passphrase: Uint8Array, salt: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await hash({ ...COST, password: passphrase, salt, outputType: 'binary' }));
}
