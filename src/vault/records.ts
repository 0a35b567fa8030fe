/** Named secrets as a vault keeps them: names, lengths and policy hidden, each bound to its place (vault/FORMAT.md). */

import {
  type Bytes,
  concatBytes,
  decodeUtf8,
  encodeUtf8,
  equalBytes,
  type RandomBytes,
} from '../core/bytes.js';
import { decrypt, encrypt, NONCE_BYTES } from '../core/crypto/aes-gcm.js';
import { readFrame, writeFrame } from '../core/crypto/frame.js';
import { ValidationError } from '../core/errors.js';
import { webCrypto } from '../core/web-crypto.js';
import { damaged, type SealedRecord } from './format.js';

/** Which secret it is. */
export interface SecretPlace {
  readonly project: string;
  readonly environment: string;
  /** `^[A-Z][A-Z0-9_]*$`, at most 128 characters. */
  readonly name: string;
}

/** What may be done with a secret. An unbound one, with no hosts, is for processes only. */
export interface Policy {
  /** Hosts that requests may carry it to: `host`, `host:port` or `host/path*`. */
  readonly hosts?: readonly string[];
  /** Where in a request it stands, such as `bearer` or `header:X-Key`. */
  readonly as?: string;
  readonly methods?: readonly string[];
  /** Whether a person is asked before each use. */
  readonly approve?: boolean;
  /** Whether a bound secret may go into a process too. */
  readonly run?: boolean;
}

/** A named secret, or the trace of one that was removed. */
export interface VaultRecord extends SecretPlace {
  readonly policy: Policy;
  /** Times in milliseconds since 1970. */
  readonly changedAt: number;
  readonly expiresAt?: number;
  /** Null once it was removed. */
  readonly value: Bytes | null;
}

/** The keys that records are kept under. */
export interface RecordKeys {
  readonly vaultId: Bytes;
  /** AES-256-GCM. */
  readonly sealing: CryptoKey;
  /** HMAC with SHA-256. */
  readonly index: CryptoKey;
}

const NAME = /^[A-Z][A-Z0-9_]{0,127}$/;
const LABEL = /^[\w.-]{1,64}$/;

/**
 * Checks what a secret is called, and where.
 * @throws ValidationError `INVALID_NAME`, which does not repeat what is no name: it may be a secret.
 */
export function checkPlace({ project, environment, name }: SecretPlace): void {
  if (!isSecretName(name)) {
    throw new ValidationError(
      'a name has capital letters, digits and underscores, and begins with a letter: DB_PASSWORD',
      'INVALID_NAME',
    );
  }
  if (!LABEL.test(project) || !LABEL.test(environment)) {
    throw new ValidationError('projects and environments have 1 to 64 of A-Z a-z 0-9 . _ -', 'INVALID_NAME');
  }
}

/** Whether a secret can have this name. */
export function isSecretName(name: string): boolean {
  return NAME.test(name);
}

/** The id of a record: 32 bytes that only the vault's key gives. */
export async function recordId(
  { index }: RecordKeys,
  { project, environment, name }: SecretPlace,
): Promise<Bytes> {
  // None of the three has a NUL.
  const text = encodeUtf8(`${project}\0${environment}\0${name}`);
  return new Uint8Array(await webCrypto().subtle.sign('HMAC', index, text));
}

/** Seals a record. `revision` is one more than that of the record before it, or 1. */
export async function sealRecord(
  keys: RecordKeys,
  record: VaultRecord,
  revision: number,
  random: RandomBytes,
): Promise<SealedRecord> {
  const id = await recordId(keys, record);
  const { value, ...meta } = record;
  const content = value ?? new Uint8Array(0);
  const text = encodeUtf8(JSON.stringify({ ...meta, ...(value === null && { removed: true }) }));
  const frame: Uint8Array[] = [];
  for await (const piece of writeFrame(text, [content], content.length)) frame.push(piece);
  const nonce = random(NONCE_BYTES);
  const sealed = await encrypt(keys.sealing, nonce, concatBytes(...frame), recordContext(keys, id, revision));
  return { id, revision, sealed: concatBytes(nonce, sealed) };
}

/**
 * Opens a record.
 * @throws EncryptionError `VAULT_DAMAGED` when it is not genuine, or not in its place.
 */
export async function openRecord(
  keys: RecordKeys,
  { id, revision, sealed }: SealedRecord,
): Promise<VaultRecord> {
  try {
    const nonce = sealed.slice(0, NONCE_BYTES);
    const context = recordContext(keys, id, revision);
    const plain = await decrypt(keys.sealing, nonce, sealed.subarray(NONCE_BYTES), context);
    const frame = await readFrame(one(plain));
    const content: Uint8Array[] = [];
    for await (const piece of frame.content) content.push(piece);
    const { removed, ...record } = readMeta(frame.meta);
    if (!equalBytes(await recordId(keys, record), id)) throw new Error('the record is of another name');
    return { ...record, value: removed ? null : concatBytes(...content) };
  } catch (cause) {
    throw damaged(cause);
  }
}

type RecordMeta = Omit<VaultRecord, 'value'> & { readonly removed?: boolean };

/** What stands beside a value. @throws Error when it is not what {@link sealRecord} writes. */
function readMeta(bytes: Uint8Array): RecordMeta {
  const meta: unknown = JSON.parse(decodeUtf8(bytes));
  if (!isRecordMeta(meta)) throw new Error('the record has no place, policy or time');
  return meta;
}

function isRecordMeta(meta: unknown): meta is RecordMeta {
  if (typeof meta !== 'object' || meta === null) return false;
  const fields: Partial<Record<string, unknown>> = { ...meta };
  const { project, environment, name, policy, changedAt, expiresAt, removed } = fields;
  return (
    [project, environment, name].every((part) => typeof part === 'string') &&
    isPolicy(policy) &&
    typeof changedAt === 'number' &&
    (expiresAt === undefined || typeof expiresAt === 'number') &&
    (removed === undefined || removed === true)
  );
}

function isPolicy(policy: unknown): policy is Policy {
  if (typeof policy !== 'object' || policy === null) return false;
  const { hosts, as, methods, approve, run }: Partial<Record<string, unknown>> = { ...policy };
  return (
    [hosts, methods].every((list) => list === undefined || isTexts(list)) &&
    (as === undefined || typeof as === 'string') &&
    [approve, run].every((flag) => flag === undefined || typeof flag === 'boolean')
  );
}

function isTexts(list: unknown): boolean {
  return Array.isArray(list) && list.every((text) => typeof text === 'string');
}

function recordContext({ vaultId }: RecordKeys, id: Bytes, revision: number): Bytes {
  const count = new Uint8Array(8);
  new DataView(count.buffer).setBigUint64(0, BigInt(revision));
  return concatBytes(encodeUtf8('zephr/vault1/record'), vaultId, id, count);
}

async function* one(bytes: Bytes): AsyncGenerator<Bytes, void, undefined> {
  yield bytes;
}
