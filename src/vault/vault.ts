/** A vault that is open: named secrets, and what is written back (vault/FORMAT.md). */

import { type Bytes, encodeUtf8, type RandomBytes, randomBytes } from '../core/bytes.js';
import { deriveAesKey, expand, importSecret } from '../core/crypto/hkdf.js';
import { ValidationError } from '../core/errors.js';
import { webCrypto } from '../core/web-crypto.js';
import {
  damaged,
  formatUnsealed,
  formatVault,
  type SealedRecord,
  type Slot,
  type SlotKind,
  type VaultFile,
} from './format.js';
import {
  checkPlace,
  openRecord,
  type RecordKeys,
  type SecretPlace,
  sealRecord,
  type VaultRecord,
} from './records.js';
import { makeSlot, type Opener, openSlot, type SlotOptions } from './slots.js';

/** Bytes of a vault's key. */
const KEY_BYTES = 32;

interface VaultKeys extends RecordKeys {
  /** HMAC with SHA-256, over the whole file. */
  readonly seal: CryptoKey;
}

/** Changes are in memory until {@link Vault.format} is written. */
export class Vault {
  readonly #key: Bytes;
  readonly #keys: VaultKeys;
  readonly #random: RandomBytes;
  readonly #records = new Map<string, { readonly sealed: SealedRecord; readonly record: VaultRecord }>();
  #slots: readonly Slot[];

  private constructor(key: Bytes, keys: VaultKeys, slots: readonly Slot[], random: RandomBytes) {
    this.#key = key;
    this.#keys = keys;
    this.#slots = slots;
    this.#random = random;
  }

  /** A new vault with one way into it. */
  static async create(opener: Opener, options: SlotOptions = {}): Promise<Vault> {
    const { random = randomBytes } = options;
    const [id, key] = [random(16), random(KEY_BYTES)];
    return new Vault(key, await deriveKeys(id, key), [await makeSlot(id, key, opener, options)], random);
  }

  /**
   * Opens a vault by the first slot that the opener fits.
   * @throws EncryptionError `WRONG_OPENER` when it fits none, `VAULT_DAMAGED` when the file is not as it was written;
   *   ValidationError `NO_SUCH_SLOT` when the vault has no slot of the opener's kind.
   */
  static async open(file: VaultFile, opener: Opener, options: SlotOptions = {}): Promise<Vault> {
    const slots = file.slots.filter(({ kind }) => kind === opener.kind);
    if (slots.length === 0) throw new ValidationError(`the vault has no ${opener.kind} slot`, 'NO_SUCH_SLOT');
    let wrong: unknown;
    for (const slot of slots) {
      const key = await openSlot(file.id, slot, opener, options).catch((error: unknown) => {
        wrong = error;
        return null;
      });
      if (key !== null) return Vault.#unsealed(file, key, options.random ?? randomBytes);
    }
    throw wrong;
  }

  /** Opens a vault by its key, for a process that was given it. */
  static withKey(file: VaultFile, key: Bytes): Promise<Vault> {
    return Vault.#unsealed(file, key, randomBytes);
  }

  static async #unsealed(file: VaultFile, key: Bytes, random: RandomBytes): Promise<Vault> {
    if (key.length !== KEY_BYTES) throw damaged('the key is not 32 bytes');
    const keys = await deriveKeys(file.id, key);
    const text = encodeUtf8(formatUnsealed(file));
    if (!(await webCrypto().subtle.verify('HMAC', keys.seal, file.seal, text)))
      throw damaged('the seal is broken');
    const vault = new Vault(key, keys, file.slots, random);
    const records = await Promise.all(file.records.map((sealed) => openRecord(keys, sealed)));
    for (const [index, sealed] of file.records.entries()) {
      const record = records[index];
      if (record !== undefined) vault.#records.set(keyOf(record), { sealed, record });
    }
    return vault;
  }

  /** The key, for a process that hands it on: 32 bytes, which open everything. */
  get key(): Bytes {
    return this.#key;
  }

  /** Which vault it is: 16 bytes. */
  get id(): Bytes {
    return this.#keys.vaultId;
  }

  /** The kinds of its slots. */
  get slotKinds(): readonly SlotKind[] {
    return this.#slots.map(({ kind }) => kind);
  }

  /**
   * Opens the file as it is now, with the key of this vault.
   * @throws EncryptionError `VAULT_DAMAGED` when it is not as it was written, or is another vault's.
   */
  reopen(file: VaultFile): Promise<Vault> {
    return Vault.#unsealed(file, this.#key, this.#random);
  }

  /** The secrets of a project and environment, or all of them, by name. */
  list(where: Partial<SecretPlace> = {}): VaultRecord[] {
    return [...this.#records.values()]
      .map(({ record }) => record)
      .filter(
        (record) =>
          record.value !== null &&
          (where.project ?? record.project) === record.project &&
          (where.environment ?? record.environment) === record.environment &&
          (where.name ?? record.name) === record.name,
      )
      .sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  }

  /** A secret, or null when there is none of this name. */
  get(place: SecretPlace): VaultRecord | null {
    const record = this.#records.get(keyOf(place))?.record;
    return record === undefined || record.value === null ? null : record;
  }

  /**
   * Keeps a secret, in place of the one of the same name.
   * @throws ValidationError `INVALID_NAME`; `EMPTY_SECRET`.
   */
  async set(record: VaultRecord): Promise<void> {
    checkPlace(record);
    if (record.value?.length === 0) throw new ValidationError('the secret is empty', 'EMPTY_SECRET');
    const revision = (this.#records.get(keyOf(record))?.sealed.revision ?? 0) + 1;
    const sealed = await sealRecord(this.#keys, record, revision, this.#random);
    this.#records.set(keyOf(record), { sealed, record });
  }

  /** Destroys a secret; what is left says only that there was one. False when there is none of this name. */
  async remove(place: SecretPlace, now: number): Promise<boolean> {
    const record = this.get(place);
    if (record === null) return false;
    const { project, environment, name } = record;
    await this.set({ project, environment, name, policy: {}, changedAt: now, value: null });
    return true;
  }

  /** Adds a way into the vault. */
  async addSlot(opener: Opener, options: SlotOptions = {}): Promise<void> {
    const { vaultId } = this.#keys;
    this.#slots = [...this.#slots, await makeSlot(vaultId, this.#key, opener, options)];
  }

  /** The file's text. */
  async format(): Promise<string> {
    const records = [...this.#records.values()].map(({ sealed }) => sealed);
    const file = { id: this.#keys.vaultId, slots: this.#slots, records };
    const seal = await webCrypto().subtle.sign('HMAC', this.#keys.seal, encodeUtf8(formatUnsealed(file)));
    return formatVault({ ...file, seal: new Uint8Array(seal) });
  }
}

async function deriveKeys(vaultId: Bytes, key: Bytes): Promise<VaultKeys> {
  const secret = await importSecret(key);
  const [sealing, index, seal] = await Promise.all([
    deriveAesKey(secret, 'zephr/vault1/records'),
    expand(secret, 'zephr/vault1/index', 32).then(importHmacKey),
    expand(secret, 'zephr/vault1/seal', 32).then(importHmacKey),
  ]);
  return { vaultId, sealing, index, seal };
}

function importHmacKey(bytes: Bytes): Promise<CryptoKey> {
  return webCrypto().subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
    'verify',
  ]);
}

function keyOf({ project, environment, name }: SecretPlace): string {
  return `${project}\0${environment}\0${name}`;
}
