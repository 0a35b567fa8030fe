/** Collecting the answers to a request: which there are, and the links that read them, for who asked alone. */

import { encodeBase64url } from '../../core/base64url.js';
import {
  type AnswerKeys,
  type CollectKeys,
  deriveAnswerKeys,
  deriveCollectKeys,
  unwrapAnswerKey,
} from '../../core/crypto/request.js';
import { decryptionFailed, EncryptionError } from '../../core/errors.js';
import type { Link } from '../../core/link.js';
import { type CollectLink, parseCollectLink } from '../../core/links/request-links.js';
import type { SecretState } from '../../core/protocol/replies.js';
import type { AnswerReply, RequestState } from '../../core/protocol/secret-requests.js';
import { sha256 } from '../../core/web-crypto.js';
import { askForAnswers, type RequestStatusOptions } from './request-status.js';

/** Options of collecting. */
export interface CollectAnswersOptions extends Omit<RequestStatusOptions, 'wait'> {
  /**
   * Milliseconds for which the server may wait for an answer that is not among those it was asked about last, at most
   * 25,000: then `timeout` begins. Default 0. `INVALID_WAIT`
   */
  wait?: number;
  /**
   * The `keyHash` of answers that were read before, by their ids. An answer that has the key of one with another id is
   * that one over again, and refused. Default none.
   */
  taken?: Readonly<Record<string, string>>;
}

/** A request as who asked sees it. */
export interface CollectedAnswers {
  readonly state: RequestState;
  /** Until when it can be answered: ISO 8601, UTC, and so are the other times. */
  readonly expiresAt: string;
  readonly answersLeft: number;
  /** The oldest first; those that were read, too. */
  readonly answers: readonly Answer[];
}

/** An answer: a secret of version 2, which is read like any other. */
export interface Answer {
  readonly id: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  /** `waiting` until it was read as often as it can be. */
  readonly state: SecretState;
  /** SHA-256 of its key in base64url, for `taken`; null where its key does not open. */
  readonly keyHash: string | null;
  /**
   * What `retrieveSecret` reads it by.
   * @throws EncryptionError when its key was made for another request, without the request's link, or belongs to another
   *   answer; or when the server has the key no longer, because the answer was read or has expired.
   */
  link(): Link;
}

/**
 * Tells which answers to a request there are, and opens their keys. Reads none of them, and uses up nothing.
 * @param from `{server}/request/{id}#c1.…`.
 * @throws ValidationError for a damaged link or one of another kind, before anything is sent.
 * @throws ApiError 404 unknown, 403 `WRONG_KEY`; NetworkError when no usable answer came; the reason of `signal`.
 * @example
 * const { answers } = await collectAnswers(collectLink, { wait: 25_000 });
 * for (const answer of answers) console.log((await retrieveSecret(answer.link())).plaintext);
 */
export async function collectAnswers(
  from: string | CollectLink,
  given?: CollectAnswersOptions | null,
): Promise<CollectedAnswers> {
  const { taken = {}, ...options } = given ?? {};
  const link = typeof from === 'string' ? parseCollectLink(from) : from;
  const keys = await deriveCollectKeys(link.seed);
  const answerKeys = await deriveAnswerKeys(keys.linkSecret);
  const { server, id } = link;
  const reply = await askForAnswers({ server, id, receipt: keys.receipt }, options);
  const owners = new Map(Object.entries(taken).map(([id, keyHash]) => [keyHash, id]));
  const answers: Answer[] = [];
  for (const one of reply.answers) answers.push(await toAnswer(one, link, keys, answerKeys, owners));
  return {
    state: reply.state,
    expiresAt: reply.expires_at,
    answersLeft: reply.answers_left,
    answers,
  };
}

/** @param owners the ids of answers by the hashes of their keys; this one is added. */
async function toAnswer(
  { id, wrapped_key, created_at, expires_at, state }: AnswerReply,
  { server, id: requestId }: CollectLink,
  keys: CollectKeys,
  answerKeys: AnswerKeys,
  owners: Map<string, string>,
): Promise<Answer> {
  const about = { id, createdAt: created_at, expiresAt: expires_at, state };
  try {
    if (wrapped_key === undefined) throw decryptionFailed('the answer has no key');
    const bytes = await unwrapAnswerKey(wrapped_key, keys, answerKeys, requestId);
    const keyHash = encodeBase64url(await sha256(bytes));
    const owner = owners.get(keyHash) ?? id;
    if (owner !== id) throw decryptionFailed('the answer has the key of another one');
    owners.set(keyHash, id);
    const link = { server, id, key: { version: 2, passphrase: false, bytes } } as const;
    return { ...about, keyHash, link: () => link };
  } catch (error) {
    if (!(error instanceof EncryptionError)) throw error;
    return {
      ...about,
      keyHash: null,
      link() {
        throw error;
      },
    };
  }
}
