/**
 * The two links of a request (core/protocol/PROTOCOL.md section 8): `{server}/request/{id}#r1.…`, which answers it, and
 * `#c1.…`, which collects the answers. They are read as tolerantly, and checked as strictly, as links of secrets.
 */

import { encodeBase64url } from '../base64url.js';
import { type Bytes, concatBytes } from '../bytes.js';
import { ValidationError } from '../errors.js';
import { decodeKey } from '../key.js';
import type { SecretAddress } from '../link.js';
import { kindOfKey, type LinkKind, requireKind } from './kinds.js';
import { type Located, locate } from './locate.js';

/** Which request on which server. */
export interface RequestAddress extends SecretAddress {
  /** As of the link of a secret: the mail gateway whose link this one was in. */
  readonly wrapper?: string;
}

/** What somebody needs to answer a request. */
export interface RequestLink extends RequestAddress {
  /** 16 bytes that pin the request's public key and message. */
  readonly fingerprint: Bytes;
  /** 16 bytes from which the keys for seeing the message and making an answer are derived. */
  readonly linkSecret: Bytes;
}

/** What opens every answer to a request. */
export interface CollectLink extends RequestAddress {
  /** 32 bytes. */
  readonly seed: Bytes;
}

const FINGERPRINT_BYTES = 16;

/** The link to send to who has the secret. */
export function formatRequestLink({ fingerprint, linkSecret, ...address }: RequestLink): string {
  return `${formatRequestAddress(address)}#r1.${encodeBase64url(concatBytes(fingerprint, linkSecret))}`;
}

/** The link to keep: it reads every answer. */
export function formatCollectLink({ seed, ...address }: CollectLink): string {
  return `${formatRequestAddress(address)}#c1.${encodeBase64url(seed)}`;
}

function formatRequestAddress({ server, id }: RequestAddress): string {
  return `${server}/request/${id}`;
}

/**
 * What the bearer of a link may do, by its key, or by its path where it has none.
 * @throws ValidationError `INVALID_LINK`, `AMBIGUOUS_LINK`. The key is not looked at any further.
 */
export function kindOfLink(text: string): LinkKind {
  return kindOf(locate(text));
}

/**
 * Reads the link that answers a request.
 * @throws ValidationError `INVALID_LINK`, `INVALID_KEY`, `MISSING_KEY`, `AMBIGUOUS_LINK` as for the link of a secret;
 *   `LINK_OF_ANOTHER_KIND`.
 */
export function parseRequestLink(text: string): RequestLink {
  const { bytes, ...address } = parse(text, 'request');
  return {
    ...address,
    fingerprint: bytes.slice(0, FINGERPRINT_BYTES),
    linkSecret: bytes.slice(FINGERPRINT_BYTES),
  };
}

/** Reads the link that collects the answers to a request. @throws ValidationError as {@link parseRequestLink}. */
export function parseCollectLink(text: string): CollectLink {
  const { bytes: seed, ...address } = parse(text, 'collect');
  return { ...address, seed };
}

function parse(text: string, wanted: LinkKind): RequestAddress & { readonly bytes: Bytes } {
  const located = locate(text);
  const { kind: path, fragment, keyIsBroken, ...address } = located;
  if (path === 'request' && fragment === null) {
    throw new ValidationError('the part of the link after # is missing', 'MISSING_KEY');
  }
  requireKind(wanted, kindOf(located));
  if (path !== 'request' || fragment === null) {
    throw new ValidationError('the link is damaged: it has the key of a request', 'INVALID_LINK');
  }
  return { ...address, bytes: decodeKey(fragment.slice('r1.'.length)) };
}

function kindOf({ kind: path, fragment }: Located): LinkKind {
  return fragment === null ? path : kindOfKey(fragment);
}
