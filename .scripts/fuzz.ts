/**
 * Fuzzes every parser that meets untrusted bytes, and stops at the first property that does not hold.
 *
 * Usage: npm run fuzz [-- --cases 1000000] [--seed S] [--only name]
 * `--only` takes the beginning of a family's name, such as `links`.
 */

import { parseArgs } from 'node:util';
import { FAMILIES } from '../test/fuzz/families.js';
import type { Family, Property } from '../test/fuzz/family.js';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    only: { type: 'string', default: '' },
  },
});
const { only } = values;
const cases = wholeNumber('--cases', values.cases);
const seed = wholeNumber('--seed', values.seed);
const families = FAMILIES.filter(({ name }) => name.startsWith(only));
if (families.length === 0) {
  throw new Error(`no family is named ${only}: there are ${FAMILIES.map(({ name }) => name).join(', ')}`);
}
const weights = families.flatMap(({ properties }) => properties).reduce((sum, { weight }) => sum + weight, 0);

console.log(`${cases} cases, seed ${seed}`);
let total = 0;
for (const family of families) total += await fuzz(family);
console.log(`${total} cases; every property held`);

async function fuzz({ name, properties, start }: Family): Promise<number> {
  const stop = await start?.();
  let tried = 0;
  try {
    for (const property of properties) tried += await tryOut(name, property);
  } catch (error) {
    // The counterexample says more than what it left behind.
    await stop?.().catch((after: unknown) => console.error(`${name}, in the end: ${String(after)}`));
    throw error;
  }
  await stop?.();
  return tried;
}

async function tryOut(family: string, property: Property): Promise<number> {
  const began = performance.now();
  const seen = await property.run(Math.ceil((cases * property.weight) / weights), seed);
  const tried = [...seen.values()].reduce((sum, count) => sum + count, 0);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const common = [...seen].sort(([, one], [, other]) => other - one).slice(0, 12);
  const outcomes = common.map(([outcome, count]) => `${outcome} ${count}`).join(', ');
  console.log(`${family}: ${property.name}: ${tried} in ${seconds} s (${outcomes})`);
  return tried;
}

function wholeNumber(option: string, text: string): number {
  if (!/^[0-9]{1,10}$/.test(text)) throw new Error(`${option} is not a whole number`);
  return Number(text);
}
