/** What may be done with a secret, and by whom: policy between the wire and the store, the same for every engine. */

import { hash, timingSafeEqual } from 'node:crypto';
import { decodeBase64url, encodeBase64url } from '../../core/base64url.js';
import { type RandomBytes, randomBytes } from '../../core/bytes.js';
import { ApiError } from '../../core/errors.js';
import { isSecretId } from '../../core/link.js';
import { TIERS } from '../../core/protocol/limits.js';
import type { CreatedReply, ReadReply, StatusReply } from '../../core/protocol/replies.js';
import type { CreateRequest } from '../../core/protocol/requests.js';
import { stateOf } from '../store/contracts/lifecycle.js';
import type { Idempotency, SecretRecord, SecretStore } from '../store/contracts/secrets.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { Caller } from './callers.js';
import { limitReached, quotaOf } from './quotas.js';

/** What the caller of a read, a revocation or a status shows. */
export interface Credentials {
  /** 32 bytes, or `null` if none came. */
  readonly proof: Uint8Array | null;
  /** Who counts as the one who tries: see {@link Callers.nameOf}. */
  readonly caller: string;
}

const MINUTE_MS = 60_000;

const ID_BYTES = 16;

/** Ids that one call of the generator serves: it takes about as long for 4,096 bytes as for 16. */
const IDS_AT_ONCE = 256;

/** The secrets of one store. Every method throws ApiError with a code of PROTOCOL.md section 4, or StoreError. */
export class Secrets {
  readonly #store: SecretStore;
  readonly #now: () => number;
  readonly #newId: () => string;
  readonly #metrics: Metrics | undefined;

  /** @param now milliseconds since 1970. @param metrics counts what becomes of secrets. */
  constructor(
    store: SecretStore,
    now: () => number = Date.now,
    random: RandomBytes = randomBytes,
    metrics?: Metrics,
  ) {
    this.#store = store;
    this.#metrics = metrics;
    this.#now = now;
    this.#newId = idMaker(random);
  }

  /** Keeps a secret within the caller's limits, or tells again what the same create came to before. */
  async create(
    request: CreateRequest,
    caller: Caller,
    idempotency: Idempotency | null,
  ): Promise<CreatedReply> {
    const { expiry, ...wanted } = request;
    checkLimits(request, caller);
    const createdAt = this.#now();
    const quota = quotaOf(caller, createdAt);
    const outcome = await this.#store.create({
      ...wanted,
      id: this.#newId(),
      caller: caller.name,
      idempotency,
      quota,
      createdAt,
      expiresAt: createdAt + expiry * MINUTE_MS,
    });
    if (outcome.outcome === 'conflict') {
      throw new ApiError(
        'the idempotency key was used for another request: use a new one',
        409,
        'IDEMPOTENCY_KEY_REUSED',
      );
    }
    if (outcome.outcome === 'limited') throw limitReached(quota, createdAt);
    if (outcome.outcome === 'created') this.#metrics?.secrets('created', 1);
    const { id, version, views } = outcome;
    const reply = { id, expires_at: isoTime(outcome.expiresAt) };
    return version === 2 ? { ...reply, version, views } : reply;
  }

  /** Takes a view: for `claim`, which can repeat it, or for good. */
  async read(id: string, claim: string | null, credentials: Credentials): Promise<ReadReply> {
    const now = this.#now();
    const secret = await this.#known(id, now);
    if (secret.version === 2) await this.#prove(id, secret, credentials, now);
    // Only a key of version 2 makes a proof, and none opens this: the halves of two pairs were mixed up.
    else if (credentials.proof !== null) throw new ApiError('the key is wrong', 403, 'WRONG_KEY');
    const reading = await this.#store.consume(id, claim, now);
    if (reading === null) throw gone(await this.#known(id, now), now);
    this.#metrics?.secrets('read', 1);
    const { blob, hint, viewsLeft, purgeAt } = reading;
    return {
      encrypted_blob: blob,
      ...(hint === null ? {} : { hint }),
      purge_at: isoTime(purgeAt),
      ...(secret.version === 2 ? { version: 2, views_left: viewsLeft } : {}),
    };
  }

  /** Acknowledges the read of `claim`. A claim that read nothing has nothing to give back: that is no error. */
  async acknowledge(id: string, claim: string): Promise<void> {
    const now = this.#now();
    await this.#known(id, now);
    await this.#store.acknowledge(id, claim, now);
  }

  /** Ends the secret for everyone. Doing so again is no error; coming too late is. */
  async revoke(id: string, credentials: Credentials): Promise<void> {
    const now = this.#now();
    await this.#prove(id, await this.#known(id, now), credentials, now);
    const found = await this.#store.revoke(id, now);
    if (found === 'consumed') throw consumed();
    if (found === 'expired') throw expired();
    if (found === 'revoked') this.#metrics?.secrets('revoked', 1);
  }

  /** What became of the secret. Uses up nothing. */
  async status(id: string, credentials: Credentials): Promise<StatusReply> {
    const now = this.#now();
    const secret = await this.#known(id, now);
    await this.#prove(id, secret, credentials, now);
    const { views, viewsLeft, createdAt, expiresAt, firstReadAt } = secret;
    return {
      state: stateOf(secret, now),
      created_at: isoTime(createdAt),
      expires_at: isoTime(expiresAt),
      views,
      views_left: viewsLeft,
      ...(firstReadAt === null ? {} : { first_read_at: isoTime(firstReadAt) }),
    };
  }

  async #known(id: string, now: number): Promise<SecretRecord> {
    const secret = isSecretId(id) ? await this.#store.find(id, now) : null;
    if (secret === null) throw new ApiError('there is no such secret', 404, 'SECRET_NOT_FOUND');
    return secret;
  }

  /**
   * Lets nobody past who doesn't hold the key. This comes before any word about the secret's state, so that
   * who has only the id learns no more than that it exists. While a caller is locked out, a right proof and a
   * wrong one get the same answer.
   */
  async #prove(id: string, secret: SecretRecord, { proof, caller }: Credentials, now: number): Promise<void> {
    if (secret.proofHash === null) {
      throw new ApiError('a version 1 secret has no proof: it can only be read', 403, 'PROOF_REQUIRED');
    }
    if (proof === null) throw new ApiError('Zephr-Proof is required', 403, 'PROOF_REQUIRED');
    const right = isRightProof(proof, secret.proofHash);
    const lockedUntil = await this.#store.recordProofAttempt(id, caller, right, now);
    if (lockedUntil !== null) {
      const retryAfter = Math.ceil((lockedUntil - now) / 1000);
      throw new ApiError(`too many wrong keys: wait ${retryAfter} s`, 429, 'TOO_MANY_ATTEMPTS', {
        retryAfter,
      });
    }
    if (!right) throw new ApiError('the key is wrong', 403, 'WRONG_KEY');
  }
}

