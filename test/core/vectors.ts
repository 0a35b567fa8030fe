/** The known-answer vectors of the protocol, typed. */

import { readFileSync } from 'node:fs';
import { decodeBase64url } from '../../src/core/base64url.js';
import type { Bytes } from '../../src/core/bytes.js';

interface V1 {
  readonly seal: readonly {
    readonly name: string;
    readonly key: string;
    readonly iv: string;
    readonly plaintext_b64u: string;
    readonly encrypted_blob: string;
  }[];
  readonly refuse: readonly Refusal[];
  readonly refuse_key_strings: readonly string[];
}

interface Refusal {
  readonly name: string;
  readonly key: string;
  readonly encrypted_blob: string;
}

interface V2 {
  readonly seal: readonly V2Seal[];
  readonly refuse: readonly Refusal[];
  readonly refuse_multi_chunk: { readonly key: string; readonly damage: readonly string[] };
  /** Length, padme of it, and a frame of it with its zeros. */
  readonly padme: readonly (readonly [number, number, number])[];
}

interface V2Seal {
  readonly name: string;
  readonly key: string;
  readonly passphrase?: string;
  readonly proof: string;
  readonly proof_hash: string;
  readonly link_proof?: string;
  readonly link_proof_hash?: string;
  readonly frame_bytes: number;
  /** The exact JSON. */
  readonly meta?: string;
  readonly content_b64u?: string;
  readonly content_bytes?: number;
  readonly encrypted_blob?: string;
  readonly encrypted_blob_chars?: number;
  readonly encrypted_blob_sha256?: string;
}

interface Files {
  readonly seal: readonly {
    readonly name: string;
    readonly key: string;
    readonly proof_hash: string;
    readonly content_b64u: string;
    /** The exact JSON. */
    readonly meta: string;
    /** The stream's bytes, padding included. */
    readonly stream_bytes: number;
    readonly encrypted_blob: string;
    readonly chunk_bytes: readonly number[];
    readonly chunk_sha256: readonly string[];
    readonly chunk_0_b64u?: string;
  }[];
  /** What a reader refuses, in words. */
  readonly refuse: readonly string[];
}

interface Requests {
  readonly requests: readonly {
    readonly name: string;
    readonly id: string;
    readonly S: string;
    readonly request_key: string;
    readonly collect_key: string;
    readonly public_key: string;
    readonly proof: string;
    readonly receipt: string;
    /** The exact JSON, or nothing. */
    readonly message_meta: string;
    readonly info: string;
    readonly sealed_message: string;
    readonly answer: { readonly K: string; readonly ephemeral_ikm: string; readonly wrapped_key: string };
  }[];
  readonly refuse: readonly {
    readonly name: string;
    readonly id?: string;
    readonly collect_key?: string;
    readonly request_key?: string;
    readonly public_key?: string;
    readonly sealed_message?: string;
    readonly wrapped_key?: string;
  }[];
}

export const requests = load<Requests>('requests.json');
export const files = load<Files>('files.json');
export const v1 = load<V1>('v1.json');
export const v2 = load<V2>('v2.json');

/** The rule of the vectors whose content is not written out. */
export function ruledBytes(length: number, file = 0): Bytes {
  return new Uint8Array(length).map((_, index) => (7 * index + 3 + file) % 251);
}

export function contentOf(vector: V2Seal): Bytes {
  return vector.content_b64u === undefined
    ? ruledBytes(vector.content_bytes ?? Number.NaN)
    : decodeBase64url(vector.content_b64u);
}

function load<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8'));
}
