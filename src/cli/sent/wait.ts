/** Waiting until no more reads of a secret can come. */

import type { SecretStatus } from '../../client/secret-status.js';
import { EXIT, type ExitCode } from '../exit/codes.js';
import { type WaitOptions, waitFor } from './waiting.js';

/** Asks for a status; with `seen`, when it is another, or after `wait` milliseconds. */
export type Ask = (seen: SecretStatus | undefined, wait: number) => Promise<SecretStatus>;

/** What a wait came to: the last status, and whether the time was over first. */
export interface Waited {
  readonly status: SecretStatus;
  readonly isOver: boolean;
}

/** Asks until the secret does not wait for a reader any more, or the time is over. @throws as {@link waitFor} does. */
export async function waitForEnd(ask: Ask, options: Omit<WaitOptions, 'isKnown'>): Promise<Waited> {
  let status = await ask(undefined, 0);
  if (status.state !== 'waiting') return { status, isOver: false };
  const askAgain = async (wait: number) => {
    status = await ask(status, wait);
    return status.state === 'waiting' ? null : status;
  };
  const ended = await waitFor(askAgain, { ...options, isKnown: true });
  return { status, isOver: ended === null };
}

/** 0 when all views were taken, 6 when it ended otherwise, 11 when the time was over. */
export function exitOf({ status, isOver }: Waited): ExitCode {
  if (isOver) return EXIT.notYet;
  return status.state === 'read' ? EXIT.done : EXIT.gone;
}
