/** What may be answered at all (core/protocol/PROTOCOL.md section 4), and that a create makes one secret. */

import { TOMBSTONE_MS } from '../../src/server/store/contracts/lifecycle.js';
import type { Rule } from './checker.js';
import { answered, type Facts } from './facts.js';
import { type Call, NEEDS_ROOM, type Request, type Terms } from './history.js';

const GONE = ['410 SECRET_ALREADY_CONSUMED', '410 SECRET_EXPIRED', '410 SECRET_REVOKED'];
const NO_KEY = ['403 WRONG_KEY', '403 PROOF_REQUIRED'];
const NO_ENTRY = [...NO_KEY, '404 SECRET_NOT_FOUND'];
const NO_UPLOAD = '404 UPLOAD_NOT_FOUND';
const CLOSED = ['410 REQUEST_ANSWERED', '410 REQUEST_EXPIRED'];

/** The answers to each call, aside from 503 and, for what needs room, 507. */
const ANSWERS: Readonly<Record<Call['do'], readonly string[]>> = {
  create: ['201', '409 IDEMPOTENCY_KEY_REUSED'],
  read: ['200', ...GONE, ...NO_ENTRY],
  acknowledge: ['204', '404 SECRET_NOT_FOUND'],
  revoke: ['204', '410 SECRET_ALREADY_CONSUMED', '410 SECRET_EXPIRED', ...NO_ENTRY],
  status: ['200', ...NO_ENTRY],
  'send code': ['202', '429 RATE_LIMIT_EXCEEDED', ...GONE, ...NO_ENTRY],
  fetch: ['200', ...GONE, ...NO_ENTRY],
  'begin upload': ['201', '429 RATE_LIMIT_EXCEEDED'],
  put: ['204', NO_UPLOAD],
  'look at upload': ['200', NO_UPLOAD],
  'forget upload': ['204', NO_UPLOAD],
  ask: ['201'],
  look: ['200'],
  list: ['200'],
  cancel: ['204', ...CLOSED],
};

/** Those that only some secrets give: by what their terms have. */
const MORE: Readonly<Record<'gate' | 'chunks' | 'answer', Partial<Record<Call['do'], readonly string[]>>>> = {
  gate: {
    // A time to come may be after the expiry by a clock that is wrong.
    create: ['400 INVALID_GATES'],
    read: ['403 ADDRESS_NOT_ALLOWED', '403 TOO_EARLY', '403 CODE_REQUIRED', '403 WRONG_CODE'],
  },
  chunks: {
    create: [NO_UPLOAD, '409 UPLOAD_INCOMPLETE'],
    read: ['400 CLAIM_REQUIRED', '400 CHUNKS_NOT_ACCEPTED'],
  },
  answer: { create: ['410 REQUEST_CANCELLED', ...CLOSED] },
};

function allowed(terms: Terms, call: Call['do']): string[] {
  const kinds = (['gate', 'chunks', 'answer'] as const).filter((kind) => terms[kind] !== undefined);
  return [...ANSWERS[call], ...kinds.flatMap((kind) => MORE[kind][call] ?? [])];
}

export const answerRules: Readonly<Record<string, Rule>> = {
  'a full store refuses creates only': ({ requests }) => {
    const refused = answered(requests).find(
      ({ call, answer }) => answer.status === 507 && !NEEDS_ROOM.has(call.do),
    );
    return refused === undefined ? null : `request ${refused.number} is a ${refused.call.do}`;
  },

  'an answer is one of those in the protocol': ({ requests, terms }) => {
    const odd = answered(requests).find((one) => !allowed(terms, one.call.do).includes(nameOf(one)));
    return odd === undefined ? null : `request ${odd.number} was answered ${nameOf(odd)}`;
  },

  'what is delivered are the bytes that were created': ({ requests, history }) => {
    const wrong = answered(requests).find(({ answer }) => answer.bytes === 'wrong');
    if (wrong !== undefined) return `request ${wrong.number} got others`;
    const spoilt = history.events.find((event) => event.what === 'spoilt secret');
    return spoilt === undefined ? null : spoilt.why;
  },

  'the same create makes one secret': (facts) => {
    const { creates, created, clocks, terms } = facts;
    if (created === null) return null;
    const own = creates.filter(({ call }) => call.body === 'own');
    for (const { number, answer } of answered(own)) {
      if (answer.code === 'IDEMPOTENCY_KEY_REUSED')
        return `request ${number} is the create itself, and was taken for another`;
      if (answer.status !== 201) continue;
      if (answer.id !== created.id) return `request ${number} made another secret`;
      if (answer.expiresAt !== created.expiresAt) return `request ${number} was told another expiry`;
    }
    const createdAt = created.expiresAt - terms.minutes * 60_000;
    const possible = own.some(({ server, from }) => {
      const { min, max } = clocks.shown(server, from, Math.max(from, created.by));
      return from <= created.by && min <= createdAt && createdAt <= max;
    });
    return possible ? null : 'the expiry is not so many minutes after a time at which it can have been made';
  },

  'an idempotency key stands for one body': ({ creates }) => {
    const other = answered(creates).find(
      ({ call, answer }) => call.body === 'other' && answer.status !== 409,
    );
    return other === undefined ? null : `request ${other.number} used the key again with another body`;
  },

  'only the right key opens': ({ guesses }) => {
    const open = answered(guesses).find(({ answer }) => answer.status < 400);
    return open === undefined ? null : `request ${open.number} had the wrong key, or none`;
  },

  'the right key is not called wrong': (facts) => {
    const { reads, revocations, statuses, fetches, sendings } = facts;
    const shown: Request[] = [...reads, ...revocations, ...statuses, ...fetches, ...sendings];
    const wrong = answered(shown).find((one) => NO_KEY.includes(nameOf(one)));
    return wrong === undefined ? null : `request ${wrong.number} had the right key`;
  },

  'a secret is known until a day after its expiry': (facts) => {
    const early = answered(facts.requests).find(
      ({ answer, to }) =>
        answer.code === 'SECRET_NOT_FOUND' && !facts.clocks.reached(facts.expiresAt + TOMBSTONE_MS, to),
    );
    return early === undefined ? null : `request ${early.number} found no such secret`;
  },

  'a status tells what can be': (facts) => {
    for (const request of answered(facts.statuses)) {
      const why = statusFault(facts, request);
      if (request.answer.status === 200 && why !== null) return `request ${request.number}: ${why}`;
    }
    return null;
  },
};

function nameOf({ answer }: Request): string {
  return answer?.code === undefined ? `${answer?.status}` : `${answer.status} ${answer.code}`;
}

function statusFault(facts: Facts, { server, from, to, answer }: Request): string | null {
  const { terms, clocks, expiresAt } = facts;
  const { state, viewsLeft = Number.NaN, expiresAt: told } = answer ?? {};
  if (told !== expiresAt) return 'the expiry has changed';
  if (viewsLeft > terms.views - facts.had(from)) return 'more views are left than can be';
  if (viewsLeft < terms.views - facts.mayHave(to)) return 'fewer views are left than can be';
  if (facts.wasRevoked(from)) return state === 'revoked' ? null : 'it had been revoked';
  if (state === 'revoked') return facts.mayBeRevoked(to) ? null : 'nobody had revoked it';
  if (facts.had(from) === terms.views) return state === 'read' ? null : 'all views had been taken';
  if (state === 'read') return viewsLeft === 0 ? null : 'views are left';
  if (state === 'expired') return clocks.reached(expiresAt, to) ? null : 'it had not expired';
  return clocks.shown(server, from, to).min < expiresAt ? null : 'it had expired';
}
