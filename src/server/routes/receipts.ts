/** What senders ask about their secrets (core/protocol/PROTOCOL.md section 10). */

import { decodeBase64url } from '../../core/base64url.js';
import { ENVELOPE_BYTES, MAX_RECEIPTS } from '../../core/protocol/limits.js';
import type { InquiryReply, ReceiptsReply, StatusReply } from '../../core/protocol/replies.js';
import { HEADERS, isProof } from '../../core/protocol/requests.js';
import { readJsonBody } from '../http/bodies.js';
import { type HttpRequest, headerOf, jsonResponse, preflight } from '../http/messages.js';
import { RequestError } from '../http/request-error.js';
import type { Handler, Router } from '../http/router.js';
import type { Callers } from '../secrets/callers.js';
import type { Inquiry, Secrets, SenderCredentials, Status } from '../secrets/secrets.js';
import { ServiceError } from '../secrets/service-error.js';
import { parseBearer, parseReceipt } from './request-headers.js';

/** Adds `POST /api/receipts`. */
export function addReceiptRoutes(router: Router, secrets: Secrets): void {
  const inquire: Handler = async (request) => {
    const { json } = await readJsonBody(request, ENVELOPE_BYTES, tooMany);
    const inquiries = parseInquiries(json);
    const found = await secrets.inquire(inquiries);
    const replies = inquiries.map(({ id }, place) => inquiryReply(id, found[place]));
    return jsonResponse(200, { secrets: replies } satisfies ReceiptsReply);
  };
  router.add('/api/receipts', { POST: inquire, OPTIONS: preflight });
}

/**
 * What a request shows as the sender of its secret: a receipt, or, where no proof comes either, an API key.
 * @returns `null` if it shows neither.
 * @throws RequestError `INVALID_RECEIPT`; ServiceError `INVALID_API_KEY`.
 */
export async function senderOf(request: HttpRequest, callers: Callers): Promise<SenderCredentials | null> {
  const receipt = parseReceipt(headerOf(request, HEADERS.receipt));
  if (receipt !== null) return { receipt };
  if (headerOf(request, HEADERS.proof) !== undefined) return null;
  const apiKey = parseBearer(headerOf(request, 'Authorization'));
  return apiKey === null ? null : { caller: await callers.nameOfKey(apiKey, request.address) };
}

/** A status as it travels. */
export function statusReply(status: Status): StatusReply {
  const { state, createdAt, expiresAt, views, viewsLeft, firstReadAt, lastReadAt } = status;
  const { hint, chunks, gates, forSender } = status;
  return {
    state,
    ...(hint === null ? {} : { hint }),
    created_at: isoTime(createdAt),
    expires_at: isoTime(expiresAt),
    views,
    views_left: viewsLeft,
    ...(firstReadAt === null ? {} : { first_read_at: isoTime(firstReadAt) }),
    ...(lastReadAt === null ? {} : { last_read_at: isoTime(lastReadAt) }),
    ...(chunks === null ? {} : { chunks }),
    ...gates,
    ...(forSender && {
      reads: forSender.reads.map(({ at, acknowledged }) => ({ at: isoTime(at), acknowledged })),
      wrong_passphrases: forSender.wrongPassphrases,
    }),
  };
}

/** A time as it travels. @param ms since 1970. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

function inquiryReply(id: string, found: Status | ServiceError | undefined): InquiryReply {
  if (found === undefined) throw new Error('an inquiry was not answered');
  return found instanceof ServiceError ? { id, error: { code: found.code } } : { id, ...statusReply(found) };
}

/** @throws RequestError `INVALID_REQUEST_BODY`, or `INVALID_RECEIPT` for what is none. */
function parseInquiries(body: unknown): Inquiry[] {
  const receipts: unknown = Object(body).receipts;
  if (!Array.isArray(receipts)) {
    throw new RequestError('INVALID_REQUEST_BODY', 'receipts is not an array');
  }
  if (receipts.length > MAX_RECEIPTS) throw tooMany();
  return receipts.map((one: unknown) => {
    const { id, receipt } = Object(one) as Record<string, unknown>;
    if (typeof id !== 'string') throw new RequestError('INVALID_REQUEST_BODY', 'an id is not a string');
    if (typeof receipt !== 'string' || !isProof(receipt)) {
      throw new RequestError('INVALID_RECEIPT', 'a receipt is not 32 bytes in base64url');
    }
    return { id, receipt: decodeBase64url(receipt) };
  });
}

function tooMany(): RequestError {
  return new RequestError('INVALID_REQUEST_BODY', `there are more than ${MAX_RECEIPTS} receipts`);
}
