/**
 * From a vault's file to an open vault, by the first of the ways that is there (cli/CLI.md): the key file that is
 * named, a credential of systemd, a mounted secret, an agent, the keychain, the passphrase. A key file that is there
 * and does not fit is an error, and never a reason to try something weaker.
 */

import { readFile } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Bytes } from '../../core/bytes.js';
import { EncryptionError, isSystemError, ValidationError, ZephrError } from '../../core/errors.js';
import type { VaultFile } from '../format.js';
import { agentSocket, proxySockets, type User } from '../places.js';
import type { Opener } from '../slots.js';
import { Vault } from '../vault.js';
import { askAgent } from './agent.js';

/** How a vault was opened. */
export type Way =
  | 'the key file'
  | 'a systemd credential'
  | 'a mounted secret'
  | 'zephr vault unlock'
  | 'zephr proxy'
  | 'the keychain'
  | 'the passphrase';

/** A vault that is open, how, and until when that will do, where that is known (milliseconds since 1970). */
export interface Unlocked {
  readonly vault: Vault;
  readonly way: Way;
  readonly until?: number;
}

/** What unlocking can use. */
export interface Unlocking {
  readonly user: User;
  /** The key file that is named. */
  readonly keyFile?: string | undefined;
  /** The environment of the keychain's program. */
  readonly toolEnvironment: Readonly<Record<string, string>>;
  /** Asks for the passphrase, `isAgain` after a wrong one; gives null where nobody can be asked. */
  readonly askPassphrase: (isAgain: boolean) => Promise<string | null>;
  /** Whether an agent is not asked. */
  readonly withoutAgent?: boolean;
  /** Where a container finds its secrets; by default `/run/secrets`. */
  readonly mountedSecrets?: string | undefined;
}

/** A key file that is there, and what it is. */
export interface KeyFile {
  readonly way: Way;
  readonly path: string;
  readonly opener: Opener;
}

/** A longer file is no key. */
const LONGEST_KEY_FILE = 65_536;

/**
 * Opens a vault.
 * @throws ZephrError `VAULT_LOCKED` when there is no way; EncryptionError `WRONG_OPENER` or `VAULT_DAMAGED`;
 *   ValidationError `INVALID_KEY_FILE` or `NO_SUCH_SLOT`.
 */
export async function unlock(file: VaultFile, unlocking: Unlocking): Promise<Unlocked> {
  const keyFile = await findKeyFile(unlocking);
  if (keyFile !== null) return { vault: await Vault.open(file, keyFile.opener), way: keyFile.way };
  return (
    (await byAgent(file, unlocking)) ??
    (await byKeychain(file, unlocking)) ??
    (await byPassphrase(file, unlocking)) ??
    fail()
  );
}

/**
 * The key file that is named, or that the system provides; null where there is none.
 * @throws ValidationError `INVALID_KEY_FILE` for one that is named and cannot be read, or is no key.
 */
export async function findKeyFile({
  user,
  keyFile,
  mountedSecrets = '/run/secrets',
}: Unlocking): Promise<KeyFile | null> {
  if (keyFile !== undefined) {
    const bytes = await readKeyFile(keyFile);
    if (bytes === null) throw noKeyFile(keyFile, 'there is no such file');
    return { way: 'the key file', path: keyFile, opener: { kind: 'keyfile', bytes } };
  }
  const credentials = user.env.CREDENTIALS_DIRECTORY;
  const provided: readonly (readonly [Way, string | undefined])[] = [
    ['a systemd credential', credentials ? join(credentials, 'zephr-vault.key') : undefined],
    ['a mounted secret', user.platform === 'win32' ? undefined : join(mountedSecrets, 'zephr_vault_key')],
  ];
  for (const [way, path] of provided) {
    const bytes = path === undefined ? null : await readKeyFile(path);
    if (path !== undefined && bytes !== null) return { way, path, opener: { kind: 'keyfile', bytes } };
  }
  return null;
}

async function readKeyFile(path: string): Promise<Bytes | null> {
  let bytes: Uint8Array;
  try {
    bytes = await promisify(readFile)(path);
  } catch (cause) {
    if (isSystemError(cause, 'ENOENT', 'ENOTDIR')) return null;
    throw noKeyFile(path, cause instanceof Error ? cause.message : 'it cannot be read', cause);
  }
  if (bytes.length > LONGEST_KEY_FILE) throw noKeyFile(path, 'it is too long');
  return Uint8Array.from(bytes);
}

function noKeyFile(path: string, why: string, cause?: unknown): ValidationError {
  return new ValidationError(`no vault key in ${path}: ${why}`, 'INVALID_KEY_FILE', { cause });
}

/** By what was started to keep the vault unlocked, or by a proxy that runs and has it open. */
async function byAgent(file: VaultFile, { user, withoutAgent }: Unlocking): Promise<Unlocked | null> {
  const agent = withoutAgent ? null : agentSocket(user);
  if (agent === null) return null;
  const proxies = (await proxySockets(user)).map(({ socket }) => socket);
  for (const socket of [agent, ...proxies]) {
    const held = await askAgent(socket, file.id);
    if (held === null) continue;
    const way = socket === agent ? 'zephr vault unlock' : 'zephr proxy';
    return { vault: await Vault.withKey(file, held.key), way, until: held.until };
  }
  return null;
}

async function byKeychain(file: VaultFile, { user, toolEnvironment }: Unlocking): Promise<Unlocked | null> {
  if (!file.slots.some(({ kind }) => kind === 'keychain')) return null;
  const { keychainOf } = await import('./keychain.js');
  const keychain = keychainOf({ platform: user.platform, env: toolEnvironment });
  const bytes = await keychain.read(file.id);
  if (bytes === null) return null;
  return { vault: await Vault.open(file, { kind: 'keychain', bytes }), way: 'the keychain' };
}

/** Asks until it is right: only who is asked can give up. */
async function byPassphrase(file: VaultFile, { askPassphrase }: Unlocking): Promise<Unlocked | null> {
  if (!file.slots.some(({ kind }) => kind === 'passphrase')) return null;
  for (let isAgain = false; ; isAgain = true) {
    const passphrase = await askPassphrase(isAgain);
    if (passphrase === null) return null;
    try {
      return { vault: await Vault.open(file, { kind: 'passphrase', passphrase }), way: 'the passphrase' };
    } catch (error) {
      const isWrong = error instanceof EncryptionError && error.code === 'WRONG_OPENER';
      const isNone = error instanceof ValidationError && error.code === 'INVALID_PASSPHRASE';
      if (!isWrong && !isNone) throw error;
    }
  }
}

function fail(): never {
  throw new ZephrError('the vault is locked', 'VAULT_LOCKED');
}
