/** Outcomes of a visit that leave nothing to try. They stay true, so that a reload shows them again. */

import { translate } from '../parts/language.js';
import { type Outcome, showOutcome } from '../parts/outcomes.js';
import { formatWhen } from '../parts/times.js';

const FINAL_OUTCOMES = [
  'openedHere',
  'lostHere',
  'read',
  'expired',
  'revoked',
  'notFound',
  'decryptionFailed',
] as const satisfies readonly Outcome[];

export type FinalOutcome = (typeof FINAL_OUTCOMES)[number];

/** `value` if it is a final outcome, else `undefined`. */
export function asFinalOutcome(value: unknown): FinalOutcome | undefined {
  return FINAL_OUTCOMES.find((outcome) => outcome === value);
}

/**
 * Shows a final outcome in place of all other views.
 * @param at when it was opened here or tried to, and for `read`, when it was read as far as the server told: ISO 8601, or
 *   milliseconds since 1970.
 */
export function showFinalOutcome(outcome: FinalOutcome, at: string | number | null): void {
  if (at === null) showOutcome(outcome);
  else if (outcome === 'read') showOutcome(outcome, translate('read.textAt', { at: formatWhen(at) }));
  else showOutcome(outcome, translate(`${outcome}.text`, { at: formatWhen(at) }));
}
