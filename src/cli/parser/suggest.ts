/** Suggests the name that was probably meant: the closest one to a mistyped word. */

/** The most slips (a letter missing, too many or wrong, or two swapped) between a word and a name that is suggested. */
const MAX_SLIPS = 2;

/**
 * The closest of `names`, or undefined when none is near. A name is near to a word that has at most two slips, and at
 * most one for every two letters of the name. So a word that is not a mistyped name, such as a secret, has none.
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

/** Optimal string alignment distance: Levenshtein's, with two swapped neighbors as one slip. */
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
