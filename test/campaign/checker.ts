/**
 * Whether a history can be that of a server which keeps its promises. A function of the history and of what is known
 * of the clocks, and of nothing else. It never takes a history for wrong that could have been right: what was lost
 * may have happened or not, at any time; and what a server did at a time it did by its own clock.
 */

import { answerRules } from './answer-rules.js';
import type { Clocks } from './clocks.js';
import { Facts } from './facts.js';
import { fileRules } from './file-rules.js';
import { gateRules } from './gate-rules.js';
import type { History } from './history.js';
import { readingRules } from './reading-rules.js';
import { refusalRules } from './refusal-rules.js';
import { runRules } from './run-rules.js';
import { webhookRules } from './webhook-rules.js';

/** Says what is wrong, or `null`. */
export type Rule = (facts: Facts) => string | null;

/** A broken promise. */
export interface Violation {
  /** The name of the rule. */
  readonly rule: string;
  readonly why: string;
  readonly history: History;
  /** Of what else it takes to see it. */
  readonly others?: readonly History[];
}

/** Hold at any time, also while things still happen. */
const ALWAYS: Readonly<Record<string, Rule>> = {
  ...answerRules,
  ...readingRules,
  ...refusalRules,
  ...gateRules,
  ...fileRules,
  ...runRules,
};

/** Hold once every fault is over, all has been answered, and everything has had time to end. */
const AT_THE_END: Readonly<Record<string, Rule>> = webhookRules;

/** The names of all rules. */
export const RULES: readonly string[] = [...Object.keys(ALWAYS), ...Object.keys(AT_THE_END)];

/**
 * The first rule that a history breaks, or `null`.
 * @param ended whether what must happen in the end must have happened.
 */
export function check(history: History, clocks: Clocks, ended: boolean): Violation | null {
  const facts = new Facts(history, clocks);
  for (const [rule, says] of Object.entries(ended ? { ...ALWAYS, ...AT_THE_END } : ALWAYS)) {
    const why = says(facts);
    if (why !== null) return { rule, why, history };
  }
  return null;
}
