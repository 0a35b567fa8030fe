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
    for (const [run, before] of eachRun(facts)) {
      for (const other of run.claims) {
        const began = firstRead(facts, other);
        const open = before
          .flatMap(({ claims }) => claims)
          .find((claim) => claim !== other && mustReadAgain(facts, claim, before, began));
        if (open !== undefined) return `it read under ${other}, and ${open} was open`;
      }
    }
    return null;
  },

  'a command calls gone only what a server called gone': (facts) => {
    for (const [{ code, claims }, before] of eachRun(facts)) {
      if (code !== GONE || before.some(({ got }) => got === 'all')) continue;
      const told = answered(facts.reads).some(
        ({ call, answer }) => answer.status === 410 && call.claim !== null && claims.includes(call.claim),
      );
      if (!told) return 'no server had said so, and nothing had been handed on';
    }
    return null;
  },
};

/** Each run, and those before it on the same machine. */
function eachRun({ history }: Facts): (readonly [Run, readonly Run[]])[] {
  const runs = runsOf(history);
  return runs.map((run, index) => [
    run,
    runs.slice(0, index).filter(({ machine }) => machine === run.machine),
  ]);
}

/** When a claim was first used; never, for what was not even sent. */
function firstRead({ history }: Facts, claim: string): number {
  const first = history.events.find(
    (event) => event.what === 'sent' && event.call.do === 'read' && event.call.claim === claim,
  );
  return first?.at ?? Number.POSITIVE_INFINITY;
}

/** Whether a claim of an earlier run certainly has a view by then which nobody has acknowledged, or was refused. */
function mustReadAgain(facts: Facts, claim: string, before: readonly Run[], by: number): boolean {
  if (before.some(({ acknowledged, got }) => acknowledged.includes(claim) || got === 'all')) return false;
  const refused = answered(facts.reads).some(
    ({ call, answer, to }) => call.claim === claim && answer.status === 410 && to <= by,
  );
  const taker = facts.takers.find((one) => one.claim === claim);
  return !refused && taker?.had(by) === true && !facts.leaseMayBeOver(taker, by);
}
