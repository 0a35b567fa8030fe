/**
 * `zephr/limits.js`: what programs for zephr 1 find here, with the limits of this client where they are wider. A server
 * may allow a caller less.
 */

import { EXPIRY } from './core/expiry.js';

export { EXPIRY };

/** The expiry times that every server of version 1 takes, in minutes. Others may take any from 1 to 43,200. */
export const VALID_EXPIRY: ReadonlySet<number> = new Set(Object.values(EXPIRY));

/** The longest secret that a link can carry, in bytes: one of version 2 without name and message. */
export const SECRET_MAX_BYTES = 770_045;

/** The longest secret, in UTF-16 code units: as many as bytes, for each takes at least one. */
export const SECRET_MAX_LENGTH = SECRET_MAX_BYTES;

/** The form of a secret's id. */
export const SECRET_ID_RE = /^[A-Za-z0-9_-]{22}$/;