/** What no caller may do is refused before what this one may not, and a blob that is too large as early as can be. */
function checkLimits({ expiry, blob }: CreateRequest, { limits, tier }: Caller): void {
  const { min, max } = TIERS.pro.expiry;
  if (expiry < min || expiry > max) {
    throw new ApiError(`expiry is not ${min} to ${max} minutes`, 400, 'INVALID_EXPIRY');
  }
  if (blob.length > limits.blob) throw tooLarge(limits.blob);
  const own = limits.expiry;
  if (expiry < own.min || expiry > own.max) {
    const who = tier === null ? 'without an API key' : `with an API key of tier ${tier}`;
    const allowed = own.min === own.max ? String(own.min) : `${own.min} to ${own.max}`;
    throw new ApiError(`${who} the expiry is ${allowed} minutes`, 403, 'UPGRADE_REQUIRED');
  }
}

/** The refusal of a blob, or of a body that can't hold anything smaller. */
export function tooLarge(limit: number): ApiError {
  return new ApiError(`encrypted_blob is longer than ${limit} characters`, 413, 'PAYLOAD_TOO_LARGE');
}

/** Why there was nothing to take. A claim whose lease is over gets `consumed`, even if views are left for others. */
function gone(secret: SecretRecord, now: number): ApiError {
  const state = stateOf(secret, now);
  if (state === 'revoked') return new ApiError('the secret was revoked', 410, 'SECRET_REVOKED');
  return state === 'expired' ? expired() : consumed();
}

function consumed(): ApiError {
  return new ApiError('the secret was already read', 410, 'SECRET_ALREADY_CONSUMED');
}

function expired(): ApiError {
  return new ApiError('the secret has expired', 410, 'SECRET_EXPIRED');
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** Makes ids: each call gives 22 characters of base64url that were never given before. */
export function idMaker(random: RandomBytes): () => string {
  let bytes = random(0);
  let used = 0;
  return () => {
    if (used === bytes.length) {
      bytes = random(ID_BYTES * IDS_AT_ONCE);
      used = 0;
    }
    used += ID_BYTES;
    return encodeBase64url(bytes.subarray(used - ID_BYTES, used));
  };
}

/**
 * Whether `proof` is what `proofHash` was made of. Takes the same time whatever the answer.
 * @param proofHash base64url of a SHA-256.
 */
export function isRightProof(proof: Uint8Array, proofHash: string): boolean {
  return timingSafeEqual(hash('sha256', proof, 'buffer'), decodeBase64url(proofHash));
}
