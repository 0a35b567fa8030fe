/**
 * Reading the links and keys of secrets as people give them (core/protocol/PROTOCOL.md section 1). `locate.ts` takes off
 * what mail, chat and terminals put around a link; here its key is checked, to the last bit.
 */

import { ValidationError } from '../errors.js';
import { formatKey, type LinkKey, parseKey } from '../key.js';
import type { Link, SecretAddress } from '../link.js';
import { kindOfKey, requireKind } from './kinds.js';
import { joined, type Located, locate, pasted, unescaped } from './locate.js';
import { MAX_PASTED_LENGTH, undecorated } from './pasted-text.js';

/** What a text holds: a whole link, or the URL half of a split pair, whose key is null. */
export interface GivenLink extends SecretAddress {
  readonly key: LinkKey | null;
  /** The mail gateway or search engine whose link this one was in, for its reader to know which server is asked. */
  readonly wrapper?: string;
}

/**
 * Reads a link, whole or without its key.
 * @throws ValidationError `INVALID_LINK` or `INVALID_KEY` when a part is damaged, `AMBIGUOUS_LINK` for two different
 *   links, `LINK_OF_ANOTHER_KIND` when it is not for reading a secret, `UNKNOWN_KEY_VERSION` when the key is of a later
 *   version.
 */
export function readLink(text: string): GivenLink {
  return toGivenLink(locate(text));
}

/**
 * Reads a whole link and checks it to the last bit, so that no request goes out for a damaged one.
 * @throws ValidationError `MISSING_KEY` for the URL half alone; else as {@link readLink} does.
 */
export function parseLink(text: string): Link {
  const { key, ...address } = readLink(text);
  if (key === null) throw new ValidationError('the part of the link after # is missing', 'MISSING_KEY');
  return { ...address, key };
}

/**
 * Reads the URL half of a split pair.
 * @throws ValidationError `INVALID_LINK`, also when a key follows; `AMBIGUOUS_LINK`, `LINK_OF_ANOTHER_KIND`.
 */
export function parseAddress(text: string): SecretAddress {
  const { fragment, ...found } = locate(text);
  if (fragment !== null) throw new ValidationError('the link has a key already', 'INVALID_LINK');
  const { key, ...address } = toGivenLink({ fragment, ...found });
  return address;
}

/**
 * Reads a split pair. Either half may be the whole link, as long as both mean the same one.
 * @throws ValidationError as {@link readLink} does; `AMBIGUOUS_LINK` when the halves contradict each other.
 */
export function parsePair(url: string, keyText: string): Link {
  const { key: ownKey, ...address } = readLink(url);
  const key = parseKeyFor(address, keyText);
  if (ownKey !== null && formatKey(ownKey) !== formatKey(key)) {
    throw new ValidationError('the link has another key than the one that came with it', 'AMBIGUOUS_LINK');
  }
  return { ...address, key };
}

/**
 * Reads the key of the link with this address: the key alone, or the whole link, which people often paste for it.
 * @throws ValidationError `INVALID_KEY`, `UNKNOWN_KEY_VERSION`; `AMBIGUOUS_LINK` when it is the link of another secret.
 */
export function parseKeyFor({ id }: Pick<SecretAddress, 'id'>, text: string): LinkKey {
  const { lines } = pasted(text, 'INVALID_KEY');
  if (!looksLikeLink(text)) {
    return readKey(unescaped(joined(lines).text), lines.length > 1);
  }
  const link = parseLink(text);
  // By the id alone: a server can have several names.
  if (link.id !== id) {
    throw new ValidationError('that is the key of another link', 'AMBIGUOUS_LINK');
  }
  return link.key;
}

/** Whether a text was meant as a link, whole or half, damaged or not, rather than as a key, which has no slash. */
export function looksLikeLink(text: string): boolean {
  return text.length <= MAX_PASTED_LENGTH && undecorated(text).lines.some((line) => line.includes('/'));
}

/** The link of a secret, its key read. */
function toGivenLink({ kind, fragment, keyIsBroken, ...address }: Located): GivenLink {
  const key = fragment === null ? null : readKey(fragment, keyIsBroken);
  if (kind === 'request') {
    throw new ValidationError('this is the link of a request, not of a secret', 'LINK_OF_ANOTHER_KIND');
  }
  return { ...address, key };
}

/**
 * Reads a key. One of version 1 that was put together from lines is refused: a word of the next line can complete it by
 * accident, and who reads with a wrong key of version 1 uses up the secret. The others are proved before anything is
 * used up.
 */
function readKey(text: string, isBroken: boolean): LinkKey {
  requireKind('secret', kindOfKey(text));
  const key = parseKey(text);
  if (isBroken && key.version === 1) {
    throw new ValidationError('the key is broken over two lines: put it in one line yourself', 'INVALID_KEY');
  }
  return key;
}
