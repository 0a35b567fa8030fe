/**
 * Receipt links (core/protocol/PROTOCOL.md section 10): `{server}/secret/{id}#s1.…`. Its bearer sees what became of a
 * secret and can revoke it, and reads nothing.
 */

import { encodeBase64url } from '../base64url.js';
import type { Bytes } from '../bytes.js';
import { ValidationError } from '../errors.js';
import { decodeKey } from '../key.js';
import { formatAddress, type SecretAddress } from '../link.js';
import { kindOfKey, requireKind } from './kinds.js';
import { locate } from './locate.js';

/** What a sender keeps of a secret. */
export interface ReceiptLink extends SecretAddress {
  /** 32 bytes. */
  readonly receipt: Bytes;
  /** As of the link of a secret: the mail gateway whose link this one was in. */
  readonly wrapper?: string;
}

const PREFIX = 's1.';

/** The link as it is kept. */
export function formatReceiptLink({ receipt, ...address }: ReceiptLink): string {
  return `${formatAddress(address)}#${PREFIX}${encodeBase64url(receipt)}`;
}

/**
 * Reads a receipt link, as tolerantly and as strictly as the link of a secret.
 * @throws ValidationError `INVALID_LINK`, `INVALID_KEY`, `MISSING_KEY`, `AMBIGUOUS_LINK`; `LINK_OF_ANOTHER_KIND`.
 */
export function parseReceiptLink(text: string): ReceiptLink {
  const { kind: path, fragment, keyIsBroken, ...address } = locate(text);
  if (path === 'secret' && fragment === null) {
    throw new ValidationError('the part of the link after # is missing', 'MISSING_KEY');
  }
  requireKind('receipt', fragment === null ? path : kindOfKey(fragment));
  if (path !== 'secret' || fragment === null) {
    throw new ValidationError('the link is damaged: it has the receipt of a secret', 'INVALID_LINK');
  }
  return { ...address, receipt: decodeKey(fragment.slice(PREFIX.length)) };
}
