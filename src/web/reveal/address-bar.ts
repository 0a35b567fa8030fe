/** The link in the address bar: reading it, and removing its key. */

import { ValidationError } from '../../core/errors.js';
import { formatKey, type LinkKey } from '../../core/key.js';
import { formatAddress, type Link, parseAddress, parseLink, type SecretAddress } from '../../core/link.js';

/** What the address bar holds: which secret, and its key; `null` when the key is sent apart from the link. */
export interface AddressBar {
  readonly address: SecretAddress;
  readonly key: LinkKey | null;
}

/**
 * Reads the address bar. Where a link's `#` became `%23` on the way (core/protocol/PROTOCOL.md section 1), writes the
 * `#` back, so that reloading the page does not send the key to the server once more.
 * @throws ValidationError when the link is damaged.
 */
export function readAddressBar(): AddressBar {
  // A `#` with nothing behind it is no key.
  const href = location.href.replace(/#$/, '');
  let link: Link;
  try {
    link = parseLink(href);
  } catch (error) {
    if (!(error instanceof ValidationError) || error.code !== 'MISSING_KEY') throw error;
    return { address: parseAddress(href), key: null };
  }
  if (location.hash === '') history.replaceState(null, '', `${formatAddress(link)}#${formatKey(link.key)}`);
  return { address: link, key: link.key };
}

/** Removes the key from the address bar, and with it from the browser's history. */
export function removeKey({ address }: AddressBar): void {
  history.replaceState(null, '', formatAddress(address));
}
