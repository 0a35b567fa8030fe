/** Proofs of the key (PROTOCOL.md section 3): the server knows a hash and is shown what was hashed. */

import { hash, timingSafeEqual } from 'node:crypto';
import { decodeBase64url } from '../core/base64url.js';

/**
 * Whether `proof` is what `proofHash` was made of. Takes the same time whatever the answer.
 * @param proofHash base64url of a SHA-256.
 */
export function isRightProof(proof: Uint8Array, proofHash: string): boolean {
  return timingSafeEqual(hash('sha256', proof, 'buffer'), decodeBase64url(proofHash));
}
