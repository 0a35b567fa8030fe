/** Making passphrases and secrets that nobody can guess. */

import { randomBytes } from '../../core/bytes.js';
import { type DataFile, fetchData } from '../parts/loading/data-file.js';

/** The file of words, one a line. The build (.scripts/web.ts) defines it. */
declare const __ZEPHR_WORDS__: DataFile;

const WORDS = 6;

/** As many as six of 1,296 words are: behind Argon2id, more than anybody can try. */
export const PASSPHRASE_BITS = 62;

/** Letters and digits without those that are easily taken for each other (I, l, 1, O, 0). */
const CHARACTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';

/** 24 of 57 characters are 139 bits. */
const LENGTH = 24;

/** A passphrase of six plain words. @returns `null` when the words could not be had. */
export async function generatePassphrase(): Promise<string | null> {
  const answer = await fetchData(__ZEPHR_WORDS__);
  if (answer === null) return null;
  const words = (await answer.text()).trim().split('\n');
  return Array.from({ length: WORDS }, () => words[randomBelow(words.length)]).join(' ');
}

/** A secret of 24 letters and digits. */
export function generateSecret(): string {
  return Array.from({ length: LENGTH }, () => CHARACTERS[randomBelow(CHARACTERS.length)]).join('');
}

/** A random whole number from 0 to `count` - 1, each as likely as the others; `count` is at most 65,536. */
function randomBelow(count: number): number {
  const end = 65_536 - (65_536 % count);
  for (;;) {
    const [high = 0, low = 0] = randomBytes(2);
    const drawn = high * 256 + low;
    if (drawn < end) return drawn % count;
  }
}
