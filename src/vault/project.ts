/**
 * Which secrets are meant: a project and an environment, named by a person or by the file `.zephr.json` of a
 * repository. Such a file may come with a stranger's clone, so it counts only once its user has looked at it: the vault
 * keeps its path and its hash, under the vault's own seal.
 */

import { existsSync, promises, type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { decodeUtf8, encodeUtf8, equalBytes } from '../core/bytes.js';
import { isSystemError, ValidationError } from '../core/errors.js';
import { sha256 } from '../core/web-crypto.js';
import { checkPlace, type SecretPlace } from './records.js';
import type { Vault } from './vault.js';

/** What a repository calls its file. */
export const PROJECT_FILE = '.zephr.json';

/** Project and environment where nobody names others. */
export const DEFAULT_LABEL = 'default';

/** The vault's own project, whose records are no secrets of the user's. */
const OWN_PROJECT = '.zephr';

/** A longer file is none of ours, in bytes. */
const LONGEST_FILE = 65_536;

/** Where secrets are looked for. */
export type Surroundings = Omit<SecretPlace, 'name'>;

/** A repository's file. */
export interface ProjectFile extends Surroundings {
  readonly path: string;
  /** The names it needs. */
  readonly secrets: readonly string[];
  /** SHA-256 of its bytes. */
  readonly digest: Uint8Array<ArrayBuffer>;
}

/**
 * A project and an environment that a person names.
 * @throws ValidationError `INVALID_NAME`.
 */
export function surroundings({ project, environment }: Partial<Surroundings>): Surroundings {
  const found = { project: project ?? DEFAULT_LABEL, environment: environment ?? DEFAULT_LABEL };
  checkPlace({ ...found, name: 'NAME' });
  if (found.project.startsWith('.'))
    throw new ValidationError('a project does not begin with a dot', 'INVALID_NAME');
  return found;
}

/**
 * The file of the repository that a folder is in: there, or in a folder above, as far as the one with `.git`.
 * @returns null where there is none.
 * @throws ValidationError `INVALID_PROJECT_FILE` when it cannot be read, or is not what it should be.
 */
export async function findProjectFile(folder: string): Promise<ProjectFile | null> {
  for (let at = folder; ; at = dirname(at)) {
    const path = join(at, PROJECT_FILE);
    const bytes = await readFileAt(path);
    if (bytes !== null) return { path, ...parseProjectFile(bytes, path), digest: await sha256(bytes) };
    if (at === dirname(at) || existsSync(join(at, '.git'))) return null;
  }
}

/** Whether the file is one that the vault's user trusts, as it is now and where it is now. */
export async function isTrusted(vault: Vault, { path, digest }: ProjectFile): Promise<boolean> {
  const value = vault.get(await trustPlace(path))?.value ?? null;
  return value !== null && equalBytes(value, digest);
}

/** Trusts a file as it is now. */
export async function trustFile(vault: Vault, { path, digest }: ProjectFile, now: number): Promise<void> {
  await vault.set({ ...(await trustPlace(path)), policy: {}, changedAt: now, value: digest });
}

/** Whether a record is a secret of the user's, and none of the vault's own. */
export function isUserSecret({ project }: SecretPlace): boolean {
  return !project.startsWith('.');
}

async function trustPlace(path: string): Promise<SecretPlace> {
  const name = Buffer.from(await sha256(encodeUtf8(path))).toString('hex');
  return { project: OWN_PROJECT, environment: 'trust', name: `T${name.toUpperCase()}` };
}

function parseProjectFile(bytes: Uint8Array, path: string): Omit<ProjectFile, 'path' | 'digest'> {
  let json: unknown;
  try {
    json = JSON.parse(decodeUtf8(bytes));
  } catch (cause) {
    throw unusable(path, 'it is not JSON', cause);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw unusable(path, 'it is no object');
  const { project, environment, secrets = [], ...others }: Partial<Record<string, unknown>> = { ...json };
  if (Object.keys(others).length > 0)
    throw unusable(path, 'it has more than project, environment and secrets');
  if (!isTextOrAbsent(project) || !isTextOrAbsent(environment))
    throw unusable(path, 'project and environment are texts');
  if (!Array.isArray(secrets) || !secrets.every((name) => typeof name === 'string'))
    throw unusable(path, 'secrets is a list of names');
  try {
    const where = surroundings({
      ...(project === undefined ? {} : { project }),
      ...(environment === undefined ? {} : { environment }),
    });
    for (const name of secrets) checkPlace({ ...where, name });
    return { ...where, secrets };
  } catch (cause) {
    throw unusable(path, cause instanceof Error ? cause.message : 'a name cannot be one', cause);
  }
}

function isTextOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

/** An ordinary file's bytes; null where there is no file. A pipe in its place would never end. */
async function readFileAt(path: string): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    const found = statOf(path);
    if (found === null) return null;
    if (!found.isFile()) throw unusable(path, 'it is no ordinary file');
    const file = await promises.open(path);
    try {
      const buffer = new Uint8Array(LONGEST_FILE + 1);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
      if (bytesRead > LONGEST_FILE) throw unusable(path, 'it is too long');
      return buffer.slice(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (isSystemError(cause, 'ENOENT', 'ENOTDIR')) return null;
    if (cause instanceof ValidationError) throw cause;
    throw unusable(path, cause instanceof Error ? cause.message : 'it cannot be read', cause);
  }
}

/** What is there, or null. A look at one folder after the other takes longer in a thread than the looks do. */
function statOf(path: string): Stats | null {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null;
  } catch (error) {
    if (isSystemError(error, 'ENOTDIR')) return null;
    throw error;
  }
}

function unusable(path: string, why: string, cause?: unknown): ValidationError {
  return new ValidationError(`${path} cannot be used: ${why}`, 'INVALID_PROJECT_FILE', { cause });
}
