/**
 * What happened, as the clients saw it: one history for each secret, append-only. A request that was sent and got no
 * answer that decides is lost: it may have taken effect, at any time since, or never.
 */

import type { SecretEvent } from '../../src/server/store/contracts/outbox.js';

/** What a client shows of the key: `none` also where a secret of version 1 needs none. */
export type Proof = 'right' | 'wrong' | 'none';

/** A request, as far as it matters. */
export type Call =
  | {
      readonly do: 'create' /** Which of the bodies that were sent with the secret's key. */;
      readonly body: string;
    }
  | ({ readonly do: 'read'; readonly claim: string | null; readonly proof: Proof } & Visit)
  | { readonly do: 'acknowledge'; readonly claim: string }
  | { readonly do: 'revoke'; readonly proof: Proof }
  | { readonly do: 'status'; readonly proof: Proof }
  /** Has a code sent. */
  | { readonly do: 'send code'; readonly proof: Proof }
  | { readonly do: 'fetch'; readonly claim: string | null; readonly proof: Proof; readonly index: number }
  | { readonly do: 'begin upload' | 'look at upload' | 'forget upload' }
  | { readonly do: 'put'; readonly index: number }
  /** Of a request for a secret: made, shown to who answers, listed and cancelled by who asked. */
  | { readonly do: 'ask' | 'look' | 'list' | 'cancel' };

/** How somebody comes to the gates of a secret; missing where it has none. */
export interface Visit {
  /** From which of two addresses. */
  readonly from?: 'home' | 'elsewhere';
  /** Which code was shown: one that had been sent by then, or another. */
  readonly code?: 'sent' | 'wrong' | 'none';
}

/** An answer, as far as it matters. Times in milliseconds since 1970. */
export interface Answer {
  readonly status: number;
  /** Of a refusal. */
  readonly code?: string;
  readonly id?: string;
  readonly expiresAt?: number;
  readonly purgeAt?: number;
  readonly viewsLeft?: number;
  /** Whether what came is what was created. */
  readonly bytes?: 'right' | 'wrong';
  readonly state?: string;
  /** Of a request. */
  readonly answersLeft?: number;
  /** The ids of the answers in a list. */
  readonly answers?: readonly string[];
}

/** The moments of a command that reads, as its server sees them. */
export type RunMoment = 'asked' | 'taken' | 'answered' | 'acknowledging' | 'acknowledged';

/** A run of the command that reads, from its start to its end. */
export interface Run {
  /** The machine that it was on, with what other runs there have left. */
  readonly machine: string;
  /** When it was started. */
  readonly from: number;
  /** When it was killed; `null` where it ended by itself. */
  readonly killed: RunMoment | null;
  /** Its exit code; `null` where it was killed. */
  readonly code: number | null;
  /** How much of the secret it had handed on. */
  readonly got: 'all' | 'part' | 'nothing' | 'something else';
  /** What it read under, and what it acknowledged. */
  readonly claims: readonly string[];
  readonly acknowledged: readonly string[];
}

/** A delivery of a webhook, whole and with the right signature. */
export interface Delivery {
  readonly event: SecretEvent;
  readonly eventId: string;
  readonly secretId: string;
  readonly occurredAt: number;
  /** SHA-256 of its body. */
  readonly body: string;
  /** Whether the receiver took it. */
  readonly accepted: boolean;
}

/** `at` is in milliseconds since the campaign began. */
export type HistoryEvent = { readonly at: number } & (
  | { readonly what: 'sent'; readonly request: number; readonly server: string; readonly call: Call }
  | { readonly what: 'answered'; readonly request: number; readonly answer: Answer }
  /** No answer that decides came. `unsent`: the server never had the whole of it, so it has no effect. */
  | { readonly what: 'lost'; readonly request: number; readonly unsent: boolean; readonly why: string }
  | { readonly what: 'delivered'; readonly delivery: Delivery }
  | { readonly what: 'ran'; readonly run: Run }
  /** A delivery that nobody but the server can have sent, and that is wrong in itself. */
  | { readonly what: 'spoilt delivery'; readonly why: string }
  /** A client of the SDK could not open what it got, or found something else in it. */
  | { readonly what: 'spoilt secret'; readonly why: string }
);

