/** Asking for a secret: makes a request, and gives the link to send and the one to keep (core/protocol/PROTOCOL.md section 8). */

import { encodeBase64url } from '../../core/base64url.js';
import { type Bytes, randomBytes } from '../../core/bytes.js';
import {
  checkMessage,
  deriveAnswerKeys,
  deriveCollectKeys,
  fingerprintOf,
  type RequestMessage,
  sealMessage,
} from '../../core/crypto/request.js';
import { ApiError, NetworkError, ValidationError } from '../../core/errors.js';
import { parseExpiry } from '../../core/expiry.js';
import { parseServer } from '../../core/link.js';
import { formatCollectLink, formatRequestLink } from '../../core/links/request-links.js';
import type { GatesBody } from '../../core/protocol/gates.js';
import { DEFAULT_SERVER, MAX_VIEWS } from '../../core/protocol/limits.js';
import { parseRequestCreatedReply } from '../../core/protocol/request-replies.js';
import { isViews } from '../../core/protocol/requests.js';
import { isAnswers, MAX_ANSWERS, type RequestBody, SUITE } from '../../core/protocol/secret-requests.js';
import { sha256 } from '../../core/web-crypto.js';
import type { SecretGates } from '../create/gates.js';
import { type CreateSecretOptions, checkCallback, requestHeaders } from '../create/options.js';
import { checkReply } from '../transport/network-errors.js';
import { send } from '../transport/send.js';
import { cancelRequest } from './request-status.js';

/** An option that breaks its rule is a ValidationError with the code named here, before anything is sent. */
export interface CreateRequestOptions
  extends Pick<
    CreateSecretOptions,
    'server' | 'apiKey' | 'callbackUrl' | 'callbackSecret' | 'idempotencyKey' | 'fetch' | 'timeout' | 'signal'
  > {
  /** What is asked for, in words, encrypted: at most 1,000 characters. Default none. `INVALID_META` */
  message?: string;
  /** Who asks, in words, encrypted: at most 64 characters. Nobody checks it. Default none. `INVALID_META` */
  from?: string;
  /** How long it can be answered, as the expiry of a secret. Default `'1d'`. `INVALID_EXPIRY` */
  expiry?: number | string;
  /** How long an answer can be read once it has come. Default `'1d'`. `INVALID_EXPIRY` */
  secretExpiry?: number | string;
  /** How many answers it takes, 1 to 100. Default 1. `INVALID_ANSWERS` */
  answers?: number;
  /** How often each answer can be read, 1 to 1,000. Default 1. `INVALID_VIEWS` */
  views?: number;
  /** What readers of the answers must pass besides. Default nothing. `INVALID_GATES`, `GATE_NOT_OFFERED` */
  gates?: SecretGates;
}

/** A request that waits for answers. */
export interface CreatedRequest {
  /** The server's id of the request: 22 characters of base64url. */
  readonly requestId: string;
  /** `{server}/request/{id}#r1.…`: send it to who has the secret. It answers, and reads no answer. */
  readonly requestLink: string;
  /** `{server}/request/{id}#c1.…`: keep it. It reads every answer, and there is no other way to. */
  readonly collectLink: string;
  /** Until when the request can be answered: ISO 8601, UTC. */
  readonly expiresAt: string;
}

/** The default of both expiry times. */
export const DEFAULT_REQUEST_EXPIRY = '1d';

const SEED_BYTES = 32;

/**
 * Asks for a secret. Whoever has the request's link can answer, and only who has the collect link can open the answers:
 * not the server, and not who answered or saw the request's link.
 * @throws ValidationError for an option that breaks its rule, before anything is sent.
 * @throws ApiError and NetworkError as `createSecret` does; `UNSUPPORTED_BY_SERVER` from a server that takes no requests,
 *   `GATES_NOT_KEPT` from one that would let readers past the gates: the request is cancelled then.
 * @example
 * const { requestLink, collectLink } = await createRequest({ server, message: 'the database password' });
 */
