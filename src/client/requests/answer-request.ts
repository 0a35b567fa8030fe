/** Answering a request: seals a secret under a key of its own, and that key for who asked alone. */

import { proofHash, unlockKey } from '../../core/crypto/key-schedule.js';
import { encodeMeta, type Meta } from '../../core/crypto/meta.js';
import { wrapAnswerKey } from '../../core/crypto/request.js';
import { sealV2 } from '../../core/crypto/seal-v2.js';
import { ValidationError } from '../../core/errors.js';
import { generateKey } from '../../core/key.js';
import type { RequestLink } from '../../core/links/request-links.js';
import { parseRequestCreatedReply } from '../../core/protocol/request-replies.js';
import type { AnswerBody } from '../../core/protocol/secret-requests.js';
import { type CreateSecretOptions, contentOf, requestHeaders } from '../create/options.js';
import { checkReply } from '../transport/network-errors.js';
import { send } from '../transport/send.js';
import { openRequest, requestUrl, requireOpen } from './request.js';

/** An option that breaks its rule is a ValidationError with the code named at `CreateSecretOptions`. */
export type AnswerRequestOptions = Pick<
  CreateSecretOptions,
  'name' | 'message' | 'idempotencyKey' | 'fetch' | 'timeout' | 'signal'
>;

/** An answer that waits for who asked. There is no link: only they can open it. */
export interface SentAnswer {
  /** The server's id of the answer. */
  readonly secretId: string;
  /** Until when it can be read: ISO 8601, UTC. */
  readonly expiresAt: string;
}

/**
 * Answers a request. The request is asked for first, and checked against its link: what is sealed is sealed to the key
 * that the link names, or not at all.
 * @param link `{server}/request/{id}#r1.…`.
 * @param secret a string (sealed as UTF-8) or bytes; not empty, and a string not only white space.
 * @throws ValidationError for input that breaks a rule, before anything is sent, but `SECRET_TOO_LARGE` before the secret is.
 * @throws EncryptionError when the server shows another public key or message than the link names: nothing was sent.
 * @throws ApiError 410 `REQUEST_ANSWERED`, `REQUEST_EXPIRED` or `REQUEST_CANCELLED`, 404 unknown, 403 `WRONG_KEY`.
 * @throws NetworkError when no usable answer came; the reason of `signal`.
 * @example
 * await answerRequest(requestLink, 'hunter2');
 */
export async function answerRequest(
  link: string | RequestLink,
  secret: string | Uint8Array,
  given?: AnswerRequestOptions | null,
): Promise<SentAnswer> {
  const options = given ?? {};
  const content = contentOf(secret);
  const meta = checkAnswerOptions(options);
  const opened = await openRequest(link, options);
  requireOpen(opened.request);
  const key = generateKey(2);
  const unlocked = await unlockKey(key);
  const blob = await sealV2(content, meta, unlocked);
  if (blob.length > opened.request.maxBlob) {
    throw new ValidationError('the secret is larger than the request takes', 'SECRET_TOO_LARGE');
  }
  const url = `${requestUrl(opened.link)}/answers`;
  const body = JSON.stringify({
    encrypted_blob: blob,
    version: 2,
    split_url_mode: false,
    proof_hash: await proofHash(unlocked),
    wrapped_key: await wrapAnswerKey(key.bytes, opened.publicKey, opened.keys, opened.link.id),
  } satisfies AnswerBody);
  const headers = { ...requestHeaders(options), ...opened.headers };
  const reply = await send({ method: 'POST', url, headers, body }, options);
  const { id: secretId, expires_at: expiresAt } = checkReply(url, () => parseRequestCreatedReply(reply.json));
  return { secretId, expiresAt };
}

/**
 * Checks the options of an answer without a secret, so that nobody is asked for one in vain.
 * @returns what is sealed beside the secret.
 * @throws ValidationError as {@link answerRequest} does for them.
 */
export function checkAnswerOptions({ name, message, idempotencyKey }: AnswerRequestOptions): Meta {
  requestHeaders(idempotencyKey === undefined ? {} : { idempotencyKey });
  const meta = { ...(name === undefined ? {} : { name }), ...(message === undefined ? {} : { message }) };
  encodeMeta(meta);
  return meta;
}
