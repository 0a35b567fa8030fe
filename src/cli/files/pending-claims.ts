/**
 * Reads that were begun and not finished: the server handed the secret out, or may have, and it did not arrive. Until
 * `purgeAt` the server repeats its answer to the same claim (core/protocol/PROTOCOL.md section 4), so the claim is kept
 * in a file that only its owner can read. The file holds no key: without the link it opens nothing.
 */

import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeBase64url } from '../../core/base64url.js';
import { encodeUtf8, randomBytes } from '../../core/bytes.js';
import type { SecretAddress } from '../../core/link.js';
import { LEASE_MS } from '../../core/protocol/limits.js';
import { isClaim } from '../../core/protocol/requests.js';
import type { Terminal } from '../terminal/terminal.js';
import { stateFolder } from './folders.js';
import { replaceFile } from './temporary-file.js';

/** A read that can be repeated. */
export interface PendingClaim {
  readonly claim: string;
  /** ISO 8601, by the server's clock. */
  readonly purgeAt: string;
}

/** A `purgeAt` that is further off than this is not trusted, in milliseconds: the clocks disagree. */
const LONGEST_MS = 3_600_000;

/**
 * Takes away the claim of an unfinished read of this secret. Of several processes only one gets it: the one whose rename
 * succeeds. Claims that are out of date are removed on the way.
 * @returns null when there is none, or none that can be read: the secret can be read without it.
 */
export async function takePendingClaim(
  address: SecretAddress,
  terminal: Terminal,
  now = Date.now(),
): Promise<PendingClaim | null> {
  const folder = claimsFolder(terminal);
  if (folder === null) return null;
  const names = await namesIn(folder);
  // Hashing takes a moment, and nearly always there is nothing.
  if (names.length === 0) return null;
  const name = await nameOf(address);
  const found = names.includes(name) ? await takeFile(folder, name, now) : null;
  await sweep(
    folder,
    names.filter((one) => one !== name),
    now,
  );
  return found;
}

/**
 * Keeps a claim for the next read of this secret.
 * @param purgeAt as the server said; where it did not, a lease from now.
 * @returns until when the secret can be read again, or null when the claim could not be kept.
 */
export async function savePendingClaim(
  address: SecretAddress,
  { claim, purgeAt = new Date(Date.now() + LEASE_MS).toISOString() }: { claim: string; purgeAt?: string },
  terminal: Terminal,
): Promise<string | null> {
  const folder = claimsFolder(terminal);
  if (folder === null) return null;
  try {
    const path = join(folder, await nameOf(address));
    await replaceFile(path, JSON.stringify({ claim, purgeAt } satisfies PendingClaim));
    return purgeAt;
  } catch {
    // The error to report is that the secret did not arrive; the claim would only have helped.
    return null;
  }
}

/** How long the secret can still be read, such as `within 42 s`; where the clocks disagree, the protocol's minute. */
export function timeLeftInWords(purgeAt: string, now = Date.now()): string {
  const left = Date.parse(purgeAt) - now;
  return left >= 1000 && left <= LONGEST_MS ? `within ${Math.floor(left / 1000)} s` : 'within a minute';
}

/** Null for a user without a home directory: then this process alone can repeat the read. */
function claimsFolder(terminal: Terminal): string | null {
  const folder = stateFolder(terminal);
  return folder === null ? null : join(folder, 'unfinished');
}

/** The name of a claim's file: a hash, which does not show which secret the claim is for. */
async function nameOf({ server, id }: SecretAddress): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', encodeUtf8(`${server}\n${id}`));
  return Buffer.from(hash).toString('hex');
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}

async function takeFile(folder: string, name: string, now: number): Promise<PendingClaim | null> {
  const ours = join(folder, `${name}.${encodeBase64url(randomBytes(9))}`);
  try {
    await rename(join(folder, name), ours);
  } catch {
    // Another process was faster.
    return null;
  }
  try {
    return await readFresh(ours, now);
  } finally {
    await remove(ours);
  }
}

/** Removes claims that no server accepts any more, left by a process that was killed or by a person who gave up. */
async function sweep(folder: string, names: readonly string[], now: number): Promise<void> {
  for (const name of names) {
    const path = join(folder, name);
    // A young file may still be in the middle of being written.
    if ((await ageOf(path, now)) > LEASE_MS && (await readFresh(path, now)) === null) await remove(path);
  }
}

async function ageOf(path: string, now: number): Promise<number> {
  try {
    return now - (await stat(path)).mtimeMs;
  } catch {
    return 0;
  }
}

/**
 * The claim in a file, or null when it is out of date: past `purgeAt`, and a minute old by this machine's clock,
 * which need not be the server's. A claim that is kept too long does no harm: the server refuses it.
 */
async function readFresh(path: string, now: number): Promise<PendingClaim | null> {
  try {
    const { mtimeMs } = await stat(path);
    const { claim, purgeAt } = JSON.parse(await readFile(path, 'utf8')) as Partial<PendingClaim>;
    if (typeof claim !== 'string' || !isClaim(claim) || typeof purgeAt !== 'string') return null;
    const until = Math.max(Date.parse(purgeAt), mtimeMs + LEASE_MS);
    return now <= Math.min(until, mtimeMs + LONGEST_MS) ? { claim, purgeAt } : null;
  } catch {
    return null;
  }
}

async function remove(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => undefined);
}
