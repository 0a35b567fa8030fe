/** Requests for tests of stores, and answers to them. */

import { encodeUtf8 } from '../../src/core/bytes.js';
import { answererOf, type NewAnswer, type NewRequest } from '../../src/server/store/contracts/requests.js';
import type { NewSecret } from '../../src/server/store/contracts/secrets.js';
import { NOW, newSecret } from './new-secret.js';

const HOUR = 60 * 60_000;

/** What who answers shows of what {@link newRequest} makes, and what who asked. */
export const LINK_HASH = 'l'.repeat(43);
export const RECEIPT_HASH = 'r'.repeat(43);

let made = 0;

/** A request that takes an answer for an hour from {@link NOW}, each with an id of its own. */
export function newRequest(changes: Partial<NewRequest> = {}): NewRequest {
  made += 1;
  const createdAt = changes.createdAt ?? NOW;
  return {
    id: `request-${String(made).padStart(6, '0')}`.padEnd(22, '_'),
    publicKey: 'k'.repeat(43),
    sealedMessage: encodeUtf8(`message-of-${made}`),
    proofHash: LINK_HASH,
    receiptHash: RECEIPT_HASH,
    secretExpiry: 120,
    answers: 1,
    answerViews: 1,
    longestBlob: 1_000,
    longestUpload: 5_000,
    callback: null,
    gates: null,
    caller: 'somebody',
    idempotency: null,
    quota: null,
    createdAt,
    expiresAt: createdAt + HOUR,
    ...changes,
  };
}

/** An answer to a request, as that wants it, each with an idempotency key of its own. */
export function newAnswer(
  { id, answerViews, secretExpiry }: NewRequest,
  changes: Partial<NewSecret> = {},
): NewAnswer {
  made += 1;
  const createdAt = changes.createdAt ?? NOW;
  const secret = newSecret({
    caller: answererOf(id),
    idempotency: { key: `answer-${made}`, bodyHash: `body-of-${made}` },
    views: answerViews,
    expiresAt: createdAt + secretExpiry * 60_000,
    ...changes,
  });
  return { secret, wrappedKey: encodeUtf8(`wrapped-${made}-`.padEnd(80, 'w')), hasRoom: true };
}
