/** The places of a request that a secret can stand in, as bindings and options name them. */

import { ValidationError } from '../core/errors.js';

/** Where in a request a secret stands. Names keep their case. */
export type Slot =
  /** `Authorization: Bearer`, RFC 6750. */
  | { readonly kind: 'bearer' }
  /** `Authorization: Basic`, RFC 7617, of a value `user:password`. */
  | { readonly kind: 'basic' }
  | { readonly kind: 'header' | 'query' | 'form'; readonly name: string }
  /** A member of a JSON body, by the names that lead to it. */
  | { readonly kind: 'body'; readonly path: readonly string[] };

/** Names of headers, RFC 9110 section 5.6.2. */
export const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;

/** Members of that name are not those of an object's own everywhere. */
const NOT_A_MEMBER = '__proto__';

/** Reads `bearer`, `basic`, `header:<name>`, `query:<name>`, `body:<a.b>` or `form:<name>`; null for anything else. */
export function readSlot(text: string): Slot | null {
  if (text === 'bearer' || text === 'basic') return { kind: text };
  const [, kind, name = ''] = /^(header|query|form|body):(.+)$/s.exec(text) ?? [];
  if (kind === 'header' && TOKEN.test(name)) return { kind, name };
  if ((kind === 'query' || kind === 'form') && /^[^\p{C}]{1,128}$/u.test(name)) return { kind, name };
  const path = name.split('.');
  const isPath = /^[^\p{C}.]{1,64}(?:\.[^\p{C}.]{1,64}){0,15}$/u.test(name) && !path.includes(NOT_A_MEMBER);
  return kind === 'body' && isPath ? { kind, path } : null;
}

/**
 * As {@link readSlot}.
 * @throws ValidationError `INVALID_SLOT`.
 */
export function parseSlot(text: string): Slot {
  const slot = readSlot(text);
  if (slot !== null) return slot;
  throw new ValidationError(
    'a place is bearer, basic, header:<name>, query:<name>, body:<a.b> or form:<name>',
    'INVALID_SLOT',
  );
}

/** A slot as {@link parseSlot} reads it. */
export function formatSlot(slot: Slot): string {
  if (slot.kind === 'bearer' || slot.kind === 'basic') return slot.kind;
  return `${slot.kind}:${slot.kind === 'body' ? slot.path.join('.') : slot.name}`;
}

/** Whether both are the same place of a request. The case of a header's name makes no difference. */
export function isSameSlot(one: Slot, other: Slot): boolean {
  const [first, second] = [formatSlot(one), formatSlot(other)];
  return one.kind === 'header' ? first.toLowerCase() === second.toLowerCase() : first === second;
}
