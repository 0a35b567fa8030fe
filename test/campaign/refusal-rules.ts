/** That what nobody took, revoked or outlived can be read, and that a refusal tells its true reason. */

import type { Rule } from './checker.js';
import { answered, type Facts, type RequestOf } from './facts.js';
import type { Answer } from './history.js';

type Refused = RequestOf<'read' | 'revoke'> & { readonly answer: Answer };

export const refusalRules: Readonly<Record<string, Rule>> = {
  'a claim reads again until its lease ends': (facts) =>
    eachRefusal(facts, ({ call, from, to }) => {
      if (call.do === 'revoke') return null;
      const own = ownTaker(facts, call.claim);
      const denied = own?.had(from) && !facts.leaseMayBeOver(own, to);
      return denied ? 'the claim had it, and its lease had not ended' : null;
    }),

  'it is called read only when all views were taken': (facts) =>
    eachRefusal(facts, ({ call, to, answer: { code } }) => {
      if (code !== 'SECRET_ALREADY_CONSUMED') return null;
      const own = call.do === 'read' ? ownTaker(facts, call.claim) : null;
      if (facts.mayHave(to, own) >= facts.terms.views) return null;
      if (own?.mayHave(to) && facts.leaseMayBeOver(own, to)) return null;
      return `${facts.mayHave(to, own)} others may have taken a view, and ${facts.terms.views} are needed`;
    }),

  'it is called expired only after the expiry': (facts) =>
    eachRefusal(facts, ({ to, answer: { code } }) =>
      code === 'SECRET_EXPIRED' && !facts.clocks.reached(facts.expiresAt, to)
        ? "no server's clock had reached the expiry"
        : null,
    ),

  'it is called revoked only after a revocation': (facts) =>
    eachRefusal(facts, ({ to, answer: { code } }) =>
      code === 'SECRET_REVOKED' && !facts.mayBeRevoked(to) ? 'nobody had revoked it' : null,
    ),

  'a refusal tells why': (facts) =>
    eachRefusal(facts, ({ from, call, answer: { code } }) => {
      if (facts.wasRevoked(from)) {
        return code === 'SECRET_REVOKED' ? null : 'it had been revoked';
      }
      const all = facts.had(from) === facts.terms.views;
      return all && code !== 'SECRET_ALREADY_CONSUMED' ? `it had been read, before this ${call.do}` : null;
    }),

  'a revocation comes before the end': (facts) => {
    const late = answered(facts.revocations).find(({ number, server, from, to, answer }) => {
      if (answer.status !== 204 || facts.mayBeRevoked(to, number)) return false;
      if (facts.had(from) === facts.terms.views) return true;
      return facts.clocks.shown(server, from, to).min >= facts.expiresAt;
    });
    return late === undefined ? null : `request ${late.number} came too late and was told that it revoked`;
  },

  'nothing is delivered once somebody was told that it is revoked': (facts) => {
    const [told] = refusalsOf(facts)
      .filter(({ answer }) => answer.code === 'SECRET_REVOKED')
      .sort(byAnswer);
    const late = facts.takers
      .flatMap(({ deliveries }) => deliveries)
      .find(({ from }) => told && from >= told.to);
    return told && late ? `request ${late.number} got it, after the answer to request ${told.number}` : null;
  },

  'nobody else gets a view once somebody was told that all are taken': (facts) => {
    const consumed = refusalsOf(facts).filter(({ call, to, answer: { code } }) => {
      // A claim may be told so because its own lease is over.
      const fresh = call.do === 'revoke' || !ownTaker(facts, call.claim)?.mayHave(to);
      return fresh && code === 'SECRET_ALREADY_CONSUMED';
    });
    const read = answered(facts.statuses).filter(({ answer }) => answer.state === 'read');
    const [told] = [...consumed, ...read].sort(byAnswer);
    const late = facts.takers.find((taker) => told && taker.deliveries.length > 0 && !taker.mayHave(told.to));
    return told && late
      ? `request ${late.deliveries[0]?.number} got it, after the answer to request ${told.number}`
      : null;
  },
};

function ownTaker({ takers }: Facts, claim: string | null) {
  return claim === null ? null : (takers.find((taker) => taker.claim === claim) ?? null);
}

function refusalsOf({ reads, revocations }: Facts): Refused[] {
  return answered<RequestOf<'read' | 'revoke'>>([...reads, ...revocations])
    .filter(({ answer }) => answer.status === 410)
    .sort((one, other) => one.number - other.number);
}

/** The first fault that `says` finds with a refusal of somebody with the right key. */
function eachRefusal(facts: Facts, says: (refused: Refused) => string | null): string | null {
  for (const refused of refusalsOf(facts)) {
    const why = says(refused);
    if (why !== null) return `request ${refused.number} was refused (${refused.answer.code}): ${why}`;
  }
  return null;
}

function byAnswer(one: { readonly to: number }, other: { readonly to: number }): number {
  return one.to - other.to;
}
