/** Receipts (core/protocol/PROTOCOL.md section 10): made with a secret, and what its sender asks with them later. */

import { encodeBase64url } from '../../core/base64url.js';
import { type Bytes, randomBytes } from '../../core/bytes.js';
import type { Version } from '../../core/key.js';
import { formatReceiptLink } from '../../core/links/receipt-links.js';
import { DEFAULT_SERVER, MAX_RECEIPTS } from '../../core/protocol/limits.js';
import { type CreatedReply, parseReceiptsReply } from '../../core/protocol/replies.js';
import type { CreateBody } from '../../core/protocol/requests.js';
import { sha256 } from '../../core/web-crypto.js';
import { type SecretStatus, statusOf } from '../secret-status.js';
import { checkReply } from '../transport/network-errors.js';
import { send, type TransportOptions } from '../transport/send.js';

const RECEIPT_BYTES = 32;

/** Makes a receipt. The server of version 1 is told of none: it knows no such field, and may refuse it. */
export function newReceipt(server: string, version: Version): Bytes | null {
  return version === 1 && server === DEFAULT_SERVER ? null : randomBytes(RECEIPT_BYTES);
}

/** What the body of a create says of a receipt. */
export async function receiptTerms(receipt: Bytes | null): Promise<Pick<CreateBody, 'receipt_hash'>> {
  return receipt === null ? {} : { receipt_hash: encodeBase64url(await sha256(receipt)) };
}

/** The link to keep, if the server has said that it keeps the receipt's hash. */
export function receiptLinkOf(
  receipt: Bytes | null,
  server: string,
  { id, kept }: Pick<CreatedReply, 'id' | 'kept'>,
): { readonly receiptLink?: string } {
  const isKept = receipt !== null && kept?.includes('receipt_hash');
  return isKept ? { receiptLink: formatReceiptLink({ server, id, receipt }) } : {};
}

/** A secret that its sender asks about. */
export interface Inquiry {
  readonly id: string;
  readonly receipt: Bytes;
}

/** What became of a secret, or the code of the error in place of that, such as `SECRET_NOT_FOUND`. */
export type Found = SecretStatus | { readonly errorCode: string };

/**
 * Asks one server about many secrets, a hundred in a request.
 * @returns an answer to each, in order.
 * @throws ApiError, NetworkError; the reason of `signal`.
 */
export async function inquire(
  server: string,
  inquiries: readonly Inquiry[],
  options: TransportOptions,
): Promise<Found[]> {
  const url = `${server}/api/receipts`;
  const found: Found[] = [];
  for (let from = 0; from < inquiries.length; from += MAX_RECEIPTS) {
    const asked = inquiries.slice(from, from + MAX_RECEIPTS);
    const receipts = asked.map(({ id, receipt }) => ({ id, receipt: encodeBase64url(receipt) }));
    const headers = { 'Content-Type': 'application/json' };
    const { json } = await send(
      { method: 'POST', url, headers, body: JSON.stringify({ receipts }) },
      options,
    );
    const replies = checkReply(url, () => parseReceiptsReply(json, asked));
    found.push(
      ...replies.map((reply) => ('error' in reply ? { errorCode: reply.error.code } : statusOf(reply))),
    );
  }
  return found;
}
