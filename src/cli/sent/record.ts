/**
 * A line of the list of what was sent from this machine: one JSON object. A line with a `kind` is a record; one without
 * says what became of one, and the last such line counts. Kinds and members that this version does not know stay as they
 * are. No line holds a key, a link, or anything that reads what was sent.
 */

import { isSecretId } from '../../core/link.js';
import { SECRET_STATES, type SecretState } from '../../core/protocol/replies.js';
import { isProof } from '../../core/protocol/requests.js';

/** What is known of what became of a secret. Times are ISO 8601, here as below. */
export interface KnownState {
  readonly state: SecretState;
  readonly viewsLeft: number;
  readonly firstReadAt?: string;
  readonly lastReadAt?: string;
  /** Its server knows the secret no more, and nothing will be added to this. */
  readonly forgotten?: true;
}

/** Which secret on which server. */
export interface Place {
  readonly server: string;
  readonly id: string;
}

/** A secret that was sent. */
export interface SentSecret extends Place {
  readonly kind: 'secret';
  /** 43 characters of base64url; missing where the server keeps none. */
  readonly receipt?: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly views: number;
  readonly hint?: string;
  /** The sender's own words; nobody else gets them. */
  readonly memo?: string;
}

/** A secret of the list, with what became of it as far as this machine knows. */
export interface Listed extends SentSecret {
  readonly known: KnownState;
}

/** Any line, as far as it is understood. */
export type Line =
  | { readonly is: 'secret'; readonly secret: SentSecret }
  | { readonly is: 'state'; readonly place: Place; readonly known: KnownState }
  /** A record of a kind that this version does not know. */
  | { readonly is: 'other' }
  | { readonly is: 'damaged' };

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
  if (kind !== 'secret') return typeof kind === 'string' ? { is: 'other' } : { is: 'damaged' };
  const { receipt, createdAt, expiresAt, views, hint, memo } = members;
  if (!isTime(createdAt) || !isTime(expiresAt) || !isCount(views, 1)) return { is: 'damaged' };
  const secret: SentSecret = {
    kind,
    server,
    id,
    ...(typeof receipt === 'string' && isProof(receipt) ? { receipt } : {}),
    createdAt,
    expiresAt,
    views,
    ...(typeof hint === 'string' ? { hint } : {}),
    ...(typeof memo === 'string' ? { memo } : {}),
  };
  return { is: 'secret', secret };
}

/** The line that says what became of a secret. */
export function formatState({ server, id }: Place, known: KnownState): string {
  return JSON.stringify({ server, id, ...known });
}

/** What a secret is known by in the list: an id alone may be one on two servers. */
export function keyOf({ server, id }: Place): string {
  return `${id} ${server}`;
}

/** Whether nothing more can become of a secret. */
export function hasEnded({ state, forgotten }: KnownState): boolean {
  return state !== 'waiting' || forgotten === true;
}

function stateLine(place: Place, members: Record<string, unknown>): Line {
  const { state: word, viewsLeft, firstReadAt, lastReadAt, forgotten } = members;
  const state = SECRET_STATES.find((known) => known === word);
  if (state === undefined || !isCount(viewsLeft, 0)) return { is: 'damaged' };
  const known: KnownState = {
    state,
    viewsLeft,
    ...(isTime(firstReadAt) ? { firstReadAt } : {}),
    ...(isTime(lastReadAt) ? { lastReadAt } : {}),
    ...(forgotten === true ? { forgotten } : {}),
  };
  return { is: 'state', place, known };
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}

function isCount(value: unknown, least: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= least;
}
