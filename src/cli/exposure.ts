/** Whether others than its owner can read a file that holds an API key. */

import type { Terminal } from './terminal.js';

const READABLE_BY_OTHERS = 0o044;

/** What to do about a key that others can read. */
export const EXPOSED_KEY_HINT = 'let only yourself read it: chmod 600';

/**
 * What to say about the API key in a file; undefined when only its owner can read it.
 * @param mode as `stat` gives it.
 */
export function exposure(path: string, mode: number, { platform }: Terminal): string | undefined {
  // Windows has no such modes.
  const exposed = platform !== 'win32' && (mode & READABLE_BY_OTHERS) !== 0;
  return exposed ? `others can read the API key in ${path}` : undefined;
}
