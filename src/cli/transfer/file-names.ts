/** The names that files get on the reader's machine: what their sender called them, made harmless and unlike each other. */

import { fileNameOf } from '../files/file-name.js';

/** Room that is left for a number, in bytes. */
const NUMBER_BYTES = 5;

/** The longest name that {@link fileNameOf} gives by default, in bytes. */
const MAX_BYTES = 240;

/**
 * A safe name for each file, no two of which any file system takes for the same: the names of a sender differ, but what is
 * made harmless in them may have been the difference. Then `.1`, `.2` and so on are added.
 * @param names as the sender gave them; undefined for a stream.
 */
export function safeNames(
  names: readonly (string | undefined)[],
  platform: NodeJS.Platform,
): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const safe = fileNameOf(name, platform);
    const base = fileNameOf(name, platform, MAX_BYTES - NUMBER_BYTES);
    let free = safe;
    for (let number = 1; taken.has(folded(free)); number++) free = `${base}.${number}`;
    taken.add(folded(free));
    return free;
  });
}

/** The same for names that some file system takes for one: without case, in one normalization, or without dots at the end. */
function folded(name: string): string {
  const plain = name.replace(/[. ]+$/, '').normalize('NFD');
  return plain.toUpperCase().toLowerCase().normalize('NFC');
}
