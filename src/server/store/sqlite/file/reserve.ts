/**
 * Room on the disk that a store keeps for itself: a file beside the database that holds nothing. On a full disk the
 * store gives it back to the file system, does with it what makes room, and takes it again.
 */

import { randomFillSync } from 'node:crypto';
import { closeSync, fstatSync, openSync, statSync, truncateSync, writeSync } from 'node:fs';
import { isSystemError } from '../../../../core/errors.js';

/**
 * Bytes of the reserve: what the log still has to copy into the database, which `GROWTH` in `room.ts` bounds at 4 MiB,
 * and what the log of the largest batch of a purge takes, 3.3 MB (`PURGE_BATCH` in `destruction.ts`).
 */
export const RESERVE_BYTES = 8 * 2 ** 20;

const PIECE_BYTES = 2 ** 20;

/** Of a file system's blocks: what is left of a disk in smaller pieces is not worth taking. */
const SMALLEST_PIECE = 4096;

/** The reserve of one database. Several processes may have that open, and share its reserve. */
export class Reserve {
  readonly #path: string;

  /** @param database the path of the database. The reserve has the same name with `-reserve`. */
  constructor(database: string) {
    this.#path = `${database}-reserve`;
  }

  /** Whether the disk has given all of it. */
  isWhole(): boolean {
    return this.#size() >= RESERVE_BYTES;
  }

  /**
   * Takes as much of it as the disk has. @returns whether it is whole.
   * @throws the errors of the system, but for those of a full disk or quota.
   */
  take(): boolean {
    if (this.isWhole()) return true;
    try {
      fillFile(this.#path);
    } catch (error) {
      // Not even the file could be made.
      if (!isOutOfRoom(error)) throw error;
    }
    return this.isWhole();
  }

  /** Gives its room to the file system. @returns whether there was any. */
  release(): boolean {
    if (this.#size() === 0) return false;
    truncateSync(this.#path);
    return true;
  }

  #size(): number {
    return statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
  }
}

/** Writes to the end of a file until it is as long as a reserve or the disk is full. */
function fillFile(path: string): void {
  // Random, because some file systems give zeros no room.
  const piece = randomFillSync(Buffer.allocUnsafe(PIECE_BYTES));
  const file = openSync(path, 'a', 0o600);
  try {
    let missing = RESERVE_BYTES - fstatSync(file).size;
    let size = PIECE_BYTES;
    while (missing > 0 && size >= SMALLEST_PIECE) {
      try {
        missing -= writeSync(file, piece, 0, Math.min(size, missing));
      } catch (error) {
        if (!isOutOfRoom(error)) throw error;
        size /= 2;
      }
    }
  } finally {
    closeSync(file);
  }
}

function isOutOfRoom(error: unknown): boolean {
  return isSystemError(error, 'ENOSPC', 'EDQUOT');
}
