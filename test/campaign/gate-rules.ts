/** That a gate lets in who passes it and nobody else, and that a code can be guessed five times (section 9). */

import { CODE_MS, CODE_TRIES } from '../../src/server/store/contracts/gates.js';
import type { Rule } from './checker.js';
import { answered, type Facts, type RequestOf } from './facts.js';

const NEVER = Number.POSITIVE_INFINITY;

type Read = RequestOf<'read'>;

export const gateRules: Readonly<Record<string, Rule>> = {
  'a gate lets in only who passes it': (facts) => {
    for (const taker of facts.takers) {
      const [first] = [...taker.deliveries].sort((one, other) => one.to - other.to);
      if (first === undefined) continue;
      const passed = taker.reads.some((read) => read.from <= first.to && mayPass(facts, read));
      if (!passed) return `request ${first.number} got it, and no request of that reader had passed the gate`;
    }
    return null;
  },

  'a gate refuses only who does not pass it': (facts) => {
    for (const read of answered(facts.reads)) {
      const why = wronglyRefused(facts, read, read.answer.code);
      if (why !== null) return `request ${read.number} was refused (${read.answer.code}): ${why}`;
    }
    return null;
  },

  'a code is judged five times': (facts) => {
    const wrong = answered(facts.reads).filter(({ answer }) => answer.code === 'WRONG_CODE').length;
    const codes = mayHaveSent(facts, NEVER);
    return wrong <= CODE_TRIES * codes
      ? null
      : `${wrong} wrong codes were judged, with ${codes} sent at most`;
  },

  'a code ends with five wrong ones': (facts) => {
    if (mayHaveSent(facts, NEVER) > 1) return null;
    const wrong = answered(facts.reads)
      .filter(({ answer }) => answer.code === 'WRONG_CODE')
      .sort((one, other) => one.to - other.to);
    const fifth = wrong[CODE_TRIES - 1];
    const late = facts.takers.find(
      ({ deliveries, reads }) =>
        deliveries.length > 0 && reads.every(({ from }) => fifth && from >= fifth.to),
    );
    return late === undefined
      ? null
      : `request ${late.deliveries[0]?.number} got it, after the answer to request ${fifth?.number}`;
  },
};

/** Whether a read may have passed the gate, in which its answer has no say. */
function mayPass({ terms: { gate }, clocks }: Facts, { call, server, from, to, answer }: Read): boolean {
  if (gate === undefined) return true;
  if (gate.is === 'address') return call.from !== 'elsewhere';
  if (gate.is === 'code') return call.code === 'sent';
  // What is lost may have come to the server as long as somebody waited for its answer.
  return clocks.shown(server, from, answer === null ? from + LOST_MS : to).max >= gate.notBefore;
}

/** How long a request that is lost may be under way: those of the campaign wait no longer for an answer. */
const LOST_MS = 60_000;

/** Codes that may have been sent by then. */
function mayHaveSent({ sendings }: Facts, by: number): number {
  return sendings.filter(({ from, answer }) => from <= by && (answer === null || answer.status === 202))
    .length;
}

function wronglyRefused(facts: Facts, read: Read, code: string | undefined): string | null {
  const { terms, takers, clocks, reads } = facts;
  const { call, server, from, to } = read;
  const { gate } = terms;
  const GATES: Readonly<Record<string, string>> = {
    ADDRESS_NOT_ALLOWED: 'address',
    TOO_EARLY: 'time',
    CODE_REQUIRED: 'code',
    WRONG_CODE: 'code',
  };
  const asked = GATES[code ?? ''];
  if (asked === undefined) return null;
  if (gate === undefined || gate.is !== asked) return 'it has no such gate';
  const own = takers.find(({ claim }) => claim !== null && claim === call.claim);
  if (own?.had(from) && !facts.leaseMayBeOver(own, to))
    return 'the claim had its view, and is not asked again';
  if (gate.is === 'address') return call.from === 'elsewhere' ? null : 'it came from home';
  if (gate.is === 'time')
    return clocks.shown(server, from, to).min < gate.notBefore ? null : 'it came late enough';
  if (call.code !== 'sent') return null;
  // Another code may have taken its place, its time may be over, and wrong ones or a view may have used it up.
  if (mayHaveSent(facts, to) !== 1) return null;
  const [sending] = facts.sendings.filter(({ answer }) => answer === null || answer.status === 202);
  const sentAt = sending === undefined ? 0 : clocks.shown(sending.server, sending.from, to).min;
  if (clocks.reached(sentAt + CODE_MS, to)) return null;
  const guesses = reads.filter(
    ({ call: other, from: began }) => other.code === 'wrong' && began <= to,
  ).length;
  if (guesses >= CODE_TRIES || facts.mayHave(to, own ?? null) > 0) return null;
  if (own?.mayHave(to) && facts.leaseMayBeOver(own, to)) return null;
  return 'it had the code, and nothing had ended that';
}
