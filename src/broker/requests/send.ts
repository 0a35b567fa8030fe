/** Sends a request that carries secrets, to where they are bound, and gives back a response without them. */

import type { IncomingMessage } from 'node:http';
import { errorCode } from '../../core/errors.js';
import {
  type Guard,
  GuardError,
  type GuardedRequest,
  guardedRequest,
  type KeptConnections,
} from '../../net/guarded-connection.js';
import type { Trust } from '../../net/trust.js';
import type { Policy } from '../../vault/records.js';
import type { Slot } from '../../vault/request-slots.js';
import { PolicyError, UpstreamError } from '../broker-error.js';
import { percentEncoded } from '../masking/forms.js';
import { type MaskedForms, maskedForms, type NamedSecret } from '../masking/masker.js';
import { checkBinding, reachOf } from './bindings.js';
import type { HeaderList } from './headers.js';
import { checkRequest, inject, type OutgoingRequest } from './injection.js';
import { substitute } from './placeholders.js';
import { type RedactedResponse, redact } from './redaction.js';

/** A secret, what may be done with it, and what it is wanted for. */
export interface SecretUse extends NamedSecret {
  readonly policy: Policy;
  /** Milliseconds since 1970; undefined for never. */
  readonly expiresAt?: number | undefined;
  readonly slot: Slot;
  /** What stands in the request in its place; without it the secret is added. */
  readonly placeholder?: string | undefined;
}

/** How requests are sent. */
export interface SendOptions extends Pick<Guard, 'resolve'> {
  readonly trust: Trust;
  readonly now: () => number;
  /** How many redirects to follow; 0 for none: then a redirect is the response. */
  readonly redirects: number;
  /** Ends the request, and the reading of the response. */
  readonly signal: AbortSignal;
  /** Connections that may be used again. Default: each request has its own. */
  readonly connections?: KeptConnections;
  /** Bindings that say which local hosts can be reached. Default: those of the request's secrets. */
  readonly reach?: readonly Policy[];
  /** What is masked in the response. Default: the secrets of the request. */
  readonly forms?: MaskedForms;
}

/** Nobody follows more (Fetch Standard, HTTP-redirect fetch). */
export const MOST_REDIRECTS = 20;

/**
 * Checks all that can be refused without the network: the request as its caller wrote it, and each secret's binding.
 * @throws PolicyError, InjectionError.
 */
export function checkUses(request: OutgoingRequest, uses: readonly SecretUse[], now: number): void {
  checkRequest(request);
  for (const use of uses) checkUse(request, use, now);
}

/**
 * Sends the request, once: nothing is tried again. A redirect that is followed carries those secrets only that are bound
 * to where it leads, in the slot that they had. A request whose body is a stream can follow none.
 * @throws PolicyError, InjectionError: nothing was sent; UpstreamError.
 */
export async function sendWithSecrets(
  request: OutgoingRequest,
  uses: readonly SecretUse[],
  options: SendOptions,
): Promise<RedactedResponse> {
  checkUses(request, uses, options.now());
  const forms = options.forms ?? formsIn(uses);
  let next = request;
  let carried = uses;
  for (let followed = 0; ; followed++) {
    const response = redact(await exchange(withSecrets(next, carried), uses, options), forms, next.method);
    const target = options.redirects === 0 ? null : redirectOf(response, next);
    if (target === null) return response;
    response.close();
    if (followed >= options.redirects) {
      throw new UpstreamError(`more than ${options.redirects} redirects`, 'TOO_MANY_REDIRECTS');
    }
    checkRequest(target);
    carried = carried.filter((use) => isAllowed(target, use, options.now()));
    next = target;
  }
}

/**
 * The request with its secrets.
 * @throws InjectionError.
 */
export function withSecrets(request: OutgoingRequest, uses: readonly SecretUse[]): OutgoingRequest {
  return uses.reduce(
    (whole, { slot, value, placeholder }) =>
      placeholder === undefined ? inject(whole, slot, value) : substitute(whole, slot, placeholder, value),
    request,
  );
}

/** All forms in which these secrets may come back. */
export function formsIn(
  secrets: readonly (NamedSecret & { readonly slot?: Slot })[],
  mark?: (name: string) => string,
): MaskedForms {
  return maskedForms(secrets.flatMap(maskedPartsOf), mark);
}

function checkUse(
  { url, method }: OutgoingRequest,
  { name, policy, slot, expiresAt }: SecretUse,
  now: number,
): void {
  checkBinding(name, policy, { url, method, slot });
  if (expiresAt !== undefined && expiresAt <= now) {
    throw new PolicyError(
      `${name} has expired: set it anew`,
      'SECRET_PAST_EXPIRY',
      `zephr vault set ${name}`,
    );
  }
}