/** What a secret was created with. */
export interface Terms {
  readonly version: 1 | 2;
  readonly views: number;
  readonly minutes: number;
  readonly callback: boolean;
  /** What readers must pass besides the key; missing for nothing. */
  readonly gate?: Gate;
  /** Chunks of its files; missing where it has none. */
  readonly chunks?: number;
  /** Whether it answers a request, which may be closed before it comes. */
  readonly answer?: boolean;
}

/** A gate: at home, from a time on (by a server's clock, in milliseconds since 1970), or with a code that was sent. */
export type Gate =
  | { readonly is: 'address' }
  | { readonly is: 'code' }
  | { readonly is: 'time'; readonly notBefore: number };

/** All that happened to one secret. */
export interface History {
  /** The campaign's own name for it, also its hint. */
  readonly name: string;
  readonly terms: Terms;
  readonly events: readonly HistoryEvent[];
}

/** A request with what became of it. */
export interface Request {
  readonly number: number;
  readonly server: string;
  readonly call: Call;
  readonly from: number;
  /** When it was answered; infinite if it was lost, for it may still take effect. */
  readonly to: number;
  /** `null` if it was lost. */
  readonly answer: Answer | null;
}

/** What a full store may refuse, and take when it is tried again. */
export const NEEDS_ROOM: ReadonlySet<Call['do']> = new Set(['create', 'begin upload', 'put', 'ask']);

/** Whether an answer decides nothing: it may have come after the effect, or before one that comes later. */
function isUndecided({ status }: Answer, call: Call): boolean {
  return status === 503 || (status === 507 && NEEDS_ROOM.has(call.do));
}

/** The requests of a history in the order they were sent, without those that reached nobody. */
export function requestsOf({ events }: History): Request[] {
  const requests = new Map<number, Request>();
  for (const event of events) {
    if (event.what === 'sent') {
      const { request: number, server, call, at: from } = event;
      requests.set(number, { number, server, call, from, to: Number.POSITIVE_INFINITY, answer: null });
    } else if (event.what === 'answered') {
      const request = requests.get(event.request);
      if (request !== undefined && !isUndecided(event.answer, request.call))
        requests.set(event.request, { ...request, to: event.at, answer: event.answer });
    } else if (event.what === 'lost' && event.unsent) requests.delete(event.request);
  }
  return [...requests.values()];
}

/** The runs of the command in a history, as they ended. */
export function runsOf({ events }: History): Run[] {
  return events.flatMap((event) => (event.what === 'ran' ? [event.run] : []));
}

/** The deliveries in a history. */
export function deliveriesOf({ events }: History): Delivery[] {
  return events.flatMap((event) => (event.what === 'delivered' ? [event.delivery] : []));
}

/** A history for people, one event a line. */
export function printHistory({ name, terms, events }: History): string {
  const lines = events.map(({ at, ...event }) => `${(at / 1000).toFixed(3).padStart(9)}  ${line(event)}`);
  return [`secret ${name}: ${fields(terms)}`, ...lines].join('\n');
}

type Untimed<T> = T extends unknown ? Omit<T, 'at'> : never;

function line(event: Untimed<HistoryEvent>): string {
  switch (event.what) {
    case 'sent': {
      const { do: what, ...rest } = event.call;
      return `${event.request} -> ${event.server}: ${what} ${fields(rest)}`;
    }
    case 'answered': {
      const { status, ...rest } = event.answer;
      return `${event.request} <- ${status} ${fields(rest)}`;
    }
    case 'lost':
      return `${event.request} ${event.unsent ? 'never sent' : 'no answer'}: ${event.why}`;
    case 'delivered':
      return `webhook ${fields(event.delivery)}`;
    case 'ran':
      return `zephr get ended ${fields(event.run)}`;
    default:
      return `${event.what}: ${event.why}`;
  }
}

const TIMES: ReadonlySet<string> = new Set(['expiresAt', 'purgeAt', 'occurredAt', 'notBefore']);

function fields(values: object): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${printed(name, value)}`)
    .join(' ');
}

function printed(name: string, value: unknown): string {
  if (TIMES.has(name)) return new Date(value as number).toISOString();
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? `{${fields(value)}}`
    : String(value);
}
