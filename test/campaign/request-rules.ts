/** That a request takes as many answers as were asked for, keeps them, and tells of it what is true (section 8). */

import type { Clocks } from './clocks.js';
import { answered, Facts, type RequestOf } from './facts.js';
import { type Answer, type History, type Request, requestsOf } from './history.js';

/** What happened to one request, and to each answer that somebody tried to give. */
export interface RequestHistory {
  /** Its calls: `ask`, `look`, `list` and `cancel`. Its `views` are the answers that it takes. */
  readonly request: History;
  readonly answers: readonly History[];
}

type Told = Request & { readonly answer: Answer };

/** What is known of one request. */
class RequestFacts {
  readonly most: number;
  readonly told: readonly Told[];
  readonly cancels: readonly Request[];
  readonly expiresAt: number;
  readonly answers: readonly Facts[];

  constructor(
    { request, answers }: RequestHistory,
    readonly clocks: Clocks,
  ) {
    const requests = requestsOf(request);
    this.most = request.terms.views;
    this.told = answered(requests);
    this.cancels = requests.filter(({ call }) => call.do === 'cancel');
    this.answers = answers.map((one) => new Facts(one, clocks));
    const asked = this.told.find(({ call, answer }) => call.do === 'ask' && answer.status === 201);
    this.expiresAt = asked?.answer.expiresAt ?? Number.NaN;
  }

  /** Answers that had certainly been taken by then. */
  taken(by: number): number {
    return this.answers.filter(({ created }) => created !== null && created.by <= by).length;
  }

  /** Answers that may have been taken by then, without one of them. */
  mayBeTaken(by: number, except?: Facts): number {
    return this.answers.filter((one) => one !== except && one.creates.some((create) => mayMake(create, by)))
      .length;
  }

  cancelled(by: number): boolean {
    return this.cancels.some(({ answer, to }) => answer?.status === 204 && to <= by);
  }

  mayBeCancelled(by: number): boolean {
    return this.cancels.some(({ answer, from }) => from <= by && (answer === null || answer.status === 204));
  }
}

function mayMake({ from, answer }: RequestOf<'create'>, by: number): boolean {
  return from <= by && (answer === null || answer.status === 201);
}

type RequestRule = (facts: RequestFacts) => string | null;

const NEVER = Number.POSITIVE_INFINITY;

const RULES: Readonly<Record<string, RequestRule>> = {
  'a request takes as many answers as were asked for': (facts) => {
    const taken = facts.taken(NEVER);
    return taken <= facts.most ? null : `${taken} were taken, and ${facts.most} may be`;
  },

  'an answer that was taken is listed': (facts) => {
    for (const { number, from, answer } of lists(facts)) {
      const missing = facts.answers.find(
        ({ created }) => created !== null && created.by <= from && !answer.answers?.includes(created.id),
      );
      if (missing !== undefined) return `request ${number} did not list ${missing.created?.id}`;
    }
    return null;
  },

  'a request is closed only when something has closed it': (facts) => {
    for (const one of facts.answers) {
      for (const { number, to, answer } of answered(one.creates)) {
        const why = wronglyClosed(facts, answer.code, to, one);
        if (why !== null) return `request ${number} was refused (${answer.code}): ${why}`;
      }
    }
    for (const { number, to, answer } of facts.told.filter(({ call }) => call.do === 'cancel')) {
      const why = wronglyClosed(facts, answer.code, to);
      if (why !== null) return `request ${number} was refused (${answer.code}): ${why}`;
    }
    return null;
  },

  'a cancelled request takes no answer': (facts) => {
    const late = facts.answers.find(
      ({ created, creates }) =>
        created !== null && facts.cancelled(Math.min(...creates.map(({ from }) => from))),
    );
    return late === undefined ? null : `${late.created?.id} was sent after the request was cancelled`;
  },

  'a cancellation comes before the last answer': (facts) => {
    const late = facts.told.find(
      ({ call, answer, from }) =>
        call.do === 'cancel' &&
        answer.status === 204 &&
        facts.taken(from) === facts.most &&
        !facts.cancels.some((other) => other.from < from),
    );
    return late === undefined ? null : `request ${late.number} cancelled what had all its answers`;
  },

  'a list tells what can be': (facts) => {
    for (const { number, from, to, server, answer } of lists(facts)) {
      const { state, answersLeft = Number.NaN } = answer;
      const why = (): string | null => {
        if (answersLeft > facts.most - facts.taken(from)) return 'more answers are left than can be';
        if (answersLeft < facts.most - facts.mayBeTaken(to)) return 'fewer answers are left than can be';
        if (facts.cancelled(from)) return state === 'cancelled' ? null : 'it had been cancelled';
        if (state === 'cancelled') return facts.mayBeCancelled(to) ? null : 'nobody had cancelled it';
        if (state === 'answered') return answersLeft === 0 ? null : 'answers are left';
        if (state === 'expired')
          return facts.clocks.reached(facts.expiresAt, to) ? null : 'it had not expired';
        return facts.clocks.shown(server, from, to).min < facts.expiresAt ? null : 'it had expired';
      };
      const fault = why();
      if (fault !== null) return `request ${number}: ${fault}`;
    }
    return null;
  },
};

/** The names of all rules. */
export const REQUEST_RULES: readonly string[] = Object.keys(RULES);

/** The first rule that a request's history breaks, or `null`. Its answers are secrets, and judged as those as well. */
export function checkRequest(
  history: RequestHistory,
  clocks: Clocks,
): { readonly rule: string; readonly why: string } | null {
  const facts = new RequestFacts(history, clocks);
  for (const [rule, says] of Object.entries(RULES)) {
    const why = says(facts);
    if (why !== null) return { rule, why };
  }
  return null;
}

function lists({ told }: RequestFacts): Told[] {
  return told.filter(({ call, answer }) => call.do === 'list' && answer.status === 200);
}

function wronglyClosed(
  facts: RequestFacts,
  code: string | undefined,
  by: number,
  own?: Facts,
): string | null {
  if (code === 'REQUEST_ANSWERED')
    return facts.mayBeTaken(by, own) >= facts.most ? null : 'not all answers can have come';
  if (code === 'REQUEST_EXPIRED')
    return facts.clocks.reached(facts.expiresAt, by) ? null : "no server's clock had reached the expiry";
  if (code === 'REQUEST_CANCELLED') return facts.mayBeCancelled(by) ? null : 'nobody had cancelled it';
  return null;
}
