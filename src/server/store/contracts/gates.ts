/**
 * What a reader must pass besides the key: the rules that every engine shares (core/protocol/PROTOCOL.md section 9). An
 * engine judges a reader after its proofs, in the transaction that takes the view, and keeps what that changes in the
 * same one. A refusal takes no view, and uses up neither a puzzle nor a code; what it counts is a wrong code.
 */

import type { GateName } from '../../../core/protocol/gates.js';
import { isInList } from '../../../net/address-lists.js';
import { sameHash } from './proofs.js';

/** The gates of a secret. They never change, and are destroyed with its ciphertext. Each is `null` where there is none. */
export interface Gates {
  /** As `isAddressOrNetwork` has them. */
  readonly addresses: readonly string[] | null;
  /** ISO 3166-1 alpha-2. */
  readonly countries: readonly string[] | null;
  /** In milliseconds since 1970. */
  readonly notBefore: number | null;
  readonly captcha: true | null;
  readonly code: Recipient | null;
}

/** Where a code is sent. */
export interface Recipient {
  readonly by: 'email' | 'phone';
  readonly to: string;
}

/** A reader, as far as gates are concerned. */
export interface Visitor {
  /** The IP address that it comes from, which proxies that are trusted may have named. */
  readonly address: string;
  /** The country that this address is in; `null` where that is not known. */
  readonly country: string | null;
  /** A puzzle of this secret that it has solved. */
  readonly puzzle: Puzzle | null;
  /** The MAC of the code that it shows, for this secret. */
  readonly codeMac: string | null;
}

/** Who comes from nowhere, and shows nothing. */
export const STRANGER: Visitor = { address: '', country: null, puzzle: null, codeMac: null };

/** A puzzle that was made for a secret. */
export interface Puzzle {
  /** Tells it from every other one of the same secret. */
  readonly name: string;
  /** Until when its solution is taken, in milliseconds since 1970. */
  readonly endsAt: number;
}

/** What has happened at the gates of a secret. It stays with the record, and holds nothing that the gates do. */
export interface GateState {
  /** Puzzles that a view was taken with, until their time is over. */
  readonly usedPuzzles: readonly Puzzle[];
  /** The code that was sent last, if it can still be shown. */
  readonly code: SentCode | null;
  /** When codes were sent. */
  readonly sentAt: readonly number[];
}

/** A code that was sent. */
export interface SentCode {
  /** Its MAC, under a key of the store, of the secret's id and the digits. */
  readonly mac: string;
  readonly endsAt: number;
  /** How many wrong ones were shown in its place. */
  readonly wrong: number;
}

/** Nothing has happened yet. */
export const UNTOUCHED: GateState = { usedPuzzles: [], code: null, sentAt: [] };

/** Why a reader does not get through. */
export type GateRefusal =
  | {
      readonly outcome:
        | 'address not allowed'
        | 'country not allowed'
        | 'captcha required'
        | 'code required'
        | 'wrong code';
    }
  | { readonly outcome: 'too early'; readonly waitMs: number };

/** How long a code can be shown, in milliseconds, and how many wrong ones are judged in its place. */
export const CODE_MS = 10 * 60_000;
export const CODE_TRIES = 5;

/** Codes that are sent about one secret: in an hour, in all, and how long after the one before, in milliseconds. */
const SENT = { hourly: 5, ever: 20, after: 60_000 };

const HOUR_MS = 60 * 60_000;

/** When a sender of codes may be asked again, in milliseconds, after one was sent. */
export const RESEND_MS = SENT.after;

/** No code is sent, because the secret asks for none. */
export interface NoSuchGate {
  readonly outcome: 'no such gate';
}

/** No code is sent, because enough were. */
export interface TooManyCodes {
  readonly outcome: 'too many codes';
  /** How long until one may be; `null` for never. */
  readonly waitMs: number | null;
}

/** What a gate says of a visitor: `null` to let it through, and what has happened, if that has changed. */
interface Verdict {
  readonly refusal: GateRefusal | null;
  readonly state?: GateState;
}

const THROUGH: Verdict = { refusal: null };

/** What each gate asks, in the order in which they are asked. One that the secret does not have lets everybody through. */
const RULES: Readonly<
  Record<GateName, (gates: Gates, visitor: Visitor, state: GateState, now: number) => Verdict>
