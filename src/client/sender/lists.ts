/** What an API key has made, on whatever machine (core/protocol/PROTOCOL.md section 10): lists and statistics. */

import { ValidationError } from '../../core/errors.js';
import type { Version } from '../../core/key.js';
import { parseServer } from '../../core/link.js';
import { DEFAULT_SERVER } from '../../core/protocol/limits.js';
import {
  type CreatedCounts,
  PAGE,
  parseRequestsReply,
  parseSecretsReply,
  parseStatsReply,
} from '../../core/protocol/lists.js';
import type { SecretState } from '../../core/protocol/replies.js';
import { isHint } from '../../core/protocol/requests.js';
import type { RequestState } from '../../core/protocol/secret-requests.js';
import { apiKeyHeaders } from '../authorization.js';
import { type SecretStatus, statusOf } from '../secret-status.js';
import { checkReply } from '../transport/network-errors.js';
import { send, type TransportOptions } from '../transport/send.js';

/** Whose lists. */
export interface OwnerOptions extends TransportOptions {
  readonly apiKey: string;
  /** Default `https://zephr.io`. */
  readonly server?: string;
}

/** Which page of a list. */
interface PageOptions extends OwnerOptions {
  /** Most records, 1 to 100. Default 20. `INVALID_LIMIT` */
  readonly limit?: number;
  /** The `next` of the page before. Default: the first page. */
  readonly after?: string;
}

/** Options of {@link listSecrets}. */
export interface ListSecretsOptions extends PageOptions {
  /** Only those in this state. */
  readonly state?: SecretState;
  /** Only those whose hint has this in it, letter for letter. `INVALID_HINT` */
  readonly hint?: string;
}

/** Options of {@link listRequests}. */
export interface ListRequestsOptions extends PageOptions {
  /** Only those in this state. */
  readonly state?: RequestState;
}

/** A secret in a list. */
export interface ListedSecret extends SecretStatus {
  readonly id: string;
  readonly version: Version;
  /** What the server holds of it, files too, in bytes; 0 once that is destroyed. */
  readonly bytes: number;
}

/** A page of secrets: with filters it may have few, or none, and still a `next`. */
export interface SecretList {
  readonly secrets: readonly ListedSecret[];
  /** What `after` takes for the next page; missing on the last one. */
  readonly next?: string;
}

/** A request for a secret in a list. Times are ISO 8601, UTC. */
export interface ListedRequest {
  readonly id: string;
  readonly state: RequestState;
  readonly createdAt: string;
  readonly expiresAt: string;
  /** How long an answer can be read, in minutes. */
  readonly secretExpiry: number;
  readonly answers: number;
  readonly answersLeft: number;
  readonly answerViews: number;
}

/** A page of requests. */
export interface RequestList {
  readonly requests: readonly ListedRequest[];
  /** As for {@link SecretList}. */
  readonly next?: string;
}

/** How many were created in the day, the week (from Monday) and the month of UTC, and all that the server knows. */
export interface Created {
  readonly today: number;
  readonly thisWeek: number;
  readonly thisMonth: number;
  readonly total: number;
}

/** Counts of what an API key has made: all that its server has not forgotten, as it does a day after an expiry. */
export interface Statistics {
  readonly secrets: {
    readonly states: Readonly<Record<SecretState, number>>;
    readonly created: Created;
    /** What the server holds of them, in bytes. */
    readonly bytes: number;
  };
  readonly requests: {
    readonly states: Readonly<Record<RequestState, number>>;
    readonly created: Created;
  };
}

/**
 * Lists the secrets that an API key has made, the newest first.
 * @throws ValidationError for a wrong option or an unusable API key, before anything is sent.
 * @throws ApiError 401 for a key that is unknown, revoked or expired.
 * @throws NetworkError when no usable answer came; the reason of `signal`.
 * @example
 * let after;
 * do {
 *   const page = await listSecrets({ server, apiKey, state: 'waiting', after });
 *   for (const { id, hint } of page.secrets) console.log(id, hint);
 *   after = page.next;
 * } while (after !== undefined);
 */
export async function listSecrets(options: ListSecretsOptions): Promise<SecretList> {
  const { hint } = options;
  if (hint !== undefined && !isHint(hint)) {
    throw new ValidationError('the hint is not what a hint can have in it', 'INVALID_HINT');
  }
  const { url, json } = await ask('secrets', options, { ...pageQuery(options), hint });
  const { secrets, ...next } = checkReply(url, () => parseSecretsReply(json));
  return {
    secrets: secrets.map((one) => ({
      id: one.id,
      version: one.version,
      ...statusOf(one),
      bytes: one.bytes,
    })),
    ...next,
  };
}

/** The same of the requests for a secret that an API key has made. @throws as {@link listSecrets} does. */
export async function listRequests(options: ListRequestsOptions): Promise<RequestList> {
  const { url, json } = await ask('requests', options, pageQuery(options));
  const { requests, ...next } = checkReply(url, () => parseRequestsReply(json));
  return {
    requests: requests.map((one) => ({
      id: one.id,
      state: one.state,
      createdAt: one.created_at,
      expiresAt: one.expires_at,
      secretExpiry: one.secret_expiry,
      answers: one.answers,
      answersLeft: one.answers_left,
      answerViews: one.answer_views,
    })),
    ...next,
  };
}

/** Counts what an API key has made. @throws as {@link listSecrets} does. */
export async function secretStatistics(options: OwnerOptions): Promise<Statistics> {
  const { url, json } = await ask('stats', options, {});
  const { secrets, requests } = checkReply(url, () => parseStatsReply(json));
  return {
    secrets: { ...secrets, created: createdOf(secrets.created) },
    requests: { ...requests, created: createdOf(requests.created) },
  };
}

/** @param query what is undefined is left out. */
async function ask(
  family: string,
  { apiKey, server = DEFAULT_SERVER, fetch, timeout, signal }: OwnerOptions,
  query: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly url: string; readonly json: unknown }> {
  if (typeof apiKey !== 'string') throw new ValidationError('a list takes an API key', 'INVALID_API_KEY');
  const given = Object.entries(query).filter((one): one is [string, string] => one[1] !== undefined);
  const search = new URLSearchParams(given).toString();
  const url = `${parseServer(server)}/api/${family}`;
  const request = { method: 'GET', url: search === '' ? url : `${url}?${search}` } as const;
  const transport = {
    ...(fetch && { fetch }),
    ...(timeout !== undefined && { timeout }),
    ...(signal && { signal }),
  };
  const { json } = await send({ ...request, headers: apiKeyHeaders(apiKey) }, transport);
  return { url, json };
}

function pageQuery({ limit, after, state }: PageOptions & { readonly state?: string }) {
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1 && limit <= PAGE.most)) {
    throw new ValidationError(`the limit is not 1 to ${PAGE.most}`, 'INVALID_LIMIT');
  }
  return { state, limit: limit?.toString(), after };
}

function createdOf({ today, this_week: thisWeek, this_month: thisMonth, total }: CreatedCounts): Created {
  return { today, thisWeek, thisMonth, total };
}
