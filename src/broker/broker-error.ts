/** What the broker refuses, and what goes wrong upstream. No message holds a value. */

import { ZephrError } from '../core/errors.js';

/** A secret's binding does not allow it, and {@link PolicyError.change} is the command line that would. */
export class PolicyError extends ZephrError {
  override readonly name = 'PolicyError';
  declare readonly code: PolicyCode;
  /** For a person at a terminal. Null where no binding can allow it. */
  readonly change: string | null;

  constructor(message: string, code: PolicyCode, change: string | null) {
    super(message, code);
    this.change = change;
  }
}

export type PolicyCode =
  | 'NOT_BOUND'
  | 'HOST_NOT_BOUND'
  | 'PATH_NOT_BOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'SLOT_NOT_ALLOWED'
  | 'NOT_HTTPS'
  | 'SECRET_PAST_EXPIRY'
  | 'NOT_APPROVED'
  | 'APPROVAL_TIMED_OUT'
  | 'EGRESS_REFUSED'
  | 'WEB_PAGE';

/** A request names a secret that the vault does not have. */
export class UnknownSecretError extends ZephrError {
  override readonly name = 'UnknownSecretError';
  /** What was asked for. */
  readonly secret: string;

  constructor(secret: string) {
    super(`there is no secret ${secret}`, 'NO_SUCH_NAME');
    this.secret = secret;
  }
}

/** The request cannot carry the secret without doubt about what the upstream makes of it. Nothing was sent. */
export class InjectionError extends ZephrError {
  override readonly name = 'InjectionError';

  constructor(message: string) {
    super(message, 'AMBIGUOUS_REQUEST');
  }
}

/** The host did not answer, or not so that a secret in the answer would be found: what is not shown is withheld. */
export class UpstreamError extends ZephrError {
  override readonly name = 'UpstreamError';
  declare readonly code: 'UPSTREAM_FAILED' | 'RESPONSE_WITHHELD' | 'TOO_MANY_REDIRECTS';

  constructor(message: string, code: UpstreamError['code'], options?: ErrorOptions) {
    super(message, code, options);
  }
}
