/** Answering a request: seals a secret under a key of its own, and that key for who asked alone. */

import { unlockKey } from '../../core/crypto/key-schedule.js';
import { encodeMeta } from '../../core/crypto/meta.js';
import { wrapAnswerKey } from '../../core/crypto/request.js';
import { maxSecretBytesV2 } from '../../core/crypto/seal-v2.js';
import { NetworkError } from '../../core/errors.js';
import { generateKey, type LinkKey } from '../../core/key.js';
import { parseRequestLink, type RequestLink } from '../../core/links/request-links.js';
import { MAX_BLOB_LENGTH } from '../../core/protocol/limits.js';
import { parseRequestCreatedReply } from '../../core/protocol/request-replies.js';
import {
  type CreateSecretOptions,
  contentOf,
  requestHeaders,
  type SecretContent,
} from '../create/options.js';
import { metaOf, sealedV2 } from '../create/posting.js';
import type { Target } from '../create/with-files.js';
import type { CreateJournal } from '../files/journal.js';
import { newReceipt, receiptLinkOf, receiptTerms } from '../sender/receipts.js';
import { checkReply } from '../transport/network-errors.js';
import { send } from '../transport/send.js';
import { type OpenedRequest, openRequest, requestUrl, requireOpen } from './request.js';

/** An option that breaks its rule is a ValidationError with the code named at `CreateSecretOptions`. */
export type AnswerRequestOptions = Pick<
  CreateSecretOptions,
  'name' | 'message' | 'attachments' | 'onProgress' | 'idempotencyKey' | 'fetch' | 'timeout' | 'signal'
>;

/** An answer that waits for who asked. There is no link: only they can open it. */
export interface SentAnswer {
  /** The server's id of the answer. */
  readonly secretId: string;
  /** Until when it can be read: ISO 8601, UTC. */
  readonly expiresAt: string;
  /** For you to keep, as that of a secret: tells what becomes of the answer and revokes it, and does not read it. */
  readonly receiptLink?: string;
}

/**
 * Answers a request. The request is asked for first, and checked against its link: what is sealed is sealed to the key
 * that the link names, or not at all.
 * @param link `{server}/request/{id}#r1.…`.
 * @param secret a string (sealed as UTF-8), bytes, a Blob or a stream; not empty, and a string not only white space. With
 *   attachments it is the text that goes with them, and may be empty. What is too large for a blob goes as a stream, in
 *   constant memory.
 * @throws ValidationError for input that breaks a rule, before anything is sent, but `SECRET_TOO_LARGE` before the secret is.
 * @throws EncryptionError when the server shows another public key or message than the link names: nothing was sent.
 * @throws ApiError 410 `REQUEST_ANSWERED`, `REQUEST_EXPIRED` or `REQUEST_CANCELLED`, 404 unknown, 403 `WRONG_KEY`,
 *   413 and 507 for what who asked has no room for.
 * @throws NetworkError when no usable answer came, and `UNSUPPORTED_BY_SERVER` where it takes no files; the reason of
 *   `signal`; what a stream fails with.
 * @example
 * await answerRequest(requestLink, 'hunter2');
 */
export function answerRequest(
  link: string | RequestLink,
  secret: SecretContent,
  given?: AnswerRequestOptions | null,
): Promise<SentAnswer> {
  return answer(link, secret, given ?? {}, undefined);
}

/**
 * Answers a request with attachments as {@link answerRequest} does, so that another process can go on with it.
 * @param journal as for `createResumably`.
 */
export function answerResumably(
  link: string | RequestLink,
  secret: SecretContent,
  options: AnswerRequestOptions,
  journal: CreateJournal,
): Promise<SentAnswer> {
  return answer(link, secret, options, journal);
}

/**
 * Checks the options of an answer without a secret, so that nobody is asked for one in vain.
 * @throws ValidationError as {@link answerRequest} does for them.
 */
export function checkAnswerOptions(options: AnswerRequestOptions): void {
  requestHeaders(headerOptions(options));
  encodeMeta(metaOf(options));
}

async function answer(
  from: string | RequestLink,
  secret: SecretContent,
  options: AnswerRequestOptions,
  journal: CreateJournal | undefined,
): Promise<SentAnswer> {
  const link = typeof from === 'string' ? parseRequestLink(from) : from;
  checkAnswerOptions(options);
  const { attachments } = options;
  if (attachments !== undefined) (await import('../create/with-files.js')).checkFiles(attachments, options);
  const isAlone = attachments === undefined && (typeof secret === 'string' || secret instanceof Uint8Array);
  const content = isAlone ? contentOf(secret) : null;
  const opened = await openRequest(link, options);
  requireOpen(opened.request);
  const target = targetOf(opened, options);
  if (content !== null && content.length <= target.blobBytes) return target.sendBlob(content);
  if (opened.request.maxUpload === 0) {
    const { host } = new URL(link.server);
    throw new NetworkError(`${host} takes no files with answers`, host, 'UNSUPPORTED_BY_SERVER');
  }
  const { sendAsFile, sendWithFiles } = await import('../create/with-files.js');
  if (content !== null) return sendAsFile(content, target, options);
  return sendWithFiles(secret, target, options, journal);
}

/** Where an answer goes. */
function targetOf(
  { link, request, publicKey, keys, headers }: OpenedRequest,
  options: AnswerRequestOptions,
): Target<SentAnswer> {
  const { server, id } = link;
  const url = `${requestUrl(link)}/answers`;
  const meta = metaOf(options);
  const own = {
    headers: { ...requestHeaders(headerOptions(options)), ...headers },
    receipt: newReceipt(server, 2),
  };
  const termsFor = async ({ bytes }: LinkKey) => ({
    split_url_mode: false,
    wrapped_key: await wrapAnswerKey(bytes, publicKey, keys, id),
  });
  const post = async (body: string, sender: typeof own): Promise<SentAnswer> => {
    const reply = await send({ method: 'POST', url, headers: sender.headers, body }, options);
    const made = checkReply(url, () => parseRequestCreatedReply(reply.json));
    const receiptLink = receiptLinkOf(sender.receipt, server, made);
    return { secretId: made.id, expiresAt: made.expires_at, ...receiptLink };
  };
  return {
    server,
    ...own,
    upload: { request: id },
    blobBytes: maxSecretBytesV2(Math.min(request.maxBlob, MAX_BLOB_LENGTH), encodeMeta(meta).length),
    async sendBlob(content) {
      const key = generateKey(2);
      const sealed = await sealedV2(content, meta, await unlockKey(key));
      const terms = { ...(await termsFor(key)), ...(await receiptTerms(own.receipt)) };
      return post(JSON.stringify({ ...sealed, ...terms }), own);
    },
    termsFor,
    post: (body, _, sender) => post(body, sender),
  };
}

function headerOptions({
  idempotencyKey,
}: AnswerRequestOptions): Pick<AnswerRequestOptions, 'idempotencyKey'> {
  return idempotencyKey === undefined ? {} : { idempotencyKey };
}
