/** A short campaign on each engine, and planted faults that it must find. The long one is `npm run campaign`. */

import { describe, expect, it } from 'vitest';
import { postgresPrograms } from './postgres-under-test.js';
import { type Order, runCampaign } from './run.js';
import { HURRIED, STEADY } from './trouble.js';

const SECONDS = 4;

const withoutPostgres =
  postgresPrograms() === null && process.env.CI !== 'true'
    ? ' (skipped: no programs of PostgreSQL here)'
    : '';

/** Each time another; a failure prints it. */
const seed = String(Date.now() % 2 ** 31);

const order = (engine: Order['engine']): Order => ({
  engine,
  seed,
  milliseconds: SECONDS * 1_000,
  tempo: HURRIED,
});

describe.each([
  ['sqlite', ''],
  ['postgres', withoutPostgres],
] as const)('a campaign of some seconds on %s%s', (engine, missing) => {
  it.skipIf(missing !== '')('breaks no promise, whatever strikes', { timeout: 180_000 }, async () => {
    const { clean, report, faults, secrets, impossible } = await runCampaign(order(engine));
    if (!clean) throw new Error(`seed ${seed}\n${report}`);
    for (const what of impossible) console.log(what);
    expect(secrets).toBeGreaterThan(50);
    expect([...faults].filter(([, count]) => count === 0)).toEqual([]);
  });
});

/** Until a plant is found, at most: a campaign ends as soon as it is. */
const SEARCH_MS = 60_000;

describe('a campaign against a server with a planted fault', () => {
  // Who notices first depends: another reader, a status, or the same claim when it asks again.
  it.each([
    { name: 'forgotten-read', oneIn: 3 },
    { name: 'forgotten-claim', oneIn: 3 },
    { name: 'open-gate', oneIn: 1 },
    { name: 'mixed-chunks', oneIn: 1 },
    { name: 'one-answer-more', oneIn: 1 },
  ] as const)('finds $name', { timeout: 180_000 }, async (plant) => {
    const { rule, report } = await runCampaign({
      ...order('sqlite'),
      milliseconds: SEARCH_MS,
      plant,
      tempo: STEADY,
    });
    expect(rule, report).not.toBeNull();
  });
});
