/**
 * Requests that were made here. The seed of a request opens its answers, so it is on the disk before the request's link
 * is printed, in a file for its owner only, and leaves it when nothing is left to read. The file also remembers which
 * answers were taken: an answer that comes a second time, under another id, is refused.
 */

import { lstat, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeBase64url, encodeBase64url } from '../../core/base64url.js';
import { isSystemError } from '../../core/errors.js';
import { isSecretId } from '../../core/link.js';
import type { CollectLink } from '../../core/links/request-links.js';
import { isProof as isBytes32 } from '../../core/protocol/requests.js';
import { usageError } from '../exit/cli-error.js';
import { systemReason } from '../exit/reason.js';
import type { Terminal } from '../terminal/terminal.js';
import { stateFolder } from './folders.js';
import { acquireLock } from './process-lock.js';
import { replaceFile, syncFolder } from './temporary-file.js';

/** A request as it is kept. Times are ISO 8601. */
export interface KeptRequest {
  readonly server: string;
  readonly id: string;
  /** 32 bytes in base64url; missing where the request was made with `--no-record`, and its answers came by the collect link. */
  readonly seed?: string;
  /** From when on no answer can be read any more: then the next request that is made here removes the file. */
  readonly keptUntil: string;
  /** SHA-256 of the keys of the answers that were taken, in base64url, by the answers' ids. */
  readonly taken: Readonly<Record<string, string>>;
  /** The ids of answers that were refused as tampered. */
  readonly refused: readonly string[];
}

/** How long the change of a file may take, in milliseconds. */
const CHANGE_MS = 10_000;

/** The codes for a folder that cannot be written, or a disk that is full. */
const UNWRITABLE = ['EACCES', 'EDQUOT', 'EEXIST', 'ENOSPC', 'ENOTDIR', 'EPERM', 'EROFS'];

const NAME = /^([A-Za-z0-9_-]{22})\.json$/;

/** What to do where a request cannot be kept. */
const NO_RECORD =
  'with --no-record nothing is kept here, and a link to collect the answers with is printed too';

/**
 * Makes sure that a request can be kept, before there is one. Removes those whose time is over.
 * @throws CliError exit 2 where the folder cannot be written.
 */
export async function requireRequestFolder(terminal: Terminal, now: number): Promise<void> {
  const folder = folderOf(terminal);
  if (folder === null) throw usageError('there is no home directory to keep the request in', NO_RECORD);
  try {
    await replaceFile(join(folder, '.writable'), '');
    // Another process that tries at the same time may have removed it.
    await rm(join(folder, '.writable'), { force: true });
  } catch (cause) {
    throw usageError(`the request cannot be kept in ${folder}: ${systemReason(cause)}`, NO_RECORD, cause);
  }
  for (const request of await readAll(folder)) {
    if (Date.parse(request.keptUntil) < now) await removeRequest(request, terminal);
  }
}

/**
 * Keeps a new request: it is on the disk when this resolves.
 * @throws CliError exit 2 where it cannot be kept, or where the server gave it the id of another one.
 */
export async function keepRequest(
  { server, id, seed }: CollectLink,
  keptUntil: number,
  terminal: Terminal,
): Promise<KeptRequest> {
  const folder = folderOf(terminal);
  if (folder === null) throw usageError('there is no home directory to keep the request in', NO_RECORD);
  const path = join(folder, `${id}.json`);
  const request = {
    server,
    id,
    seed: encodeBase64url(seed),
    keptUntil: new Date(keptUntil).toISOString(),
    taken: {},
    refused: [],
  };
  try {
    // The seed of another request must not be lost to a server that gives an id twice.
    if (await exists(path)) throw new Error('the server gave it the id of another request');
    await replaceFile(path, JSON.stringify(request));
    return request;
  } catch (cause) {
    throw usageError(`the request cannot be kept: ${systemReason(cause)}`, NO_RECORD, cause);
  }
}

/**
 * The requests that are kept here whose id is or begins with `start`; also those whose time seems to be over: the clock may
 * be wrong, and their server knows.
 */
export async function findRequests(start: string, terminal: Terminal): Promise<readonly KeptRequest[]> {
  const folder = folderOf(terminal);
  const all = folder === null ? [] : await readAll(folder);
  return all.filter(({ id }) => id.startsWith(start));
}

