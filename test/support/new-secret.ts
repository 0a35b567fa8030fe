/** Secrets for tests of stores, and the time at which these take place. */

import { encodeUtf8 } from '../../src/core/bytes.js';
import type { Gates } from '../../src/server/store/contracts/gates.js';
import type { NewSecret } from '../../src/server/store/contracts/secrets.js';

const HOUR = 60 * 60_000;

/** When the tests take place. */
export const NOW = Date.UTC(2030, 0, 1);

/** The hash of the proof that opens what {@link newSecret} makes. */
export const PROOF_HASH = 'p'.repeat(43);

/** Gates of which there are these. */
export function gatesWith(gates: Partial<Gates>): Gates {
  return { addresses: null, countries: null, notBefore: null, captcha: null, code: null, ...gates };
}

let made = 0;

/** A secret that lives for an hour from {@link NOW}, each with an id of its own. */
export function newSecret(changes: Partial<NewSecret> = {}): NewSecret {
  made += 1;
  const createdAt = changes.createdAt ?? NOW;
  return {
    id: `secret-${made}`.padEnd(22, '_'),
    version: 2,
    blob: encodeUtf8(`blob of ${made}`),
    hint: null,
    splitUrlMode: false,
    proofHash: PROOF_HASH,
    linkProofHash: null,
    receiptHash: null,
    views: 1,
    callback: null,
    caller: 'somebody',
    idempotency: null,
    quota: null,
    upload: null,
    gates: null,
    createdAt,
    expiresAt: createdAt + HOUR,
    ...changes,
  };
}
