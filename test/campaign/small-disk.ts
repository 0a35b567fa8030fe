/** A file system of its own for a store, small enough to be filled; or, where that can't be had, a plain folder. */

import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BLOCK = Buffer.alloc(1024 * 1024);

/** A folder, and perhaps a disk below it. */
export class SmallDisk {
  readonly folder: string;
  /** Why it can't be filled, or `null` if it can. */
  readonly unfillable: string | null;
  readonly #mount: string;
  readonly #filler: string;

  /** Mounts a tmpfs of so many megabytes, if the system lets us. */
  constructor(megabytes: number) {
    this.#mount = mkdtempSync(join(tmpdir(), 'zephr-campaign-'));
    this.unfillable = tryToMount(this.#mount, megabytes);
    this.folder = join(this.#mount, 'store');
    this.#filler = join(this.#mount, 'filler');
    mkdirSync(this.folder);
  }

  /** Leaves no room. */
  fill(): void {
    const file = openSync(this.#filler, 'a');
    try {
      // To the last byte: smaller and smaller pieces.
      for (let size = BLOCK.length; size >= 512; size /= 2) while (wrote(file, size));
    } finally {
      closeSync(file);
    }
  }

  /** Makes room again. */
  free(): void {
    rmSync(this.#filler, { force: true });
  }

  remove(): void {
    if (this.unfillable === null) execFileSync('umount', ['--lazy', this.#mount]);
    rmSync(this.#mount, { recursive: true, force: true });
  }
}

function tryToMount(folder: string, megabytes: number): string | null {
  try {
    const options = `size=${megabytes}m,mode=0755`;
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'zephr-campaign', folder], { stdio: 'pipe' });
    return null;
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    return said === '' ? String(error) : said;
  }
}

function wrote(file: number, size: number): boolean {
  try {
    return writeSync(file, BLOCK, 0, size) === size;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return false;
    throw error;
  }
}
