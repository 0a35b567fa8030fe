/** Calls of a store as the holder of the key of a secret that `newSecret` made. */

import type { ShownProofs } from '../../src/server/store/contracts/proofs.js';
import type {
  Reading,
  ReadOutcome,
  Revocation,
  SecretRecord,
} from '../../src/server/store/contracts/secrets.js';
import type { Store } from '../../src/server/store/contracts/store.js';
import { PROOF_HASH } from './new-secret.js';

/** What the holder of the key shows. */
export const RIGHT: ShownProofs = { proofHash: PROOF_HASH, linkProofHash: null };

/** What somebody without it shows. */
export const WRONG: ShownProofs = { proofHash: 'w'.repeat(43), linkProofHash: null };

type Secrets = Pick<Store, 'secrets'>;

/** Consumes a view. @returns `null` if there is nothing to read. */
export async function take(
  { secrets }: Secrets,
  id: string,
  claim: string | null,
  now: number,
): Promise<Reading | null> {
  const read = await plain(secrets.consume(id, claim, RIGHT, now));
  if (read.outcome === 'consumed') {
    const { outcome, ...reading } = read;
    return reading;
  }
  if (read.outcome === 'gone' || read.outcome === 'unknown') return null;
  throw new Error(`the right key was refused: ${read.outcome}`);
}

/** Bytes as a text of as many characters, which is compared much faster than an array of numbers. */
export const latin1 = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString('latin1');

/** A read's outcome with its bytes in a plain Uint8Array, as tests compare them: some drivers give a Buffer. */
export async function plain(reading: Promise<ReadOutcome>): Promise<ReadOutcome> {
  const read = await reading;
  return read.outcome === 'consumed' ? { ...read, blob: new Uint8Array(read.blob) } : read;
}

/** The record of a secret, or `null` if the id is unknown. */
export async function recordOf({ secrets }: Secrets, id: string, now: number): Promise<SecretRecord | null> {
  const found = await secrets.status(id, RIGHT, now);
  if (found.outcome === 'unknown') return null;
  if (found.outcome !== 'found') throw new Error(`the right key was refused: ${found.outcome}`);
  const { outcome, ...record } = found;
  return record;
}

/** Revokes a secret. @returns what that found. */
export async function revoke(
  { secrets }: Secrets,
  id: string,
  now: number,
): Promise<Revocation['outcome'] | 'unknown'> {
  const { outcome } = await secrets.revoke(id, RIGHT, now);
  if (['revoked', 'consumed', 'expired', 'unknown'].includes(outcome)) {
    return outcome as Revocation['outcome'] | 'unknown';
  }
  throw new Error(`the right key was refused: ${outcome}`);
}
