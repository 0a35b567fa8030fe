/** What the bearer of a link may do with it (core/protocol/PROTOCOL.md section 1), by what its key starts with. */

import { ValidationError } from '../errors.js';

/** Read a secret, answer a request, collect the answers, or tell what became of a secret and revoke it. */
export type LinkKind = 'secret' | 'request' | 'collect' | 'receipt';

const BY_KEY: Readonly<Record<string, LinkKind>> = {
  'r1.': 'request',
  'c1.': 'collect',
  's1.': 'receipt',
};

/** What a link of each kind is for, said to those who wanted one of another. */
const PURPOSES: Readonly<Record<LinkKind, string>> = {
  secret: 'this link reads a secret: use zephr get',
  request: 'this link answers a request: use zephr give',
  collect: 'this link collects the answers to a request: use zephr get',
  receipt: 'this is the receipt of a secret: it tells what became of the secret, and does not read it',
};

/** The kind of the link that a key belongs to. A key that names no other kind is for reading a secret, or damaged. */
export function kindOfKey(key: string): LinkKind {
  return BY_KEY[key.slice(0, 3)] ?? 'secret';
}

/** @throws ValidationError `LINK_OF_ANOTHER_KIND`, which names the kind that was given, unless it is the one wanted. */
export function requireKind(wanted: LinkKind, given: LinkKind): void {
  if (given !== wanted) throw new ValidationError(PURPOSES[given], 'LINK_OF_ANOTHER_KIND');
}
