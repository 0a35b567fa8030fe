/** What will be done with one secret: drawn from the seed before it begins, so that a seed tells the same story. */

import type { Terms } from './history.js';
import type { Random } from './random.js';

/** Somebody who does something with the secret, so many milliseconds after it was created. */
export type Actor = {
  readonly after: number;
} /** Reads as the SDK does, reads again after pauses, and acknowledges or not; then perhaps reads once more. */ & (
  | {
      readonly does: 'retrieve';
      readonly again: readonly number[];
      readonly acknowledges: boolean;
      readonly onceMore: boolean;
    }
  /** Reads without a claim, as clients of version 1 do. */
  | { readonly does: 'take' }
  /** Reads with a wrong key or without one. */
  | { readonly does: 'guess'; readonly proof: 'wrong' | 'none'; readonly times: number }
  | { readonly does: 'revoke' }
  /** Asks for its status. */
  | { readonly does: 'ask' }
);

/** The life of one secret. */
export interface Plan {
  readonly name: string;
  readonly terms: Terms;
  /** Bytes of the secret. */
  readonly size: number;
  /** Which receiver is told. */
  readonly receiver: number;
  /** Copies of the create that arrive at the same time. */
  readonly twins: number;
  /** Whether the same idempotency key is used for another body afterwards. */
  readonly conflict: boolean;
  readonly actors: readonly Actor[];
  /** Milliseconds after the last of them until everything that is left is read. */
  readonly rest: number;
}

/** Draws a life. */
export function drawPlan(name: string, random: Random, receivers: number): Plan {
  const version = random.chance(0.2) ? 1 : 2;
  const views = version === 1 ? 1 : random.pick([1, 1, 1, 2, 2, 3, 5]);
  const minutes = random.pick([1, 1, 2, 5, 15, 60]);
  // Most are short, so that there are many; some last through faults and expiries.
  const patience = random.chance(0.15) ? 6_000 : 40;
  return {
    name,
    terms: { version, views, minutes, callback: random.chance(0.5) },
    size: random.chance(0.02) ? random.whole(10_000, 200_000) : random.whole(1, 300),
    receiver: random.whole(0, receivers - 1),
    twins: random.chance(0.15) ? random.whole(1, 3) : 0,
    conflict: random.chance(0.05),
    actors: drawActors(version, views, patience, random),
    rest: random.whole(0, patience),
  };
}

function drawActors(version: 1 | 2, views: number, patience: number, random: Random): Actor[] {
  // Left alone, to expire or to be found by the last reader.
  if (random.chance(0.12)) return [];
  // Most come at the same time, as in a race.
  const start = random.whole(0, patience);
  const soon = () => start + random.whole(0, random.chance(0.7) ? 10 : patience);
  const readers = Array.from({ length: random.whole(0, views + 1) }, (): Actor => {
    if (random.chance(version === 1 ? 0.6 : 0.15)) return { does: 'take', after: soon() };
    const again = Array.from({ length: random.pick([0, 0, 1, 2]) }, () => random.whole(0, patience));
    const [acknowledges, onceMore] = [random.chance(0.6), random.chance(0.3)];
    return { does: 'retrieve', after: soon(), again, acknowledges, onceMore };
  });
  if (version === 1) return readers;
  const others: Actor[] = [];
  if (random.chance(0.25)) {
    const times = random.chance(0.05) ? 14 : random.whole(1, 3);
    others.push({ does: 'guess', after: soon(), proof: random.pick(['wrong', 'none']), times });
  }
  if (random.chance(0.15)) others.push({ does: 'revoke', after: soon() });
  if (random.chance(0.25)) others.push({ does: 'ask', after: soon() });
  return [...readers, ...others];
}