export async function createRequest(given?: CreateRequestOptions | null): Promise<CreatedRequest> {
  const options = given ?? {};
  const server = parseServer(options.server ?? DEFAULT_SERVER);
  const headers = requestHeaders(options);
  const terms = termsOf(options);
  const gates = await agreedGates(options, server);
  const seed = randomBytes(SEED_BYTES);
  const { linkSecret, receipt, keyPair } = await deriveCollectKeys(seed);
  const keys = await deriveAnswerKeys(linkSecret);
  const sealedMessage = await sealMessage(messageOf(options), keys);

  const url = `${server}/api/requests`;
  const body = JSON.stringify({
    public_key: encodeBase64url(keyPair.publicKey),
    suite: SUITE,
    sealed_message: encodeBase64url(sealedMessage),
    proof_hash: await hashOf(keys.proof),
    receipt_hash: await hashOf(receipt),
    ...terms,
    ...(gates === undefined ? {} : { gates }),
  } satisfies RequestBody);
  const reply = await knownTo(server, send({ method: 'POST', url, headers, body }, options));
  const { id, expires_at: expiresAt, kept } = checkReply(url, () => parseRequestCreatedReply(reply.json));
  if (gates !== undefined && !kept?.includes('gates')) {
    await cancelRequest({ server, id, seed }, options);
    const { host } = new URL(server);
    throw new NetworkError(
      `${host} would let readers past the gates; the request was cancelled`,
      host,
      'GATES_NOT_KEPT',
    );
  }
  const fingerprint = await fingerprintOf(keyPair.publicKey, sealedMessage);
  return {
    requestId: id,
    requestLink: formatRequestLink({ server, id, fingerprint, linkSecret }),
    collectLink: formatCollectLink({ server, id, seed }),
    expiresAt,
  };
}

/** @throws NetworkError `UNSUPPORTED_BY_SERVER` for a server that has no such call; else what `work` throws. */
async function knownTo<T>(server: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (!(cause instanceof ApiError && cause.statusCode === 404)) throw cause;
    const { host } = new URL(server);
    throw new NetworkError(`${host} takes no requests for secrets`, host, 'UNSUPPORTED_BY_SERVER', { cause });
  }
}

/** The gates of the answers, which the server offers. What they take is loaded for requests that have any. */
async function agreedGates(options: CreateRequestOptions, server: string): Promise<GatesBody | undefined> {
  if (options.gates === undefined) return undefined;
  const gates = await import('../create/gates.js');
  return gates.agreedGates(options.gates, { ...options, server });
}

/**
 * Checks the options of a request, before anything is made ready for it.
 * @throws ValidationError as {@link createRequest} does for them.
 */
export async function checkRequestOptions(options: CreateRequestOptions): Promise<void> {
  parseServer(options.server ?? DEFAULT_SERVER);
  requestHeaders(options);
  termsOf(options);
  if (options.gates !== undefined) (await import('../create/gates.js')).checkGates(options.gates);
  checkMessage(messageOf(options));
}

function messageOf({ message, from }: CreateRequestOptions): RequestMessage {
  return { ...(message === undefined ? {} : { message }), ...(from === undefined ? {} : { from }) };
}

/** What the server is told in clear text. */
function termsOf(
  options: CreateRequestOptions,
): Pick<
  RequestBody,
  'expiry' | 'secret_expiry' | 'answers' | 'answer_views' | 'callback_url' | 'callback_secret'
> {
  const { answers, views, callbackUrl, callbackSecret } = options;
  if (answers !== undefined && !isAnswers(answers)) {
    throw new ValidationError(`the number of answers is not 1 to ${MAX_ANSWERS}`, 'INVALID_ANSWERS');
  }
  if (views !== undefined && !isViews(views)) {
    throw new ValidationError(`the number of readers is not 1 to ${MAX_VIEWS}`, 'INVALID_VIEWS');
  }
  checkCallback(callbackUrl, callbackSecret);
  return {
    expiry: minutesOf(options.expiry),
    secret_expiry: minutesOf(options.secretExpiry),
    ...(answers === undefined ? {} : { answers }),
    ...(views === undefined ? {} : { answer_views: views }),
    ...(callbackUrl === undefined ? {} : { callback_url: callbackUrl }),
    ...(callbackSecret === undefined ? {} : { callback_secret: callbackSecret }),
  };
}

function minutesOf(expiry: number | string | undefined): number {
  return parseExpiry(String(expiry ?? DEFAULT_REQUEST_EXPIRY)).minutes;
}

async function hashOf(bytes: Bytes): Promise<string> {
  return encodeBase64url(await sha256(bytes));
}
