/** The link in the address bar: read from it, and taken out of it. */

import { ValidationError } from '../../core/errors.js';
import { formatKey, type LinkKey } from '../../core/key.js';
import { formatAddress, type Link, parseAddress, parseLink, type SecretAddress } from '../../core/link.js';

/** What the address bar says: which secret, and the key unless it comes apart. */
export interface AddressBar {
  readonly address: SecretAddress;
  readonly key: LinkKey | null;
}

/**
 * Reads the address bar. A link whose `#` became `%23` on the way (PROTOCOL.md section 1) gets it back, so that
 * loading the page again does not send the key to the server once more.
 * @throws ValidationError when the link is damaged.
 */
export function readAddressBar(): AddressBar {
  let link: Link;
  try {
    // An empty fragment is none.
    link = parseLink(location.href.replace(/#$/, ''));
  } catch (error) {
    if (!(error instanceof ValidationError) || error.code !== 'MISSING_KEY') throw error;
    return { address: parseAddress(location.href.replace(/#$/, '')), key: null };
  }
  if (location.hash === '') history.replaceState(null, '', `${formatAddress(link)}#${formatKey(link.key)}`);
  return { address: link, key: link.key };
}

/** Takes the key out of the address bar and out of the history. */
export function forgetKey({ address }: Pick<AddressBar, 'address'>): void {
  history.replaceState(null, '', formatAddress(address));
}
