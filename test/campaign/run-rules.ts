/** What a command that reads does, killed or not: it claims before it asks, and acknowledges what it has handed on. */

import type { Rule } from './checker.js';
import { answered, type Facts } from './facts.js';
import { type Run, runsOf } from './history.js';

/** Exit code of the command for what is gone (cli/CLI.md). */
const GONE = 6;

export const runRules: Readonly<Record<string, Rule>> = {
  'a command hands on the secret or nothing else': ({ history }) =>
    runsOf(history).some(({ got }) => got === 'something else') ? 'one handed on something else' : null,

  'a command that ends well has handed the secret on': ({ history }) => {
    const empty = runsOf(history).find(({ code, got }) => code === 0 && got !== 'all');
    return empty === undefined ? null : `one ended well and had handed on ${empty.got}`;
  },

  'a command acknowledges only what it has handed on': ({ history }) => {
    const early = runsOf(history).find(({ acknowledged, got }) => acknowledged.length > 0 && got !== 'all');
    return early === undefined ? null : `one acknowledged, and had handed on ${early.got}`;
  },

  'a command reads again under the claim that it had': (facts) => {
    const runs = runsOf(facts.history);
    for (const [index, run] of runs.entries()) {
      const before = runs.slice(0, index);
      const open = before
        .flatMap(({ claims }) => claims)
        .find((claim) => mayStillRead(facts, claim, before, run));
      const other = run.claims.find((claim) => claim !== open);
      if (open !== undefined && other !== undefined)
        return 'it read under another claim, and had one that was open';
    }
    return null;
  },

  'a command calls gone only what a server called gone': (facts) => {
    const runs = runsOf(facts.history);
    for (const [index, { code, claims }] of runs.entries()) {
      if (code !== GONE || runs.slice(0, index).some(({ got }) => got === 'all')) continue;
      const told = answered(facts.reads).some(
        ({ call, answer }) => answer.status === 410 && call.claim !== null && claims.includes(call.claim),
      );
      if (!told) return 'no server had said so, and nothing had been handed on';
    }
    return null;
  },
};

/** Whether a claim of an earlier run certainly has a view which nobody has acknowledged when a later run begins. */
function mayStillRead(facts: Facts, claim: string, before: readonly Run[], { from }: Run): boolean {
  if (before.some(({ acknowledged, got }) => acknowledged.includes(claim) || got === 'all')) return false;
  const taker = facts.takers.find((one) => one.claim === claim);
  return taker?.had(from) === true && !facts.leaseMayBeOver(taker, from);
}
