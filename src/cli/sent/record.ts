/**
 * A line of the list of what was sent from this machine: one JSON object. A line with a `kind` is a record; one without
 * says what became of one, and the last such line counts. Kinds and members that this version does not know stay as they
 * are. No line holds a key, a link, or anything that reads what was sent.
 */

import { isSecretId } from '../../core/link.js';
import { SECRET_STATES, type SecretState } from '../../core/protocol/replies.js';
import { isProof } from '../../core/protocol/requests.js';
import { REQUEST_STATES, type RequestState } from '../../core/protocol/secret-requests.js';

/** What is known of what became of a secret. Times are ISO 8601, here as below. */
export interface KnownSecret {
  readonly state: SecretState;
  readonly viewsLeft: number;
  readonly firstReadAt?: string;
  readonly lastReadAt?: string;
  /** Its server knows the secret no more, and nothing will be added to this. */
  readonly forgotten?: true;
}

/** The same of a request. */
export interface KnownRequest extends Pick<KnownSecret, 'forgotten'> {
  readonly state: RequestState;
  readonly answersLeft: number;
}

export type KnownState = KnownSecret | KnownRequest;

/** What on which server. */
export interface Place {
  readonly server: string;
  readonly id: string;
}

/** What every record has. */
interface Sent extends Place {
  /** 43 characters of base64url; missing where the server keeps none. */
  readonly receipt?: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly hint?: string;
  /** The sender's own words; nobody else gets them. */
  readonly memo?: string;
}

/** A secret that was sent. */
export interface SentSecret extends Sent {
  readonly kind: 'secret';
  readonly views: number;
  /** The id of the request that it answers; missing where it answers none. */
  readonly request?: string;
}

/** A request for a secret. Its receipt shows that it is one's own, and opens no answer. */
export interface SentRequest extends Sent {
  readonly kind: 'request';
  readonly answers: number;
}

export type SentRecord = SentSecret | SentRequest;

/** A record of the list, with what became of it as far as this machine knows. */
export type Listed =
  | (SentSecret & { readonly known: KnownSecret })
  | (SentRequest & { readonly known: KnownRequest });

/** Any line, as far as it is understood. */
export type Line =
  | { readonly is: 'record'; readonly record: SentRecord }
  | { readonly is: 'state'; readonly place: Place; readonly known: KnownState }
  /** A record of a kind that this version does not know. */
  | { readonly is: 'other' }
  | { readonly is: 'damaged' };

/** A record of which nothing more is known than that it was made. */
export function newlyListed(record: SentRecord): Listed {
  return record.kind === 'secret'
    ? { ...record, known: { state: 'waiting', viewsLeft: record.views } }
    : { ...record, known: { state: 'open', answersLeft: record.answers } };
}

/** The record with what became of it, where that is about its kind; else as it was. */
export function withState(listed: Listed, known: KnownState): Listed {
  if (listed.kind === 'secret') return 'viewsLeft' in known ? { ...listed, known } : listed;
  return 'answersLeft' in known ? { ...listed, known } : listed;
}

/** How many can read it, or have answered it, of how many. */
export function countsOf(listed: Listed): { readonly all: number; readonly left: number } {
  return listed.kind === 'secret'
    ? { all: listed.views, left: listed.known.viewsLeft }
    : { all: listed.answers, left: listed.known.answersLeft };
}

/** Reads a line. */
export function parseLine(text: string): Line {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { is: 'damaged' };
  }
  const members: Record<string, unknown> = Object(json);
  const { kind, server, id } = members;
  if (typeof server !== 'string' || typeof id !== 'string' || !isSecretId(id) || !URL.canParse(server)) {
    return { is: 'damaged' };
  }
  if (kind === undefined) return stateLine({ server, id }, members);
  if (kind !== 'secret' && kind !== 'request') {
    return typeof kind === 'string' ? { is: 'other' } : { is: 'damaged' };
  }
  const { receipt, createdAt, expiresAt, hint, memo, request } = members;
  const count = kind === 'secret' ? members.views : members.answers;
  if (!isTime(createdAt) || !isTime(expiresAt) || !isCount(count, 1)) return { is: 'damaged' };
  const sent: Sent = {
    server,
    id,
    ...(typeof receipt === 'string' && isProof(receipt) ? { receipt } : {}),
    createdAt,
    expiresAt,
    ...(typeof hint === 'string' ? { hint } : {}),
    ...(typeof memo === 'string' ? { memo } : {}),
  };
  if (kind === 'request') return { is: 'record', record: { kind, ...sent, answers: count } };
  const answered = typeof request === 'string' && isSecretId(request) ? { request } : {};
  return { is: 'record', record: { kind, ...sent, views: count, ...answered } };
}

/** The line that says what became of a record. */
export function formatState({ server, id }: Place, known: KnownState): string {
  return JSON.stringify({ server, id, ...known });
}

/** What a record is known by in the list: an id alone may be one on two servers. */
export function keyOf({ server, id }: Place): string {
  return `${id} ${server}`;
}

/** Whether nothing more can become of it. */
export function hasEnded({ state, forgotten }: KnownState): boolean {
  return (state !== 'waiting' && state !== 'open') || forgotten === true;
}

function stateLine(place: Place, members: Record<string, unknown>): Line {
  const { state: word, viewsLeft, answersLeft, firstReadAt, lastReadAt, forgotten } = members;
  const end: Pick<KnownSecret, 'forgotten'> = forgotten === true ? { forgotten } : {};
  if (answersLeft !== undefined) {
    const state = REQUEST_STATES.find((known) => known === word);
    if (state === undefined || !isCount(answersLeft, 0)) return { is: 'damaged' };
    return { is: 'state', place, known: { state, answersLeft, ...end } };
  }
  const state = SECRET_STATES.find((known) => known === word);
  if (state === undefined || !isCount(viewsLeft, 0)) return { is: 'damaged' };
  const known: KnownSecret = {
    state,
    viewsLeft,
    ...(isTime(firstReadAt) ? { firstReadAt } : {}),
    ...(isTime(lastReadAt) ? { lastReadAt } : {}),
    ...end,
  };
  return { is: 'state', place, known };
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}

function isCount(value: unknown, least: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= least;
}
