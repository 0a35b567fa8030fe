/**
 * Lists and statistics of an API key as they travel (PROTOCOL.md section 10): replies, and what clients check before they
 * use them.
 */

import type { Version } from '../key.js';
import { isSecretId } from '../link.js';
import {
  invalidReply,
  isObject,
  object,
  parseStatusReply,
  SECRET_STATES,
  type SecretState,
  type StatusReply,
} from './replies.js';
import { parseListedRequest } from './request-replies.js';
import { REQUEST_STATES, type RequestState, type RequestsReply } from './secret-requests.js';

/** Records in a page of a list, if nothing else is said, and at most. */
export const PAGE = { usual: 20, most: 100 } as const;

/** A secret in a {@link SecretsReply}: what a status tells its sender, and what the server holds of it. */
export interface ListedSecretReply extends StatusReply {
  readonly id: string;
  readonly version: Version;
  /** Of its blob and the stream of its files; 0 once they are destroyed. */
  readonly bytes: number;
}

/** The body of `GET /api/secrets`: the secrets of an API key, the newest first. */
export interface SecretsReply {
  readonly secrets: readonly ListedSecretReply[];
  /** What `after` takes for the next page. Missing on the last one. */
  readonly next?: string;
}

/** How many were created in the calendar's day, week (from Monday) and month, in UTC; and all that are known. */
export interface CreatedCounts {
  readonly today: number;
  readonly this_week: number;
  readonly this_month: number;
  readonly total: number;
}

/** The body of `GET /api/stats`. */
export interface StatsReply {
  readonly secrets: {
    readonly states: Readonly<Record<SecretState, number>>;
    readonly created: CreatedCounts;
    /** Of all of them, as for {@link ListedSecretReply}. */
    readonly bytes: number;
  };
  readonly requests: {
    readonly states: Readonly<Record<RequestState, number>>;
    readonly created: CreatedCounts;
  };
}

/** Checks a page of secrets. @throws ValidationError `INVALID_REPLY`. */
export function parseSecretsReply(json: unknown): SecretsReply {
  const { secrets, next } = object(json);
  if (!Array.isArray(secrets) || secrets.length > PAGE.most) throw invalidReply('secrets');
  return { secrets: secrets.map(parseListedSecret), ...parseNext(next) };
}

/** Checks a page of requests. @throws ValidationError `INVALID_REPLY`. */
export function parseRequestsReply(json: unknown): RequestsReply {
  const { requests, next } = object(json);
  if (!Array.isArray(requests) || requests.length > PAGE.most) throw invalidReply('requests');
  return { requests: requests.map(parseListedRequest), ...parseNext(next) };
}

/** Checks the statistics. @throws ValidationError `INVALID_REPLY`. */
export function parseStatsReply(json: unknown): StatsReply {
  const { secrets, requests } = object(json);
  const ofSecrets = object(secrets);
  const ofRequests = object(requests);
  return {
    secrets: {
      states: countsIn(ofSecrets.states, SECRET_STATES),
      created: parseCreated(ofSecrets.created),
      bytes: count(ofSecrets.bytes, 'bytes'),
    },
    requests: {
      states: countsIn(ofRequests.states, REQUEST_STATES),
      created: parseCreated(ofRequests.created),
    },
  };
}

function parseListedSecret(json: unknown): ListedSecretReply {
  const { id, version, bytes } = object(json);
  if (typeof id !== 'string' || !isSecretId(id)) throw invalidReply('id');
  if (version !== 1 && version !== 2) throw invalidReply('version');
  return { id, version, ...parseStatusReply(json), bytes: count(bytes, 'bytes') };
}

/** A place in a list: opaque to clients, and such that it can stand in a query as it is. */
function parseNext(next: unknown): { readonly next?: string } {
  if (next === undefined || next === null) return {};
  if (typeof next !== 'string' || !/^[A-Za-z0-9._-]{1,64}$/.test(next)) throw invalidReply('next');
  return { next };
}

function parseCreated(json: unknown): CreatedCounts {
  const { today, this_week, this_month, total } = object(json);
  return {
    today: count(today, 'today'),
    this_week: count(this_week, 'this_week'),
    this_month: count(this_month, 'this_month'),
    total: count(total, 'total'),
  };
}

function countsIn<State extends string>(
  json: unknown,
  states: readonly State[],
): Readonly<Record<State, number>> {
  if (!isObject(json)) throw invalidReply('states');
  const counts = states.map((state) => [state, count(json[state], 'states')]);
  return Object.fromEntries(counts) as Record<State, number>;
}

function count(value: unknown, member: string): number {
  if (!Number.isSafeInteger(value) || Number(value) < 0) throw invalidReply(member);
  return Number(value);
}
