/** The limits of PROTOCOL.md section 6 as data: one table for servers, clients and the page. */

import { EXPIRY, EXPIRY_RANGE } from '../expiry.js';

const KB = 1024;
const MB = 1024 * KB;

/** The server that clients use where no other is named. */
export const DEFAULT_SERVER = 'https://zephr.io';

/** How many secrets may be created in each minute, day or month of the calendar in UTC. */
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
  /** Longest stream of files, in bytes. */
  readonly upload: number;
}

/** The tiers a key can have. */
export const KEY_TIERS = ['free', 'dev', 'pro'] as const;

export type KeyTier = (typeof KEY_TIERS)[number];

/** The kinds of caller: `anonymous` has no key, the others name the tier of one. */
export type Tier = 'anonymous' | KeyTier;

/** The table of section 6. */
export const TIERS: Readonly<Record<Tier, Limits>> = {
  anonymous: {
    creates: { count: 3, per: 'day' },
    expiry: { min: 60, max: 60 },
    blob: 6 * KB,
    upload: 10 * MB,
  },
  free: {
    creates: { count: 50, per: 'month' },
    expiry: { min: 60, max: EXPIRY.DAYS_30 },
    blob: 20 * KB,
    upload: 10 * MB,
  },
  dev: {
    creates: { count: 2_000, per: 'month' },
    expiry: EXPIRY_RANGE,
    blob: 200 * KB,
    upload: 100 * MB,
  },
  pro: {
    creates: { count: 50_000, per: 'month' },
    expiry: EXPIRY_RANGE,
    blob: MB,
    upload: 1024 * MB,
  },
};

/** The longest blob any caller may send, in characters. */
export const MAX_BLOB_LENGTH = TIERS.pro.blob;

/**
 * The longest blob of a version 1 link, in characters. The first clients read no answer over 1,000,000 bytes, and a try
 * destroys what they asked for; the rest is for what stands around the blob.
 */
export const MAX_V1_BLOB_LENGTH = 1_000_000 - 1_024;

/** The longest stream of files that a server takes unless its operator says otherwise, in bytes. */
export const MAX_UPLOAD_BYTES = TIERS.pro.upload;

/** Room for what stands around the blob in a request or a reply (hint, callback, JSON), in bytes. */
export const ENVELOPE_BYTES = 16 * KB;

/** Longest hint, in characters (code points of Unicode). */
export const MAX_HINT_LENGTH = 128;

/** Most readers of one secret. */
export const MAX_VIEWS = 1000;

/** How long a claimed read can be repeated, in milliseconds (section 4, Read). */
export const LEASE_MS = 60_000;

/** The longest that a request waits for news, in seconds: less than common proxies wait for an answer. */
export const MAX_WAIT_SECONDS = 25;

/** Most receipts that one request asks about. */
export const MAX_RECEIPTS = 100;
