/** The link of a request in the address bar: which of the two it is, or what is wrong with it. */

import { ValidationError } from '../../core/errors.js';
import {
  type CollectLink,
  formatCollectLink,
  formatRequestLink,
  parseCollectLink,
  parseRequestLink,
  type RequestLink,
} from '../../core/links/request-links.js';

/** A link that answers a request, one that collects the answers, or none that is whole. */
export type RequestBar =
  | { readonly kind: 'answer'; readonly link: RequestLink }
  | { readonly kind: 'collect'; readonly link: CollectLink }
  | { readonly kind: 'none'; readonly problem: 'missing' | 'damaged' };

/** Reads the address bar. */
export function readRequestBar(): RequestBar {
  // A `#` with nothing behind it is no key.
  const found = readRequestText(location.href.replace(/#$/, ''));
  // Where the `#` became `%23` on the way, a reload would send the key to the server once more.
  if (found.kind !== 'none' && location.hash === '') history.replaceState(null, '', formatted(found));
  return found;
}

/** Reads a link as people paste it (core/protocol/PROTOCOL.md section 1). */
export function readRequestText(text: string): RequestBar {
  try {
    return { kind: 'answer', link: parseRequestLink(text) };
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    if (error.code === 'MISSING_KEY') return { kind: 'none', problem: 'missing' };
  }
  try {
    return { kind: 'collect', link: parseCollectLink(text) };
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    return { kind: 'none', problem: 'damaged' };
  }
}

/** The link as it stands in an address bar. */
export function formatted(found: Exclude<RequestBar, { kind: 'none' }>): string {
  return found.kind === 'answer' ? formatRequestLink(found.link) : formatCollectLink(found.link);
}
