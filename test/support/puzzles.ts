/** Solves puzzles as another program than ours would. */

import { createHash } from 'node:crypto';
import type { PuzzleReply } from '../../src/core/protocol/gates.js';

/** What a `Zephr-Captcha` header has for a puzzle. */
export function solutionOf({ salt, challenge, signature, maxnumber }: PuzzleReply): string {
  for (let number = 0; number <= maxnumber; number += 1) {
    if (createHash('sha256').update(`${salt}${number}`).digest('hex') !== challenge) continue;
    return encodeSolution({ algorithm: 'SHA-256', challenge, number, salt, signature });
  }
  throw new Error('the puzzle has no solution');
}

/** A solution as it travels. */
export function encodeSolution(payload: unknown): string {
  return Buffer.from(JSON.stringify(payload)).toString('base64');
}
