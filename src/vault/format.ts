/** The vault's file as text: JSON with one spelling only (vault/FORMAT.md). */

import { decodeBase64url, encodeBase64url } from '../core/base64url.js';
import type { Bytes } from '../core/bytes.js';
import { EncryptionError, ValidationError } from '../core/errors.js';

/** The version of the format that this program reads and writes. */
export const FORMAT_VERSION = 1;

/** One way to the vault's key. */
export interface Slot {
  /** 16 random bytes. */
  readonly id: Bytes;
  readonly kind: SlotKind;
  /** What a passphrase is stretched with: 16 random bytes. Nothing for the other kinds. */
  readonly salt: Bytes;
  /** The vault's key, sealed. */
  readonly wrapped: Bytes;
}

/** What opens a slot: a passphrase, the bytes of a file, or those that the system's keychain keeps. */
export type SlotKind = (typeof SLOT_KINDS)[number];

const SLOT_KINDS = ['passphrase', 'keyfile', 'keychain'] as const;

/** A named secret, or the trace of one that was removed; which of them only the key tells. */
export interface SealedRecord {
  /** 32 bytes that stand for project, environment and name. */
  readonly id: Bytes;
  /** Counts the changes of the record, from 1. */
  readonly revision: number;
  readonly sealed: Bytes;
}

/** What the file holds. */
export interface VaultFile {
  /** 16 random bytes: which vault it is. */
  readonly id: Bytes;
  readonly slots: readonly Slot[];
  readonly records: readonly SealedRecord[];
  /** Authenticates all the rest, under the vault's key. */
  readonly seal: Bytes;
}

/** The file's text but for its seal, which is what the seal is made over. */
export function formatUnsealed({ id, slots, records }: Omit<VaultFile, 'seal'>): string {
  return JSON.stringify({
    format: 'zephr vault',
    version: FORMAT_VERSION,
    id: encodeBase64url(id),
    slots: slots.map((slot) => ({
      id: encodeBase64url(slot.id),
      kind: slot.kind,
      salt: encodeBase64url(slot.salt),
      wrapped: encodeBase64url(slot.wrapped),
    })),
    records: records.map((record) => ({
      id: encodeBase64url(record.id),
      revision: record.revision,
      sealed: encodeBase64url(record.sealed),
    })),
  });
}

/** The file's text, a newline at its end. */
export function formatVault(file: VaultFile): string {
  return `${formatUnsealed(file).slice(0, -1)},"seal":"${encodeBase64url(file.seal)}"}\n`;
}

/**
 * Reads the file's text. There is one text for what it holds: any other, however alike, was changed by somebody else.
 * @throws EncryptionError `VAULT_DAMAGED`; ValidationError `VAULT_TOO_NEW` for a later version's file.
 */
export function parseVault(text: string): VaultFile {
  const file = readFields(text);
  if (formatVault(file) !== text) throw damaged('it is not written as zephr writes it');
  return file;
}

/** The error for a file that is not as it was written; it does not say more than that. */
export function damaged(why: unknown): EncryptionError {
  return new EncryptionError('the vault was damaged or tampered with', 'VAULT_DAMAGED', {
    cause: typeof why === 'string' ? new Error(why) : why,
  });
}

function readFields(text: string): VaultFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw damaged(cause);
  }
  const root = objectOf(json);
  if (root.format !== 'zephr vault') throw damaged('it is no vault');
  if (typeof root.version === 'number' && root.version > FORMAT_VERSION) {
    throw new ValidationError('the vault is of a later zephr: update this one', 'VAULT_TOO_NEW');
  }
  return {
    id: bytesOf(root.id, 16),
    slots: arrayOf(root.slots).map(readSlot),
    records: arrayOf(root.records).map(readRecord),
    seal: bytesOf(root.seal, 32),
  };
}

function readSlot(json: unknown): Slot {
  const { id, kind, salt, wrapped } = objectOf(json);
  const known = SLOT_KINDS.find((one) => one === kind);
  if (known === undefined) throw damaged('a slot is of no known kind');
  return {
    id: bytesOf(id, 16),
    kind: known,
    salt: bytesOf(salt, known === 'passphrase' ? 16 : 0),
    wrapped: bytesOf(wrapped),
  };
}

function readRecord(json: unknown): SealedRecord {
  const { id, revision, sealed } = objectOf(json);
  if (typeof revision !== 'number' || !Number.isSafeInteger(revision) || revision < 1) {
    throw damaged('a revision is no count');
  }
  return { id: bytesOf(id, 32), revision, sealed: bytesOf(sealed) };
}

function objectOf(json: unknown): Readonly<Record<string, unknown>> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw damaged('it is no object');
  return Object.fromEntries(Object.entries(json));
}

function arrayOf(json: unknown): readonly unknown[] {
  if (!Array.isArray(json)) throw damaged('it is no list');
  return json;
}

function bytesOf(json: unknown, length?: number): Bytes {
  if (typeof json !== 'string') throw damaged('it is no text');
  let bytes: Bytes;
  try {
    bytes = decodeBase64url(json);
  } catch (cause) {
    throw damaged(cause);
  }
  if (length !== undefined && bytes.length !== length) throw damaged('it is not as long as it should be');
  return bytes;
}
