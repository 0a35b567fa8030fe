/** Posting a sealed secret: the request of a create, its reply, and the link that comes of it. */

import type { Bytes } from '../../core/bytes.js';
import { linkProofHash, proofHash, type UnlockedKey, unlockKey } from '../../core/crypto/key-schedule.js';
import type { Meta } from '../../core/crypto/meta.js';
import { sealV1 } from '../../core/crypto/seal-v1.js';
import { maxSecretBytesV2, sealV2 } from '../../core/crypto/seal-v2.js';
import { ValidationError } from '../../core/errors.js';
import { formatKey, generateKey, type LinkKey, type Version } from '../../core/key.js';
import { formatAddress, formatLink } from '../../core/link.js';
import { MAX_BLOB_LENGTH, MAX_V1_BLOB_LENGTH } from '../../core/protocol/limits.js';
import { parseCreatedReply } from '../../core/protocol/replies.js';
import type { CreateBody } from '../../core/protocol/requests.js';
import { receiptLinkOf, receiptTerms } from '../sender/receipts.js';
import { checkReply } from '../transport/network-errors.js';
import { send } from '../transport/send.js';
import { deviations, requireKept } from './created-reply.js';
import type { CreateSecretOptions } from './options.js';

interface Created {
  /** Until when the secret can be read: ISO 8601, UTC. */
  readonly expiresAt: string;
  /** The server's id of the secret: 22 characters of base64url. Opens nothing by itself. */
  readonly secretId: string;
  /**
   * For you to keep: tells what becomes of the secret and revokes it, and does not read it. Missing where the server
   * keeps no receipts.
   */
  readonly receiptLink?: string;
  /**
   * Where the server's answer is not what was asked for, such as more readers or a later expiry: sentences for people.
   * Missing where all is as it was asked.
   */
  readonly warnings?: readonly string[];
}

/** A secret behind one link. */
export interface StandardLink extends Created {
  readonly mode: 'standard';
  /** `{server}/secret/{id}#{key}`. It is all that reading needs, but for the passphrase where there is one. */
  readonly fullLink: string;
  readonly url?: undefined;
  readonly key?: undefined;
}

/** A secret behind URL and key, for two channels. */
export interface SplitLink extends Created {
  readonly mode: 'split';
  readonly fullLink?: undefined;
  /** `{server}/secret/{id}`: opens nothing by itself. */
  readonly url: string;
  /** Opens nothing by itself. */
  readonly key: string;
}

/** A created secret, of either mode. */
export type SecretLink = StandardLink | SplitLink;

/** Checked options of a create: what it tells the server, and how. */
export interface CreateTerms {
  readonly server: string;
  readonly headers: Record<string, string>;
  /** What the server is told in clear text. */
  readonly terms: Omit<CreateBody, 'encrypted_blob'>;
  /** For the sender to keep; null where the server is told of none. */
  readonly receipt: Bytes | null;
}

/** A secret under its key; `unlocked` is null for version 1. */
export interface SealedUnder {
  readonly key: LinkKey;
  readonly unlocked: UnlockedKey | null;
}

/**
 * Posts the body of a create, and gives the link. The same body, sent again, makes nothing new.
 * @throws ApiError, NetworkError as `createSecret` does.
 */
export async function postSecret(
  body: string,
  { key, unlocked }: SealedUnder,
  { server, headers, terms, receipt }: CreateTerms,
  options: CreateSecretOptions,
): Promise<SecretLink> {
  const url = `${server}/api/secrets`;
  const reply = await send({ method: 'POST', url, headers, body }, options);
  const created = checkReply(url, () => parseCreatedReply(reply.json, key.version));
  const { id, expires_at: expiresAt } = created;
  if (unlocked !== null) await requireKept(created, { unlocked, gates: terms.gates }, url, options);

  const warnings = deviations(created, terms, reply.headers.get('Date'));
  const common = {
    expiresAt,
    secretId: id,
    ...receiptLinkOf(receipt, server, created),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
  return options.split
    ? { mode: 'split', url: formatAddress({ server, id }), key: formatKey(key), ...common }
    : { mode: 'standard', fullLink: formatLink({ server, id, key }), ...common };
}

/** What is sealed beside the secret, its files aside. */
export function metaOf({ name, message }: Pick<CreateSecretOptions, 'name' | 'message'>): Meta {
  return { ...(name === undefined ? {} : { name }), ...(message === undefined ? {} : { message }) };
}

/** The most bytes of a secret that go as a blob. More of them are a file. */
export const MAX_BLOB_SECRET_BYTES = maxSecretBytesV2(MAX_BLOB_LENGTH);

/**
 * Seals a secret in a blob, and posts it.
 * @throws ValidationError, ApiError, NetworkError as `createSecret` does.
 */
export async function createFromBytes(
  content: Uint8Array,
  version: Version,
  terms: CreateTerms,
  options: CreateSecretOptions,
): Promise<SecretLink> {
  const key = generateKey(version, options.passphrase !== undefined);
  const unlocked = version === 2 ? await unlockKey(key, options.passphrase) : null;
  const sealed =
    unlocked === null ? await sealedV1(content, key) : await sealedV2(content, metaOf(options), unlocked);
  const body = JSON.stringify({ ...sealed, ...terms.terms, ...(await receiptTerms(terms.receipt)) });
  return postSecret(body, { key, unlocked }, terms, options);
}

/** What sealing gives to the body of a create, version 2. @throws ValidationError `SECRET_TOO_LARGE`, `INVALID_META`. */
export async function sealedV2(
  content: Uint8Array,
  meta: Meta,
  unlocked: UnlockedKey,
): Promise<Pick<CreateBody, 'encrypted_blob' | 'version' | 'proof_hash' | 'link_proof_hash'>> {
  const blob = await sealV2(content, meta, unlocked);
  if (blob.length > MAX_BLOB_LENGTH) {
    throw new ValidationError('the secret is larger than any server takes', 'SECRET_TOO_LARGE');
  }
  const linkProof = await linkProofHash(unlocked);
  return {
    encrypted_blob: blob,
    version: 2,
    proof_hash: await proofHash(unlocked),
    ...(linkProof === null ? {} : { link_proof_hash: linkProof }),
  };
}

/** @throws ValidationError `SECRET_TOO_LARGE`. */
async function sealedV1(content: Uint8Array, key: LinkKey): Promise<Pick<CreateBody, 'encrypted_blob'>> {
  const blob = await sealV1(content, key);
  if (blob.length <= MAX_V1_BLOB_LENGTH) return { encrypted_blob: blob };
  throw new ValidationError(
    'the secret is larger than readers of version 1 links take: a version 2 link can carry more',
    'SECRET_TOO_LARGE',
  );
}