/** The path of a file whose request begins with `start` and can not be read any more; null where there is none. */
export async function findDamaged(start: string, terminal: Terminal): Promise<string | null> {
  const folder = folderOf(terminal);
  if (folder === null) return null;
  for (const name of await namesIn(folder)) {
    if (!NAME.test(name) || !name.startsWith(start)) continue;
    const path = join(folder, name);
    if ((await readRequest(path)) === null && (await exists(path))) return path;
  }
  return null;
}

/** A request of which nothing is kept here. */
export function unkeptRequest({ server, id }: CollectLink, now: number): KeptRequest {
  return { server, id, keptUntil: new Date(now).toISOString(), taken: {}, refused: [] };
}

/** The link to collect the answers with; null where the seed is not kept. */
export function collectLinkOf({ server, id, seed }: KeptRequest): CollectLink | null {
  return seed === undefined ? null : { server, id, seed: decodeBase64url(seed) };
}

/**
 * Changes what is kept of a request, whatever other processes change at the same moment.
 * @param change gives the new state. Of a request without a seed, which is not kept here yet, it changes `request`.
 * @returns whether it is on the disk. One that was removed meanwhile stays so, and needs no change.
 */
export async function changeRequest(
  request: KeptRequest,
  terminal: Terminal,
  change: (current: KeptRequest) => KeptRequest,
): Promise<boolean> {
  const folder = folderOf(terminal);
  if (folder === null) return false;
  const path = join(folder, `${request.id}.json`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const lock = await acquireLock(`${path}.lock`, CHANGE_MS, terminal, async () => undefined);
    try {
      const current = (await readRequest(path)) ?? (request.seed === undefined ? request : null);
      // Of another server's request with the same id nothing is changed: it would lose its answers.
      if (current !== null && current.server !== request.server) return false;
      if (current !== null) await replaceFile(path, JSON.stringify(change(current)));
      return true;
    } finally {
      await lock.release();
    }
  } catch (error) {
    // A full disk, or a folder that cannot be written: who calls says what that means.
    if (isSystemError(error, ...UNWRITABLE)) return false;
    throw error;
  }
}

/** Forgets a request: nothing is left to read. @returns whether it is gone from the disk. */
export async function removeRequest({ id }: KeptRequest, terminal: Terminal): Promise<boolean> {
  const folder = folderOf(terminal);
  if (folder === null) return true;
  try {
    await rm(join(folder, `${id}.json`), { force: true });
    await syncFolder(folder);
    return true;
  } catch (error) {
    if (isSystemError(error, ...UNWRITABLE)) return false;
    throw error;
  }
}

/** The folder of requests; null where there is none and none can be made. */
function folderOf(terminal: Terminal): string | null {
  const parent = stateFolder(terminal);
  return parent === null ? null : join(parent, 'requests');
}

async function readAll(folder: string): Promise<KeptRequest[]> {
  const found: KeptRequest[] = [];
  for (const name of (await namesIn(folder)).sort()) {
    const request = NAME.test(name) ? await readRequest(join(folder, name)) : null;
    if (request !== null) found.push(request);
  }
  return found;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    // No request was ever made here.
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

/** The request in a file; null when there is none, or it was damaged. A pipe there would never end. */
async function readRequest(path: string): Promise<KeptRequest | null> {
  try {
    if (!(await lstat(path)).isFile()) return null;
    const json: unknown = JSON.parse(await readFile(path, 'utf8'));
    const { server, id, seed, keptUntil, taken, refused }: Partial<Record<string, unknown>> = Object(json);
    if (typeof server !== 'string' || typeof id !== 'string' || !isSecretId(id)) return null;
    if (typeof keptUntil !== 'string' || Number.isNaN(Date.parse(keptUntil))) return null;
    if (seed !== undefined && !isSeed(seed)) return null;
    return {
      server,
      id,
      keptUntil,
      ...(isSeed(seed) ? { seed } : {}),
      taken: Object.fromEntries(Object.entries(Object(taken)).filter(isText)),
      refused: Array.isArray(refused) ? refused.filter((one) => typeof one === 'string') : [],
    };
  } catch (error) {
    if (error instanceof SyntaxError || isSystemError(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}

function isSeed(value: unknown): value is string {
  return typeof value === 'string' && isBytes32(value);
}

function isText(entry: [string, unknown]): entry is [string, string] {
  return typeof entry[1] === 'string';
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}
