/** The request that a program or an agent describes, and where its secrets go. */

import type { OutgoingRequest } from '../../broker/requests/injection.js';
import { encodeUtf8 } from '../../core/bytes.js';
import { ValidationError } from '../../core/errors.js';
import { surroundings } from '../../vault/project.js';
import { checkPlace } from '../../vault/records.js';
import { parseSlot } from '../../vault/request-slots.js';
import type { NamedSlot } from '../vault/requests.js';
import type { SecretSlots } from './options.js';

/**
 * The slots that options name.
 * @throws ValidationError `INVALID_SLOT`; `INVALID_NAME`, which does not repeat what is no name: it may be a secret.
 */
export function slotsIn({ bearer, basic, header, query, bodyField, formField }: SecretSlots): NamedSlot[] {
  const pairs = (kind: string, names: Readonly<Record<string, string>> = {}) =>
    Object.entries(names).map(([place, name]) => ({ name, slot: parseSlot(`${kind}:${place}`) }));
  const slots: NamedSlot[] = [
    ...(bearer === undefined ? [] : [{ name: bearer, slot: { kind: 'bearer' } as const }]),
    ...(basic === undefined ? [] : [{ name: basic, slot: { kind: 'basic' } as const }]),
    ...pairs('header', header),
    ...pairs('query', query),
    ...pairs('body', bodyField),
    ...pairs('form', formField),
  ];
  // Before a name that is none gets into a message: it may be the secret itself.
  for (const { name } of slots) checkPlace({ ...surroundings({}), name });
  return slots;
}

/** Whether the secret is in the request's body. */
export function isInBody({ slot }: NamedSlot): boolean {
  return slot.kind === 'body' || slot.kind === 'form';
}

/** What a request is, besides its secrets. */
export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly json?: unknown;
}

/**
 * The request without its secrets.
 * @throws ValidationError `TWO_BODIES`.
 */
export function requestTo(
  url: URL,
  { method, headers = {}, body, json }: RequestOptions,
  slots: readonly NamedSlot[],
): OutgoingRequest {
  if (body !== undefined && json !== undefined)
    throw new ValidationError('a request has one body: body or json', 'TWO_BODIES');
  const text = json === undefined ? body : JSON.stringify(json);
  const hasType = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
  const pairs = Object.entries(headers).map(
    ([name, value]) => [name, Buffer.from(value).toString('latin1')] as const,
  );
  const hasBody = text !== undefined || slots.some(isInBody);
  return {
    method: (method ?? (hasBody ? 'POST' : 'GET')).toUpperCase(),
    url,
    headers:
      json === undefined || hasType ? pairs : [...pairs, ['Content-Type', 'application/json'] as const],
    body: text === undefined ? null : typeof text === 'string' ? encodeUtf8(text) : text,
  };
}
