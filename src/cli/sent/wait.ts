/** Waiting until no more reads of a secret can come. */

import type { SecretStatus } from '../../client/secret-status.js';
import { EXIT, type ExitCode } from '../exit/codes.js';

/** Asks for a status; with `seen`, when it is another, or after a while. */
export type Ask = (seen: SecretStatus | undefined) => Promise<SecretStatus>;

/** What a wait came to: the last status, and whether the time was over first. */
export interface Waited {
  readonly status: SecretStatus;
  readonly isOver: boolean;
}

/**
 * Asks until the secret does not wait for a reader any more, or for so many milliseconds. No request is broken off for
 * the time: it is at most half a minute more.
 */
export async function waitForEnd(ask: Ask, forMs: number | undefined, now: () => number): Promise<Waited> {
  const end = forMs === undefined ? Number.POSITIVE_INFINITY : now() + forMs;
  let status = await ask(undefined);
  while (status.state === 'waiting') {
    const left = end - now();
    if (left <= 0) return { status, isOver: true };
    const next = ask(status);
    const late = await Promise.race([next, pause(left)]);
    if (late === null) {
      // Its answer is not waited for; that it fails is no news either.
      next.catch(() => undefined);
      return { status, isOver: true };
    }
    status = late;
  }
  return { status, isOver: false };
}

/** 0 when all views were taken, 6 when it ended otherwise, 11 when the time was over. */
export function exitOf({ status, isOver }: Waited): ExitCode {
  if (isOver) return EXIT.notYet;
  return status.state === 'read' ? EXIT.done : EXIT.gone;
}

function pause(ms: number): Promise<null> {
  return new Promise((resolve) => void setTimeout(() => resolve(null), Math.min(ms, 2 ** 31 - 1)).unref());
}