function isAllowed(request: OutgoingRequest, use: SecretUse, now: number): boolean {
  try {
    checkUse(request, use, now);
    return true;
  } catch (error) {
    if (error instanceof PolicyError) return false;
    throw error;
  }
}

/**
 * What is masked of a secret: its value, where that may be a pair its password too, and what an upstream may have made
 * of them before it encodes them once more, as one does that repeats a JSON body in JSON, or a URL in a URL.
 */
function maskedPartsOf({ name, value, slot }: NamedSecret & { readonly slot?: Slot }): NamedSecret[] {
  const isPair = value.includes(0x3a) && (slot === undefined || slot.kind === 'basic');
  const password = isPair ? [value.subarray(value.indexOf(0x3a) + 1)] : [];
  return [value, ...password].flatMap((part) => {
    const bytes = Buffer.from(part);
    // A header read as ISO 8859-1 and written as UTF-8.
    const texts = [bytes.toString(), bytes.toString('latin1')];
    const coded = texts.flatMap((text) => [text, JSON.stringify(text).slice(1, -1)]);
    const variants = [bytes, Buffer.from(percentEncoded(bytes)), ...coded.map((text) => Buffer.from(text))];
    return variants.map((variant) => ({ name, value: variant }));
  });
}

function exchange(
  request: OutgoingRequest,
  uses: readonly SecretUse[],
  options: SendOptions,
): Promise<IncomingMessage> {
  const { url } = request;
  const { reach = uses.map((use) => use.policy), signal, connections } = options;
  const sent = wireRequest(request);
  return guarded(url, reach, options, (guard) => guardedRequest(url, sent, guard, signal, connections));
}

/**
 * Calls `send` with the guard for a URL, and again once more authorities are trusted.
 * @throws GuardError; UpstreamError for all else that goes wrong; the signal's reason.
 */
export async function guarded<T>(
  url: URL,
  reach: readonly Policy[],
  { resolve, trust, signal }: Pick<SendOptions, 'resolve' | 'trust' | 'signal'>,
  send: (guard: Guard) => Promise<T>,
): Promise<T> {
  const policy = reachOf(url, reach);
  for (;;) {
    const ca = trust.authorities;
    try {
      return await send({ policy, resolve, ca });
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof GuardError) throw error;
      // Nothing was sent over a connection that was not trusted.
      if (await trust.widenAfter(error, ca)) continue;
      throw noAnswer(url, error);
    }
  }
}

/** Node's words may name more of the request than its host: its code says what happened. */
function noAnswer(url: URL, cause: unknown): UpstreamError {
  const code = errorCode(cause);
  const why = code === undefined ? '' : ` (${code})`;
  return new UpstreamError(`${url.host} did not answer${why}`, 'UPSTREAM_FAILED', { cause });
}

/** The request as it is sent. */
export function wireRequest({ method, headers, body, bodyLength }: OutgoingRequest): GuardedRequest {
  const length = bodyLength === undefined ? {} : { 'Content-Length': String(bodyLength) };
  return { method, headers: { ...wireHeaders(headers), ...length }, body: body ?? '' };
}

/** Names in their own case, each once; nothing is compressed on the way back. */
function wireHeaders(headers: HeaderList): Record<string, string | string[]> {
  const lists = new Map<string, [name: string, ...values: string[]]>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    if (key === 'accept-encoding') continue;
    const list = lists.get(key);
    if (list === undefined) lists.set(key, [name, value]);
    else list.push(value);
  }
  const wire: Record<string, string | string[]> = { 'Accept-Encoding': 'identity' };
  for (const [name, ...values] of lists.values())
    wire[name] = values.length === 1 ? (values[0] ?? '') : values;
  return wire;
}

/** The request that a redirect leads to (RFC 9110 section 15.4), before secrets; null for any other response. */
function redirectOf({ status, headers }: RedactedResponse, request: OutgoingRequest): OutgoingRequest | null {
  const location = headers.find(([name]) => name.toLowerCase() === 'location')?.[1];
  if (location === undefined || ![301, 302, 303, 307, 308].includes(status)) return null;
  if (!URL.canParse(location, request.url)) return null;
  const url = new URL(location, request.url);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null;
  const becomesGet = status === 303 ? request.method !== 'HEAD' : status < 303 && request.method === 'POST';
  const isElsewhere = url.origin !== request.url.origin;
  const kept = request.headers.filter(
    ([name]) =>
      !(becomesGet && /^content-/i.test(name)) && !(isElsewhere && /^(?:authorization|cookie)$/i.test(name)),
  );
  return becomesGet ? { method: 'GET', url, headers: kept, body: null } : { ...request, url, headers: kept };
}
