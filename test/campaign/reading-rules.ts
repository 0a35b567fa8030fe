/** Who got the secret, and when: as many as there are views, each by its claim, and nobody after its end. */

import type { Rule } from './checker.js';
import { answered, type Facts, type RequestOf, type Taker } from './facts.js';
import type { Answer } from './history.js';

type Delivery = RequestOf<'read'> & { readonly answer: Answer };

const NEVER = Number.POSITIVE_INFINITY;

export const readingRules: Readonly<Record<string, Rule>> = {
  'delivered to at most as many as there are views': (facts) => {
    const { terms } = facts;
    const had = facts.had(NEVER);
    return had <= terms.views ? null : `${had} had it, and ${terms.views} may`;
  },

  'a revocation denies somebody a view': (facts) => {
    const { terms } = facts;
    const denied = facts.had(NEVER) === terms.views && facts.wasRevoked(NEVER);
    return denied ? 'all views were taken, and yet one was told that it is revoked' : null;
  },

  'nothing is readable after a revocation': (facts) =>
    eachDelivery(facts, ({ from }) => {
      const ended = answered(facts.revocations).find(
        ({ answer, to }) => to <= from && [204, 410].includes(answer.status),
      );
      return ended === undefined ? null : `it was sent after the answer to request ${ended.number}`;
    }),

  'nothing is readable after its acknowledgement': (facts) =>
    eachDelivery(facts, ({ from }, taker) => {
      const ended = answered(facts.acknowledgements).find(
        (one) =>
          one.call.claim === taker.claim &&
          taker.had(one.from) &&
          one.answer.status === 204 &&
          one.to <= from,
      );
      return ended === undefined ? null : `it was sent after the answer to request ${ended.number}`;
    }),

  'a view is taken before the expiry': (facts) =>
    eachDelivery(facts, ({ answer }, taker) =>
      facts.takenAt(answer, taker) < facts.expiresAt ? null : 'the view was taken after the expiry',
    ),

  'a view is taken when it is asked for': (facts) =>
    eachDelivery(facts, ({ answer, to }, taker) => {
      const at = facts.takenAt(answer, taker);
      const possible = taker.reads.some((read) => {
        if (read.from > to) return false;
        const { min, max } = facts.clocks.shown(read.server, read.from, Math.min(read.to, to));
        return min <= at && at <= max;
      });
      return possible ? null : 'nobody asked for it at the time at which the view was taken';
    }),

  'a claim has one lease, which ends': (facts) =>
    eachDelivery(facts, ({ answer: { purgeAt = 0 }, server, from, to }, { claim, deliveries }) => {
      if (claim === null) return null;
      const fixed = facts.terms.chunks === undefined;
      if (fixed && deliveries.some(({ answer }) => answer.purgeAt !== purgeAt))
        return 'its lease has changed';
      return facts.clocks.shown(server, from, to).min < purgeAt ? null : 'its lease had ended';
    }),

  'the views that are left go down by one each': (facts) =>
    eachDelivery(facts, ({ answer: { viewsLeft }, from, to }, taker) => {
      const { version, views } = facts.terms;
      if (version === 1) return viewsLeft === undefined ? null : 'version 1 knows no views';
      if (viewsLeft === undefined) return 'it did not say how many are left';
      const others = facts.takers.filter((other) => other !== taker && other.had(from)).length;
      if (viewsLeft > views - 1 - others) return 'more views are left than can be';
      return viewsLeft < views - 1 - facts.mayHave(to, taker) ? 'fewer views are left than can be' : null;
    }),
};

/** The first fault that `says` finds with a delivery. */
function eachDelivery(
  facts: Facts,
  says: (delivery: Delivery, taker: Taker) => string | null,
): string | null {
  for (const taker of facts.takers) {
    for (const delivery of taker.deliveries) {
      const why = says(delivery, taker);
      if (why !== null) return `request ${delivery.number} got it: ${why}`;
    }
  }
  return null;
}
