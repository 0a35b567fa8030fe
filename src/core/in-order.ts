/** Several pieces of work at once, their results in order. */

/**
 * Starts `work` on the items as they come, keeps at most `window` under way, and yields the results in the items'
 * order. The first failure, in that order, ends it.
 */
export async function* inOrder<Item, Result>(
  items: AsyncIterable<Item>,
  work: (item: Item, index: number) => Promise<Result>,
  window: number,
): AsyncGenerator<Result, void, undefined> {
  const underWay: Promise<Result>[] = [];
  let index = 0;
  for await (const item of items) {
    const result = work(item, index++);
    // It may fail before its turn comes, which is then when it is thrown.
    result.catch(() => undefined);
    underWay.push(result);
    if (underWay.length < window) continue;
    const next = underWay.shift();
    if (next !== undefined) yield next;
  }
  yield* underWay;
}
