/** What the service throws when it does not do what was asked: in terms of secrets and callers, not of HTTP. */

import { ZephrError } from '../../core/errors.js';
import type { Refused } from '../store/contracts/proofs.js';
import type { Unfit, Unknown, Unreadable } from '../store/contracts/secrets.js';

/**
 * Why the service does not do what was asked (core/protocol/PROTOCOL.md section 4, Error codes). The HTTP status of
 * each is in `http/error-response.ts`.
 */
export type ServiceErrorCode =
  | 'INVALID_EXPIRY'
  | 'INVALID_CALLBACK_URL_HOST'
  | 'INVALID_API_KEY'
  | 'API_KEY_REQUIRED'
  | 'UPGRADE_REQUIRED'
  | 'PROOF_REQUIRED'
  | 'WRONG_KEY'
  | 'WRONG_PASSPHRASE'
  | 'INVALID_GATES'
  | 'GATE_NOT_OFFERED'
  | 'ADDRESS_NOT_ALLOWED'
  | 'COUNTRY_NOT_ALLOWED'
  | 'TOO_EARLY'
  | 'CAPTCHA_REQUIRED'
  | 'CODE_REQUIRED'
  | 'WRONG_CODE'
  | 'SECRET_NOT_FOUND'
  | 'REQUEST_NOT_FOUND'
  | 'REQUEST_ANSWERED'
  | 'REQUEST_EXPIRED'
  | 'REQUEST_CANCELLED'
  | 'UPLOAD_NOT_FOUND'
  | 'CHUNK_NOT_FOUND'
  | 'CHUNK_CONFLICT'
  | 'UPLOAD_INCOMPLETE'
  | 'INVALID_CHUNK'
  | 'CLAIM_REQUIRED'
  | 'CHUNKS_NOT_ACCEPTED'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'SECRET_ALREADY_CONSUMED'
  | 'SECRET_EXPIRED'
  | 'SECRET_REVOKED'
  | 'PAYLOAD_TOO_LARGE'
  | 'ANON_RATE_LIMIT_EXCEEDED'
  | 'MONTHLY_LIMIT_EXCEEDED'
  | 'RATE_LIMIT_EXCEEDED'
  | 'TOO_MANY_ATTEMPTS';

/** The service does not do what was asked. The message is for the person behind the client. */
export class ServiceError extends ZephrError {
  override readonly name = 'ServiceError';
  declare readonly code: ServiceErrorCode;
  /** How long to wait before the same may succeed, in milliseconds; `undefined` where waiting does not help. */
  readonly waitMs: number | undefined;

  constructor(code: ServiceErrorCode, message: string, options?: { readonly waitMs?: number }) {
    super(message, code);
    this.waitMs = options?.waitMs;
  }
}

/** The error for a blob of more than `limit` characters, or for a body that can only hold such a one. */
export function tooLarge(limit: number): ServiceError {
  return new ServiceError(
    'PAYLOAD_TOO_LARGE',
    `the sealed secret (encrypted_blob) is longer than ${limit} characters`,
  );
}

/** Why a store did nothing for a caller. */
export function errorOf(outcome: Refused | Unfit | Unreadable | Unknown): ServiceError {
  switch (outcome.outcome) {
    case 'claim required':
      return new ServiceError('CLAIM_REQUIRED', 'a secret with chunks is read with Zephr-Claim');
    case 'chunks not accepted':
      return new ServiceError(
        'CHUNKS_NOT_ACCEPTED',
        'the secret has files, which only a newer client can fetch: update it, nothing was used up',
      );
    case 'unknown':
      return notFound();
    case 'gone':
      return ended(outcome.state);
    case 'not provable':
      return new ServiceError('PROOF_REQUIRED', 'a version 1 secret has no proof: it can only be read');
    case 'proof required':
      return new ServiceError('PROOF_REQUIRED', 'Zephr-Proof is required');
    case 'wrong key':
      return new ServiceError('WRONG_KEY', 'the key is wrong');
    case 'wrong passphrase':
      return new ServiceError('WRONG_PASSPHRASE', 'the passphrase is wrong');
    case 'locked': {
      const { waitMs } = outcome;
      const message = `too many wrong passphrases: wait ${Math.ceil(waitMs / 1000)} s`;
      return new ServiceError('TOO_MANY_ATTEMPTS', message, { waitMs });
    }
  }
}

/** The error for an upload that is not open: there never was one, or it was forgotten, or a secret has its chunks. */
export function uploadNotFound(): ServiceError {
  return new ServiceError('UPLOAD_NOT_FOUND', 'there is no such upload');
}

/** Why a secret cannot have the chunks of its upload. */
export function uploadError(outcome: 'unknown upload' | 'incomplete upload'): ServiceError {
  if (outcome === 'unknown upload') return uploadNotFound();
  return new ServiceError('UPLOAD_INCOMPLETE', 'the upload has not the chunks that the secret is to have');
}

/** The error for a secret that is not there, or never was. */
export function notFound(): ServiceError {
  return new ServiceError('SECRET_NOT_FOUND', 'there is no such secret');
}

/** The error for a secret that can be read no more. */
export function ended(state: Unreadable['state']): ServiceError {
  if (state === 'revoked') return new ServiceError('SECRET_REVOKED', 'the secret was revoked');
  if (state === 'expired') return new ServiceError('SECRET_EXPIRED', 'the secret has expired');
  return new ServiceError('SECRET_ALREADY_CONSUMED', 'the secret was already read');
}
