/** A short run of every property, and of every input that once broke one; `npm run fuzz` tries many more. */

import { afterAll, beforeAll, describe, it } from 'vitest';
import { FAMILIES } from './families.js';

/** Cases for the weight of 100. */
const CASES = 250;

describe.each(FAMILIES)('$name', ({ properties, start }) => {
  let stop: (() => Promise<void>) | undefined;

  beforeAll(async () => {
    stop = await start?.();
  });

  afterAll(() => stop?.());

  it.each(properties)('$name', async ({ weight, run }) => {
    await run(Math.ceil((CASES * weight) / 100), Date.now() % 2 ** 31);
  });
});
