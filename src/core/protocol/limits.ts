/** The limits of PROTOCOL.md section 6 as data: one table for server, clients and page. */

import { EXPIRY, EXPIRY_RANGE } from '../expiry.js';

const KB = 1024;

/** The server clients use when nobody names one. */
export const DEFAULT_SERVER = 'https://zephr.io';

/** So many creates in each minute, day or month of the calendar in UTC. */
export interface Creates {
  readonly count: number;
  readonly per: 'minute' | 'day' | 'month';
}

/** What one kind of caller may do. */
export interface Limits {
  /** How many secrets in how long; `null` for any number. */
  readonly creates: Creates | null;
  /** Shortest and longest expiry, in minutes, both allowed. */
  readonly expiry: { readonly min: number; readonly max: number };
  /** Longest `encrypted_blob`, in characters (each one byte). */
  readonly blob: number;
}

/** The tiers a key can have. */
export const KEY_TIERS = ['free', 'dev', 'pro'] as const;

export type KeyTier = (typeof KEY_TIERS)[number];

/** The kinds of caller: `anonymous` has no key, the others name the tier of one. */
export type Tier = 'anonymous' | KeyTier;

/** The table of section 6. */
export const TIERS: Readonly<Record<Tier, Limits>> = {
  anonymous: { creates: { count: 3, per: 'day' }, expiry: { min: 60, max: 60 }, blob: 6 * KB },
  free: { creates: { count: 50, per: 'month' }, expiry: { min: 60, max: EXPIRY.DAYS_30 }, blob: 20 * KB },
  dev: {
    creates: { count: 2_000, per: 'month' },
    expiry: EXPIRY_RANGE,
    blob: 200 * KB,
  },
  pro: {
    creates: { count: 50_000, per: 'month' },
    expiry: EXPIRY_RANGE,
    blob: KB * KB,
  },
};

/** What a server can let callers without a key do. */
export const ACCESS_MODES = ['open', 'tiered', 'closed'] as const;

export type Access = (typeof ACCESS_MODES)[number];

/**
 * The row of a caller without a key in each access mode; `null` may not create. Where it is `open` a rate takes the
 * place of the pro row's monthly quota, for behind one address there can be a whole office.
 */
export const KEYLESS: Readonly<Record<Access, Limits | null>> = {
  open: { ...TIERS.pro, creates: { count: 60, per: 'minute' } },
  tiered: TIERS.anonymous,
  closed: null,
};

/** The longest blob any caller may send, in characters. */
export const MAX_BLOB_LENGTH = TIERS.pro.blob;

/** Room for what stands around the blob in a request or a reply (hint, callback, JSON), in bytes. */
export const ENVELOPE_BYTES = 16 * KB;

/** Longest hint, in characters. */
export const MAX_HINT_LENGTH = 128;

/** Most readers of one secret. */
export const MAX_VIEWS = 1000;

/** How long a claimed read can be repeated, in milliseconds (section 4, Read). */
export const LEASE_MS = 60_000;

/** How long a tombstone answers 410 past the expiry, in milliseconds (section 5). */
export const TOMBSTONE_MS = 24 * 60 * 60_000;

/** How long an idempotency key names the same create, in milliseconds (section 4, Create). */
export const IDEMPOTENCY_MS = 24 * 60 * 60_000;
