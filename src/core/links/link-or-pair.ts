/** The forms in which a caller can give a link. */

import { EncryptionError, ValidationError } from '../errors.js';
import type { Link } from '../link.js';
import { parseLink, parsePair } from './reader.js';

/** A whole link as text, a split pair, or a link that `parseLink` has read. */
export type LinkOrPair = string | { readonly url: string; readonly key: string } | Link;

/**
 * The link that a caller gave, checked to the last bit.
 * @throws ValidationError `INVALID_LINK`, `MISSING_KEY`, `AMBIGUOUS_LINK` or `LINK_OF_ANOTHER_KIND`.
 * @throws EncryptionError `INVALID_KEY` or `UNKNOWN_KEY_VERSION`: programs for zephr 1 look for a damaged key there.
 */
export function toLink(link: LinkOrPair): Link {
  try {
    return readLinkOrPair(link);
  } catch (error) {
    const isOfKey = error instanceof ValidationError && KEY_CODES.has(error.code);
    throw isOfKey ? new EncryptionError(error.message, error.code, { cause: error }) : error;
  }
}

const KEY_CODES: ReadonlySet<string> = new Set(['INVALID_KEY', 'UNKNOWN_KEY_VERSION']);

function readLinkOrPair(link: LinkOrPair): Link {
  if (typeof link === 'string') return parseLink(link);
  // Callers in plain JavaScript can pass anything.
  if (typeof link !== 'object' || link === null) throw notALink();
  if ('id' in link) return link;
  if (typeof link.url !== 'string' || typeof link.key !== 'string') throw notALink();
  return parsePair(link.url, link.key);
}

function notALink(): ValidationError {
  return new ValidationError('the link is neither a string nor an object with url and key', 'INVALID_LINK');
}
