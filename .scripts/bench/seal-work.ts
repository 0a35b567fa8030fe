/** The operations that `seal.ts` measures, under one key in every process: what one seals, another opens. */

import { unlockKey } from '../../src/core/crypto/key-schedule.js';
import { openStreamV2, sealStreamV2 } from '../../src/core/crypto/seal-v2.js';
import { generateKey } from '../../src/core/key.js';

export const MB = 1_000_000;

export interface Case {
  readonly name: string;
  readonly operation: 'seal' | 'open';
  /** Whether the output is kept, or dropped as it comes. */
  readonly keep: boolean;
}

export const SEAL: Case = { name: 'seal, dropped', operation: 'seal', keep: false };

export const CASES: readonly Case[] = [
  SEAL,
  { name: 'seal, kept', operation: 'seal', keep: true },
  { name: 'open, dropped', operation: 'open', keep: false },
  { name: 'open, kept', operation: 'open', keep: true },
];

const unlocked = await unlockKey(generateKey(2, false, (length) => new Uint8Array(length).fill(7)));

/** Does the operation on `input` and gives its output, chunk by chunk. */
export async function* work({ operation }: Case, input: Uint8Array): AsyncGenerator<Uint8Array> {
  if (operation === 'seal') yield* sealStreamV2([input], input.length, {}, unlocked);
  else yield* (await openStreamV2([input], unlocked)).content;
}
