/**
 * Reads that have begun. The claim of a read is on the disk before the request is sent and leaves it when the secret has
 * arrived, so that whatever happens in between, the next `zephr get` of the same link here can repeat the read: the
 * server answers the same claim the same way for as long as its lease lasts (core/protocol/PROTOCOL.md section 4). The
 * file is for its owner only and holds no key: without the link it opens nothing.
 */

import { lstat, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeUtf8 } from '../../core/bytes.js';
import type { SecretAddress } from '../../core/link.js';
import { LONGEST_CHUNKS_LEASE_MS } from '../../core/protocol/chunks.js';
import { LEASE_MS } from '../../core/protocol/limits.js';
import { isClaim } from '../../core/protocol/requests.js';
import { sha256 } from '../../core/web-crypto.js';
import type { Terminal } from '../terminal/terminal.js';
import { stateFolder } from './folders.js';
import { acquireLock, ageOf } from './process-lock.js';
import { isTemporary, removeLeftover, replaceFile } from './temporary-file.js';

/** A read that can be repeated. Times are ISO 8601 by this machine's clock. */
export interface PendingClaim {
  readonly claim: string;
  /** When this machine first asked for the secret. */
  readonly startedAt: string;
  /** Until when the server repeats its answer; missing when no answer is known to have come. */
  readonly readableUntil?: string;
  /** The path of the temporary file beside the output, which is left where the process was killed. */
  readonly temporary?: string;
  /** Files that have come in part. */
  readonly part?: PendingFiles;
}

/** The files of a read that broke off. */
export interface PendingFiles {
  /** The folder they are in, which has a temporary name and is beside where they will go. */
  readonly folder: string;
  /** How many bytes of the files are on the disk. */
  readonly bytes: number;
}

/** The file of a secret's claim, held by this process: others that want the secret wait until it is released. */
export interface ClaimFile {
  /** What a read that was broken off has left. */
  readonly found: PendingClaim | null;
  /** Whether another process was reading this secret and this one waited for it. */
  readonly waited: boolean;
  /**
   * Puts a claim on the disk, in place of the one that was there.
   * @returns whether it is there; if not, only this process can repeat the read.
   */
  save(pending: PendingClaim): Promise<boolean>;
  /** Removes the claim: the secret has arrived, or the server has given nothing to it. */
  remove(): Promise<void>;
  release(): Promise<void>;
}

/**
 * How long a claim is kept that nobody came back for, in milliseconds. Long after its lease it still tells that it was
 * this machine which read the secret.
 */
const KEPT_MS = 7 * 86_400_000;

/** Files that came in part are kept as long as a lease can last, in milliseconds. */
const FILES_KEPT_MS = LONGEST_CHUNKS_LEASE_MS;

/** What a process that was killed may leave besides, a lock or a part of a file, is kept this long, in milliseconds. */
const LEFTOVERS_KEPT_MS = 3_600_000;

/** The folder of claims, in that of states. */
const CLAIMS = 'claims';

/** The name of a claim's file; all else in the folder is a lock or a temporary file. */
const CLAIM_FILE = /^[0-9a-f]{64}$/;

/**
 * Opens the file of the secret's claim, and removes what is out of date from its folder. Where the folder cannot be
 * written there is no file, and `save` says so.
 * @param onWait is called when another process on this machine is reading the same secret.
 * @throws Interrupted while it waits for that.
 */
export async function openClaimFile(
  address: SecretAddress,
  terminal: Terminal,
  onWait: () => Promise<void>,
): Promise<ClaimFile> {
  const folder = await openFolder(terminal);
  if (folder === null) return NO_FILE;
  const name = await nameOf(address);
  const path = join(folder, name);
  const { waited, refresh, release } = await acquireLock(`${path}.lock`, LEASE_MS, terminal, onWait);
  const found = await readPendingClaim(path);
  await sweep(folder, name);
  return {
    found,
    waited,
    async save(pending) {
      await refresh();
      try {
        await replaceFile(path, JSON.stringify(pending));
        return true;
      } catch {
        // A full disk, say. The read goes on, and whoever saves says what that means for a second try.
        return false;
      }
    },
    remove: () => remove(path),
    release,
  };
}

/**
 * Whether a read of this secret was broken off here and can still be repeated, as far as this machine knows.
 * @param now milliseconds since 1970.
 */
export async function hasLiveClaim(
  address: SecretAddress,
  terminal: Terminal,
  now: number,
): Promise<boolean> {
  const parent = stateFolder(terminal);
  if (parent === null) return false;
  const found = await readPendingClaim(join(parent, CLAIMS, await nameOf(address)));
  if (found === null) return false;
  const end =
    found.readableUntil === undefined
      ? Date.parse(found.startedAt) + LEASE_MS
      : Date.parse(found.readableUntil);
  return end > now;
}

const NO_FILE: ClaimFile = {
  found: null,
  waited: false,
  save: async () => false,
  remove: async () => undefined,
  release: async () => undefined,
};

/** The folder of claims, made where it is missing; null where there is none and none can be made. */
async function openFolder(terminal: Terminal): Promise<string | null> {
  const parent = stateFolder(terminal);
  if (parent === null) return null;
  try {
    const folder = join(parent, CLAIMS);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return folder;
  } catch {
    // Not writable: a container with a read-only home, say.
    return null;
  }
}

/** The name of a claim's file: a hash, which does not show which secret the claim is for. */
async function nameOf({ server, id }: SecretAddress): Promise<string> {
  return Buffer.from(await sha256(encodeUtf8(`${server}\n${id}`))).toString('hex');
}

/** The claim in a file; null when there is none, or none that can be sent. A pipe there would never end. */
async function readPendingClaim(path: string): Promise<PendingClaim | null> {
  try {
    if (!(await lstat(path)).isFile()) return null;
    const json: unknown = JSON.parse(await readFile(path, 'utf8'));
    const { claim, startedAt, readableUntil, temporary, part }: Partial<Record<string, unknown>> =
      Object(json);
    if (typeof claim !== 'string' || !isClaim(claim) || !isTime(startedAt)) return null;
    return {
      claim,
      startedAt,
      ...(isTime(readableUntil) ? { readableUntil } : {}),
      ...(typeof temporary === 'string' ? { temporary } : {}),
      ...(isPendingFiles(part) ? { part } : {}),
    };
  } catch {
    // No file, or one that was damaged: a new claim takes its place.
    return null;
  }
}

function isPendingFiles(value: unknown): value is PendingFiles {
  const { folder, bytes }: Partial<Record<string, unknown>> = Object(value);
  return (
    typeof folder === 'string' && isTemporary(folder) && Number.isSafeInteger(bytes) && Number(bytes) >= 0
  );
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}

/** Removes what is out of date, except for the file that this process uses. */
async function sweep(folder: string, own: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (name.startsWith(own)) continue;
    const path = join(folder, name);
    const isAbandoned = CLAIM_FILE.test(name) && (await ageOf(path)) > FILES_KEPT_MS;
    const part = isAbandoned ? (await readPendingClaim(path))?.part : undefined;
    if (part !== undefined) await removeLeftover(part.folder);
    if ((await ageOf(path)) > (CLAIM_FILE.test(name) ? KEPT_MS : LEFTOVERS_KEPT_MS)) await remove(path);
  }
}

async function remove(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => undefined);
}
