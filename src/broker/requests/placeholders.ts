/**
 * Placeholders: what stands in a request, and in the environment of a command, in place of a secret. One keeps the
 * beginning and the length of its secret, as far as that tells nothing, so that clients' own checks pass.
 */

import { randomInt } from 'node:crypto';
import type { Slot } from '../../vault/request-slots.js';
import { InjectionError } from '../broker-error.js';
import { percentEncoded } from '../masking/forms.js';
import { FORM, isJsonType, mediaTypeOf } from './headers.js';
import { checkFits, latin1, type OutgoingRequest, textOf } from './injection.js';

/** A shorter random part could turn up by chance. */
const FEWEST_RANDOM = 16;

/** What issuers put before a key to say what it is: `sk_live_`, `ghp_`, `xoxb-`, `AKIA`. */
const ISSUED = /^(?:[A-Za-z]{2,10}[_-]){1,3}|^(?:AKIA|ASIA|AIza|eyJ)/;

const DIGITS = '0123456789';
const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();

/** Alphabets of keys, the first that a value fits in counts. */
const ALPHABETS: readonly (readonly [RegExp, string])[] = [
  [/^[0-9a-f]+$/, `${DIGITS}abcdef`],
  [/^[0-9A-F]+$/, `${DIGITS}ABCDEF`],
  [/^[0-9A-Z]+$/, DIGITS + UPPER],
  [/^[0-9a-z]+$/, DIGITS + LOWER],
];

/**
 * Makes a placeholder: letters and digits behind what is common to keys of its kind. A pair, `user:password`, gets one
 * of two parts.
 */
export function makePlaceholder(value: Uint8Array): string {
  const text = latin1(value);
  const [, user, password] = /^([^:\s/]+):([^:\s/]+)$/.exec(text) ?? [];
  if (user !== undefined && password !== undefined) return `${alike(user)}:${alike(password)}`;
  return alike(text);
}

function alike(text: string): string {
  const issued = /^[\w.~+/=-]+$/.test(text) ? (ISSUED.exec(text)?.[0] ?? '') : '';
  const rest = text.slice(issued.length);
  // A beginning of which little is left is no beginning.
  const prefix = rest.length >= FEWEST_RANDOM ? issued : '';
  const own = prefix === '' ? text : rest;
  const alphabet = ALPHABETS.find(([pattern]) => pattern.test(own))?.[1] ?? DIGITS + LOWER + UPPER;
  const length = Math.max(FEWEST_RANDOM, own.length);
  return prefix + Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}

/**
 * Where in a request a placeholder stands, but for its body: headers, alone or with other text, and parameters of the
 * URL. A pair, or the password of one, is found in basic authentication.
 * @throws InjectionError when it stands in the path, where no secret goes.
 */
export function slotsOf(placeholder: string, { url, headers }: OutgoingRequest): Slot[] {
  const isCoded = (text: string) =>
    text.includes(placeholder) || text.includes(encodeURIComponent(placeholder));
  if (isCoded(url.pathname)) throw new InjectionError('a secret has no place in the path of a URL');
  const slots: Slot[] = [];
  for (const [name, value] of headers) {
    const isAuthorization = name.toLowerCase() === 'authorization';
    if (isAuthorization && pairIn(value)?.includes(placeholder)) slots.push({ kind: 'basic' });
    else if (!value.includes(placeholder)) continue;
    else if (isAuthorization && /^bearer /i.test(value)) slots.push({ kind: 'bearer' });
    else slots.push({ kind: 'header', name });
  }
  if (isCoded(url.search)) {
    for (const [name, value] of url.searchParams) {
      if (value.includes(placeholder)) slots.push({ kind: 'query', name });
    }
  }
  return slots;
}

/**
 * The request with `value` in place of a placeholder in this slot.
 * @throws InjectionError when the value does not fit there. It does not show the value.
 */
export function substitute(
  request: OutgoingRequest,
  slot: Slot,
  placeholder: string,
  value: Uint8Array,
): OutgoingRequest {
  switch (slot.kind) {
    case 'bearer':
      return inHeader(request, 'Authorization', (text) => text.replaceAll(placeholder, () => latin1(value)));
    case 'basic':
      return inHeader(request, 'Authorization', (text) => {
        const pair = (pairIn(text) ?? '').replaceAll(placeholder, () => latin1(value));
        return `Basic ${Buffer.from(pair, 'latin1').toString('base64')}`;
      });
    case 'header':
      return inHeader(request, slot.name, (text) => text.replaceAll(placeholder, () => latin1(value)));
    case 'query': {
      const url = new URL(request.url);
      url.search = inText(url.search, placeholder, percentEncoded(value));
      return { ...request, url };
    }
    case 'form':
      return inBody(request, (text) => inText(text, placeholder, percentEncoded(value)));
    case 'body': {
      const json = JSON.stringify(textOf(value, 'a secret in a JSON body')).slice(1, -1);
      return inBody(request, (text) => text.replaceAll(placeholder, () => json));
    }
  }
}

/**
 * Whether a placeholder stands in this slot of a body, which is JSON or a form, and nowhere else in it: what a text says
 * of a placeholder is not for anybody to fill in.
 */
export function isInBody(placeholder: string, slot: Slot, request: OutgoingRequest): boolean {
  const { body } = request;
  if (!(body instanceof Uint8Array) || !Buffer.from(body).includes(placeholder.slice(0, FEWEST_RANDOM)))
    return false;
  const type = mediaTypeOf(request);
  const text = Buffer.from(body).toString();
  if (slot.kind === 'form' && type === FORM) {
    return [...new URLSearchParams(text)].every(
      ([name, value]) => value.includes(placeholder) === (name === slot.name),
    );
  }
  if (slot.kind !== 'body' || !isJsonType(type)) return false;
  const found = memberAt(text, slot.path);
  return typeof found === 'string' && found.includes(placeholder) && text.split(placeholder).length === 2;
}

/** What a path leads to in a JSON text; undefined where it leads to nothing, or the text is none. */
function memberAt(text: string, path: readonly string[]): unknown {
  try {
    return path.reduce((object: unknown, name) => Object(object)[name], JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The `user:password` of basic authentication, as ISO 8859-1; null for anything else. */
function pairIn(value: string): string | null {
  const [, coded] = /^basic +([\w+/=-]+)$/i.exec(value) ?? [];
  return coded === undefined ? null : Buffer.from(coded, 'base64').toString('latin1');
}

function inHeader(
  request: OutgoingRequest,
  name: string,
  change: (value: string) => string,
): OutgoingRequest {
  const headers = request.headers.map(([own, value]) => {
    if (own.toLowerCase() !== name.toLowerCase()) return [own, value] as const;
    const changed = change(value);
    checkFits(own, changed);
    return [own, changed] as const;
  });
  return { ...request, headers };
}

/** A placeholder of a pair has a colon, which may be percent-encoded. */
function inText(text: string, placeholder: string, value: string): string {
  return text
    .replaceAll(placeholder, () => value)
    .replaceAll(encodeURIComponent(placeholder), () => value)
    .replaceAll(encodeURIComponent(placeholder).toLowerCase(), () => value);
}

function inBody(request: OutgoingRequest, change: (text: string) => string): OutgoingRequest {
  if (!(request.body instanceof Uint8Array))
    throw new InjectionError('the body is too long for a secret in it');
  return { ...request, body: Buffer.from(change(Buffer.from(request.body).toString())) };
}
