/** Finding the program that a command line names, as execvp(3) and the shells do. */

import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join, sep } from 'node:path';

/** The path of a program, or why there is none that can be executed. */
export type Found = { readonly path: string } | { readonly missing: 'no such program' | 'not executable' };

/** Where programs are looked for without PATH. */
const DEFAULT_PATH = ['/usr/local/bin', '/usr/bin', '/bin'].join(delimiter);

/** Finds a program by its name in the folders of `path`, or by a path with a separator. */
export async function findProgram(name: string, path = DEFAULT_PATH): Promise<Found> {
  const isPath = name.includes('/') || name.includes(sep);
  const candidates = isPath ? [name] : path.split(delimiter).map((folder) => join(folder || '.', name));
  let missing: 'no such program' | 'not executable' = 'no such program';
  for (const candidate of name === '' ? [] : candidates) {
    const kind = await kindOf(candidate);
    if (kind === 'program') return { path: candidate };
    if (kind === 'other') missing = 'not executable';
  }
  return { missing };
}

async function kindOf(path: string): Promise<'program' | 'other' | 'nothing'> {
  let isFile: boolean;
  try {
    isFile = (await stat(path)).isFile();
  } catch {
    return 'nothing';
  }
  if (!isFile) return 'other';
  return access(path, constants.X_OK).then(
    () => 'program',
    () => 'other',
  );
}
