/** What will be done with one secret: drawn from the seed before it begins, so that a seed tells the same story. */

import { paddedLength } from '../../src/core/crypto/padme.js';
import { chunkCount } from '../../src/core/protocol/chunks.js';
import type { Gate, RunMoment, Terms } from './history.js';
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
      /** Where it comes from, for who asks that. */
      readonly from: 'home' | 'elsewhere';
    }
  /** Reads without a claim, as clients of version 1 do. */
  | { readonly does: 'take' }
  /** Reads with a wrong key or without one. */
  | { readonly does: 'guess'; readonly proof: 'wrong' | 'none'; readonly times: number }
  /** Has a code sent, shows wrong ones, and then reads with the right one. */
  | { readonly does: 'code'; readonly wrong: number }
  /** Runs the command on a machine of its own, killed at each of these moments and run again, and at last not killed. */
  | { readonly does: 'run'; readonly killed: readonly RunMoment[] }
  | { readonly does: 'revoke' }
  /** Asks for its status. */
  | { readonly does: 'ask' }
);

/** What the secret is, beside a short text that anybody with the key may read. */
export type Kind = 'plain' | 'gated' | 'files' | 'for commands';

/** The life of one secret. */
export interface Plan {
  readonly name: string;
  readonly terms: Terms;
  /** Bytes of the secret, without its files. */
  readonly size: number;
  /** Bytes of each of its files; none for most. */
  readonly files: readonly number[];
  /** After how many milliseconds its creator is killed while files are uploaded, and goes on; none for most. */
  readonly brokenOff: readonly number[];
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

/** A request for a secret, and those who answer it. */
export interface RequestPlan {
  readonly name: string;
  readonly minutes: number;
  /** How many answers it takes. */
  readonly most: number;
  readonly answers: readonly Plan[];
  /** After how many milliseconds it is cancelled; `null` for never. */
  readonly cancelled: number | null;
}

const MOMENTS = ['asked', 'taken', 'answered', 'acknowledging', 'acknowledged'] as const;

/** How often a life is of each kind that costs more than the plain ones, 0 to 1. */
export type Mix = Readonly<Record<Exclude<LifeKind, 'plain'>, number>>;

/** The kinds of lives: those of secrets, and that of a request with its answers. */
export type LifeKind = Kind | 'request';

/** With as much of everything as there is time for. */
export const MIXED: Mix = { gated: 0.06, files: 0.012, 'for commands': 0.008, request: 0.015 };

/** Draws the kind of a life. */
export function drawKind(mix: Mix, random: Random): LifeKind {
  let left = random.fraction();
  for (const [kind, share] of Object.entries(mix) as [LifeKind, number][]) {
    left -= share;
    if (left < 0) return kind;
  }
  return 'plain';
}

/** Draws the life of a secret. @param now what a clock of the servers shows that is right, in milliseconds since 1970. */
export function drawPlan(name: string, kind: Kind, random: Random, receivers: number, now: number): Plan {
  const version = kind === 'plain' && random.chance(0.25) ? 1 : 2;
  const views = version === 1 ? 1 : random.pick([1, 1, 1, 2, 2, 3, 5]);
  // Files take room until they expire.
  const minutes = kind === 'files' ? random.pick([1, 2, 5]) : random.pick([1, 1, 2, 5, 15, 60]);
  // Most are short, so that there are many; some last through faults and expiries.
  const patience = random.chance(0.15) ? 6_000 : 40;
  const files = kind === 'files' ? drawSizes(random) : [];
  return {
    name,
    terms: {
      version,
      views,
      minutes,
      callback: random.chance(0.5),
      ...(kind === 'gated' && { gate: drawGate(random, minutes, now) }),
      ...(files.length > 0 && { chunks: chunksOf(files) }),
    },
    size: random.chance(0.02) ? random.whole(10_000, 200_000) : random.whole(1, 300),
    files,
    brokenOff: files.length > 0 && random.chance(0.5) ? [random.whole(0, 400)] : [],
    receiver: random.whole(0, receivers - 1),
    // Each would upload chunks that the others have.
    twins: kind !== 'files' && random.chance(0.15) ? random.whole(1, 3) : 0,
    conflict: kind !== 'files' && random.chance(0.05),
    actors: drawActors(kind, version, views, patience, random),
    rest: random.whole(0, patience),
  };
}

/** Draws a request with those who answer it, some of whom may come too late. */
export function drawRequest(name: string, random: Random): RequestPlan {
  const most = random.pick([1, 1, 2, 3]);
  const minutes = random.pick([1, 2, 5, 60]);
  const views = random.pick([1, 1, 2]);
  const answers = Array.from({ length: most + random.whole(-1, 2) }, (_, index): Plan => {
    const patience = random.chance(0.2) ? 3_000 : 40;
    return {
      name: `${name}.${index}`,
      terms: { version: 2, views, minutes, callback: false, answer: true },
      size: random.whole(1, 300),
      files: [],
      brokenOff: [],
      receiver: 0,
      twins: random.chance(0.15) ? random.whole(1, 3) : 0,
      conflict: false,
      actors: drawActors('plain', 2, views, patience, random),
      rest: random.whole(0, patience),
    };
  });
  return { name, minutes, most, answers, cancelled: random.chance(0.2) ? random.whole(0, 60) : null };
}

function drawGate(random: Random, minutes: number, now: number): Gate {
  const is = random.pick(['address', 'address', 'time', 'code']);
  // Within the life of the secret, so that some come too early and others do not.
  if (is === 'time') return { is, notBefore: now + random.whole(-10_000, minutes * 45_000) };
  return { is };
}

function drawSizes(random: Random): number[] {
  return Array.from({ length: random.whole(1, 3) }, () =>
    random.chance(0.5) ? random.whole(0, 2_000) : random.whole(600_000, 1_500_000),
  );
}

/** Chunks of the files together (core/protocol/PROTOCOL.md section 3.1). */
export function chunksOf(files: readonly number[]): number {
  return chunkCount(Math.max(256, paddedLength(files.reduce((sum, size) => sum + size, 0))));
}

function drawActors(kind: Kind, version: 1 | 2, views: number, patience: number, random: Random): Actor[] {
  // Left alone, to expire or to be found by the last reader.
  if (random.chance(0.12)) return [];
  // Most come at the same time, as in a race.
  const start = random.whole(0, patience);
  const soon = () => start + random.whole(0, random.chance(0.7) ? 10 : patience);
  if (kind === 'for commands') {
    const runs = Array.from({ length: random.pick([1, 1, 2]) }, (): Actor => {
      const killed = Array.from({ length: random.pick([0, 1, 1, 2]) }, () => random.pick(MOMENTS));
      return { does: 'run', after: soon(), killed };
    });
    return random.chance(0.1) ? [...runs, { does: 'revoke', after: soon() }] : runs;
  }
  const readers = Array.from({ length: random.whole(0, views + 1) }, (): Actor => {
    if (random.chance(version === 1 ? 0.6 : 0.15)) return { does: 'take', after: soon() };
    const again = Array.from({ length: random.pick([0, 0, 1, 2]) }, () => random.whole(0, patience));
    const [acknowledges, onceMore] = [random.chance(0.6), random.chance(0.3)];
    const from = kind === 'gated' && random.chance(0.4) ? 'elsewhere' : 'home';
    return { does: 'retrieve', after: soon(), again, acknowledges, onceMore, from };
  });
  if (version === 1) return readers;
  const others: Actor[] = [];
  if (kind === 'gated') others.push({ does: 'code', after: soon(), wrong: random.pick([0, 0, 1, 3, 6]) });
  if (random.chance(0.25)) {
    const times = random.chance(0.05) ? 14 : random.whole(1, 3);
    others.push({ does: 'guess', after: soon(), proof: random.pick(['wrong', 'none']), times });
  }
  if (random.chance(0.15)) others.push({ does: 'revoke', after: soon() });
  if (random.chance(0.25)) others.push({ does: 'ask', after: soon() });
  return [...readers, ...others];
}
