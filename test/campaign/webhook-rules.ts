/**
 * What must have come in the end: an answer to whoever asks, and the webhooks (core/protocol/PROTOCOL.md section 7).
 */

import type { SecretEvent } from '../../src/server/store/contracts/outbox.js';
import type { Rule } from './checker.js';
import { answered, type Facts } from './facts.js';
import { type Delivery, deliveriesOf } from './history.js';

const EVENTS: readonly SecretEvent[] = ['secret.consumed', 'secret.expired', 'secret.revoked'];
/** The rule that may still come to hold when one waits. */
export const DELIVERED = 'each event is delivered at least once';

const END = Number.POSITIVE_INFINITY;

export const webhookRules: Readonly<Record<string, Rule>> = {
  'who asks gets an answer in the end': ({ history, reads }) => {
    // Also of those that did not even reach a server.
    const asked = history.events.some((event) => event.what === 'sent' && event.call.do === 'read');
    return asked && answered(reads).length === 0 ? 'no read of it was ever decided' : null;
  },

  'a delivery is whole, signed, and about its secret': ({ history, created }) => {
    const spoilt = history.events.find((event) => event.what === 'spoilt delivery');
    if (spoilt !== undefined) return spoilt.why;
    const about = new Set(deliveriesOf(history).map(({ secretId }) => secretId));
    if (created !== null) about.add(created.id);
    return about.size <= 1 ? null : `one create made the secrets ${[...about].join(' and ')}`;
  },

  'an event is the same each time it is delivered': ({ history }) => {
    for (const event of EVENTS) {
      const deliveries = deliveriesOf(history).filter((one) => one.event === event);
      if (new Set(deliveries.map(({ eventId }) => eventId)).size > 1) return `${event} has two ids`;
      if (new Set(deliveries.map(({ body }) => body)).size > 1) return `${event} has two bodies`;
    }
    return null;
  },

  'no event tells what did not happen': (facts) => {
    const untrue = EVENTS.filter((event) => eventOf(facts, event) !== undefined).find(
      (event) => !mayHaveHappened(facts)[event],
    );
    if (untrue !== undefined) return `${untrue} can't have happened`;
    const expired = eventOf(facts, 'secret.expired');
    const other = eventOf(facts, 'secret.consumed') ?? eventOf(facts, 'secret.revoked');
    return expired && other ? `it expired unread, and yet there was ${other.event}` : null;
  },

  'an event tells when it happened': (facts) => {
    const expired = eventOf(facts, 'secret.expired');
    if (expired && facts.created && expired.occurredAt !== facts.expiresAt)
      return 'it expired at another time';
    const consumed = eventOf(facts, 'secret.consumed');
    if (!consumed || facts.takers.some(({ deliveries }) => deliveries.length === 0)) return null;
    const times = facts.takers.flatMap((taker) =>
      taker.deliveries.map((one) => facts.takenAt(one.answer, taker)),
    );
    return times.includes(consumed.occurredAt) ? null : 'it was first read at another time';
  },

  [DELIVERED]: (facts) => {
    const { history, terms, created } = facts;
    if (!terms.callback || created === null) return null;
    const arrived = new Set(
      deliveriesOf(history).flatMap(({ event, accepted }) => (accepted ? [event] : [])),
    );
    const due: SecretEvent[] = [];
    if (facts.had(END) > 0) due.push('secret.consumed');
    if (facts.wasRevoked(END)) due.push('secret.revoked');
    if (facts.mayHave(END) === 0 && !facts.mayBeRevoked(END)) due.push('secret.expired');
    const missing = due.find((event) => !arrived.has(event));
    if (missing !== undefined) return `${missing} never arrived`;
    return arrived.size > 0 ? null : 'it has come to its end, and no event arrived';
  },
};

function eventOf({ history }: Facts, event: SecretEvent): Delivery | undefined {
  return deliveriesOf(history).find((one) => one.event === event);
}

/** A create that was lost may have made a secret nobody knows of, which nobody reads. */
function mayHaveHappened(facts: Facts): Readonly<Record<SecretEvent, boolean>> {
  const { terms, history, creates, created, clocks } = facts;
  const began = Math.min(...creates.map(({ from }) => from));
  const now = history.events.at(-1)?.at ?? 0;
  const expiresAt = created?.expiresAt ?? clocks.earliest(began, now) + terms.minutes * 60_000;
  return {
    'secret.consumed': terms.callback && facts.mayHave(END) > 0,
    'secret.revoked': terms.callback && facts.mayBeRevoked(END),
    'secret.expired':
      terms.callback && facts.had(END) === 0 && !facts.wasRevoked(END) && clocks.reached(expiresAt, now),
  };
}
