/** The link in the address bar: reading it, and removing its key. */

import { ValidationError } from '../../core/errors.js';
import { formatKey, type LinkKey } from '../../core/key.js';
import { formatAddress, type Link, type SecretAddress } from '../../core/link.js';
import { parseAddress, parseLink } from '../../core/links/reader.js';
import type { Outcome } from '../parts/outcomes.js';

/** What is wrong with a link. */
type Damage = Extract<Outcome, 'damaged' | 'cutOff' | 'tooNew'>;

/** What the address bar holds: a whole link, one whose key is sent apart or was lost (`null`), or a damaged one. */
export type AddressBar =
  | { readonly address: SecretAddress; readonly key: LinkKey | null; readonly damage?: undefined }
  | {
      /** `null` when this part is damaged too. */
      readonly address: SecretAddress | null;
      readonly key: null;
      readonly damage: Damage;
    };

/** Reads the address bar. */
export function readAddressBar(): AddressBar {
  // A `#` with nothing behind it is no key.
  const href = location.href.replace(/#$/, '');
  try {
    const link = parseLink(href);
    restoreHash(link);
    return { address: link, key: link.key };
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    const address = addressOf(href);
    if (error.code === 'MISSING_KEY' && address !== null) return { address, key: null };
    return { address, key: null, damage: damageOf(error) };
  }
}

function damageOf({ code }: ValidationError): Damage {
  if (code === 'UNKNOWN_KEY_VERSION') return 'tooNew';
  return isCutOff(location.hash) ? 'cutOff' : 'damaged';
}

/** Which secret a damaged link is of, if it still says so. */
function addressOf(href: string): SecretAddress | null {
  try {
    return parseAddress(href.replace(/(#|%23).*/s, ''));
  } catch (error) {
    if (error instanceof ValidationError) return null;
    throw error;
  }
}

/** Whether a fragment is the beginning of a key. */
function isCutOff(fragment: string): boolean {
  return /^#v([12]p?(\.[\w-]{0,42})?)?$/.test(fragment);
}

/**
 * Where a link's `#` became `%23` on the way (core/protocol/PROTOCOL.md section 1), writes the `#` back, so that
 * reloading the page does not send the key to the server once more.
 */
function restoreHash(link: Link): void {
  if (location.hash === '') showInAddressBar(link, `#${formatKey(link.key)}`);
}

/** Removes the key from the address bar, and with it from this entry of the tab's history. */
export function removeKey(address: SecretAddress): void {
  showInAddressBar(address, '');
}

/** Without an entry of its own in the tab's history. A `#` that is there already is enough: nothing may be written. */
function showInAddressBar(address: SecretAddress, fragment: string): void {
  const href = formatAddress(address) + fragment;
  if (location.href !== href) history.replaceState(null, '', href);
}
