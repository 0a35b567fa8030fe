/** Finding the program that a command line names, as execvp(3) and the shells do. */

import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, sep } from 'node:path';

/** The path of a program, or why there is none that can be executed. */
export type Found = { readonly path: string } | { readonly missing: 'no such program' | 'not executable' };

/** Where programs are looked for without PATH. */
const DEFAULT_PATH = ['/usr/local/bin', '/usr/bin', '/bin'].join(delimiter);

/** Finds a program by its name in the folders of `path`, or by a path with a separator. */
export function findProgram(name: string, path = DEFAULT_PATH): Found {
  const isPath = name.includes('/') || name.includes(sep);
  const candidates = isPath ? [name] : path.split(delimiter).map((folder) => join(folder || '.', name));
  let missing: 'no such program' | 'not executable' = 'no such program';
  for (const candidate of name === '' ? [] : candidates) {
    const kind = kindOf(candidate);
    if (kind === 'program') return { path: candidate };
    if (kind === 'other') missing = 'not executable';
  }
  return { missing };
}

function kindOf(path: string): 'program' | 'other' | 'nothing' {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return 'nothing';
    if (!found.isFile()) return 'other';
  } catch {
    // A folder that this user cannot look into, or a file in its place.
    return 'nothing';
  }
  try {
    accessSync(path, constants.X_OK);
    return 'program';
  } catch {
    return 'other';
  }
}
