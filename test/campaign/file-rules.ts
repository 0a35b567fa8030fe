/** That chunks are there for who has a view, for as long as it lasts, and for nobody else (sections 3.1 and 4.1). */

import { UPLOAD_IDLE_MS } from '../../src/server/store/contracts/chunks.js';
import type { Rule } from './checker.js';
import { answered, type Facts, type RequestOf, type Taker } from './facts.js';
import type { Answer } from './history.js';

type Fetched = RequestOf<'fetch'> & { readonly answer: Answer };

export const fileRules: Readonly<Record<string, Rule>> = {
  'chunks go only to who has a view': (facts) =>
    eachFetch(facts, true, ({ to }, taker) => (taker?.mayHave(to) ? null : 'that claim can have no view')),

  'no chunk is readable after the end': (facts) =>
    eachFetch(facts, true, ({ from, call }, taker) => {
      const revoked = answered(facts.revocations).find(
        ({ answer, to }) => to <= from && [204, 410].includes(answer.status),
      );
      if (revoked !== undefined) return `it was sent after the answer to request ${revoked.number}`;
      const ended = answered(facts.acknowledgements).find(
        (one) =>
          one.call.claim === call.claim &&
          taker?.had(one.from) &&
          one.answer.status === 204 &&
          one.to <= from,
      );
      return ended === undefined ? null : `it was sent after the answer to request ${ended.number}`;
    }),

  'chunks are there until the lease ends': (facts) =>
    eachFetch(facts, false, ({ call, from, to }, taker) => {
      if (!taker?.had(from) || call.index >= (facts.terms.chunks ?? 0)) return null;
      return facts.leaseMayBeOver(taker, to) ? null : 'the claim had the view, and its lease had not ended';
    }),

  'an upload keeps what it was said to keep': (facts) => {
    const { puts, creates, terms, clocks } = facts;
    const kept = answered(puts).filter(({ answer }) => answer.status === 204);
    for (const { number, from, to, answer } of answered(creates)) {
      if (!['UPLOAD_INCOMPLETE', 'UPLOAD_NOT_FOUND'].includes(answer.code ?? '')) continue;
      const before = kept.filter((put) => put.to <= from);
      if (new Set(before.map(({ call }) => call.index)).size < (terms.chunks ?? 0)) continue;
      const last = Math.min(...before.map((put) => clocks.shown(put.server, put.from, put.to).min));
      if (!clocks.reached(last + UPLOAD_IDLE_MS, to)) return `request ${number} did not find it all`;
    }
    return null;
  },
};

/** The first fault that `says` finds with a chunk that was given, or refused as gone or unknown. */
function eachFetch(
  facts: Facts,
  given: boolean,
  says: (fetched: Fetched, taker: Taker | undefined) => string | null,
): string | null {
  for (const fetched of answered(facts.fetches)) {
    const { status } = fetched.answer;
    if (given ? status !== 200 : status !== 410 && status !== 404) continue;
    const why = says(
      fetched,
      facts.takers.find(({ claim }) => claim !== null && claim === fetched.call.claim),
    );
    if (why !== null) return `request ${fetched.number}, for chunk ${fetched.call.index}: ${why}`;
  }
  return null;
}