> = {
  addresses: ({ addresses }, { address }) =>
    addresses === null || isInList(address, addresses) ? THROUGH : refused('address not allowed'),
  countries: ({ countries }, { country }) =>
    countries === null || (country !== null && countries.includes(country))
      ? THROUGH
      : refused('country not allowed'),
  not_before: ({ notBefore }, _, __, now) =>
    notBefore === null || notBefore <= now
      ? THROUGH
      : { refusal: { outcome: 'too early', waitMs: notBefore - now } },
  captcha: ({ captcha }, { puzzle }, state, now) => {
    if (captcha === null) return THROUGH;
    const isGood =
      puzzle !== null && puzzle.endsAt > now && !state.usedPuzzles.some(({ name }) => name === puzzle.name);
    if (!isGood) return refused('captcha required');
    // Those whose time is over are refused for that, and need not be known any more.
    const usedPuzzles = [...state.usedPuzzles.filter(({ endsAt }) => endsAt > now), puzzle];
    return { refusal: null, state: { ...state, usedPuzzles } };
  },
  code: ({ code }, { codeMac }, state, now) => {
    if (code === null) return THROUGH;
    const sent = state.code;
    if (codeMac === null || sent === null || sent.endsAt <= now || sent.wrong >= CODE_TRIES) {
      return refused('code required');
    }
    if (sameHash(sent.mac, codeMac)) return { refusal: null, state: { ...state, code: null } };
    return { ...refused('wrong code'), state: { ...state, code: { ...sent, wrong: sent.wrong + 1 } } };
  },
};

/**
 * Judges a reader whose key is right, before it takes a view.
 * @param upTo the first gate that is not asked. Default: all are.
 * @returns why it does not get through, or `null`; and what has happened by then, to be kept either way.
 */
export function judgeGates(
  gates: Gates,
  visitor: Visitor,
  state: GateState,
  now: number,
  upTo?: GateName,
): { readonly refusal: GateRefusal | null; readonly state: GateState } {
  let after = state;
  for (const [name, rule] of Object.entries(RULES)) {
    if (name === upTo) break;
    const { refusal, state: changed = after } = rule(gates, visitor, after, now);
    // A gate that refuses undoes what those before it have noted: only a view uses up a puzzle.
    if (refusal !== null) return { refusal, state: { ...state, code: changed.code } };
    after = changed;
  }
  return { refusal: null, state: after };
}

/**
 * Judges a reader whose key is right, and who wants a code sent: it passes every gate above.
 * @param gates of a secret that waits. @param mac of the new code. It takes the place of the one before.
 * @returns why none is sent, or what has happened once it is.
 */
export function judgeSending(
  gates: Gates | null,
  visitor: Visitor,
  state: GateState,
  mac: string,
  now: number,
): GateRefusal | NoSuchGate | TooManyCodes | GateState {
  if (gates === null || gates.code === null) return { outcome: 'no such gate' };
  const { refusal } = judgeGates(gates, visitor, state, now, 'code');
  if (refusal !== null) return refusal;
  const { sentAt } = state;
  if (sentAt.length >= SENT.ever) return { outcome: 'too many codes', waitMs: null };
  const last = sentAt.at(-1) ?? Number.NEGATIVE_INFINITY;
  const fifth = sentAt.at(-SENT.hourly) ?? Number.NEGATIVE_INFINITY;
  const waitMs = Math.max(last + SENT.after, fifth + HOUR_MS) - now;
  // A clock that was set back makes no wait longer than it was to be.
  if (waitMs > 0) return { outcome: 'too many codes', waitMs: Math.min(waitMs, HOUR_MS) };
  const code = { mac, endsAt: now + CODE_MS, wrong: 0 };
  return { ...state, code, sentAt: [...sentAt, now] };
}

/** The gates that a secret has, in their order. */
export function namesOf({ addresses, countries, notBefore, captcha, code }: Gates): GateName[] {
  const byName: Readonly<Record<GateName, unknown>> = {
    ...{ addresses, countries, not_before: notBefore, captcha, code },
  };
  return Object.entries(byName).flatMap(([name, gate]) => (gate === null ? [] : [name as GateName]));
}

/** Gates, and what has happened at them, as the engines that have tables keep them. `null` is kept as that. */
export function encodeGates(gates: Gates | null): string | null {
  return gates === null ? null : JSON.stringify(gates);
}

/** What {@link encodeGates} has encoded. */
export function decodeGates(text: string | null): Gates | null {
  return text === null ? null : (JSON.parse(text) as Gates);
}

/** What has happened at gates, likewise. A secret without gates has none of it. */
export function encodeState(state: GateState): string {
  return JSON.stringify(state);
}

/** What {@link encodeState} has encoded; where nothing is kept, nothing has happened. */
export function decodeState(text: string | null): GateState {
  return text === null ? UNTOUCHED : (JSON.parse(text) as GateState);
}

function refused(outcome: Exclude<GateRefusal['outcome'], 'too early'>): Verdict {
  return { refusal: { outcome } };
}
