/** What somebody probably meant: the closest of some names to a mistyped one. */

/** Most slips (a letter missing, too many, wrong, or two swapped) between a word and a name it may stand for. */
const MAX_SLIPS = 2;

/**
 * The closest of `names`, or undefined when none is near: at most two slips, and no more than half of its letters.
 * Something that is no slip of the finger, such as a secret, is near to none.
 */
export function suggest(word: string, names: readonly string[]): string | undefined {
  let best: { readonly name: string; readonly slips: number } | undefined;
  for (const name of names) {
    if (Math.abs(name.length - word.length) > MAX_SLIPS) continue;
    const slips = distance(word, name);
    if (slips > MAX_SLIPS || slips * 2 > name.length) continue;
    if (best === undefined || slips < best.slips) best = { name, slips };
  }
  return best?.name;
}

/** Optimal string alignment distance: Levenshtein's, with swapped neighbours as one slip. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current.push(
        Math.min(
          at(last, column) + 1,
          at(current, column - 1) + 1,
          at(last, column - 1) + (same ? 0 : 1),
          swapped ? at(before, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    before = last;
    last = current;
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
