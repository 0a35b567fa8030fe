/**
 * The command of the campaign: a while of faults on each engine, and then what came of it.
 *
 * Usage: npm run campaign -- [--minutes 1] [--seed text] [--engine sqlite|postgres] [--plant name[:one-in]]
 */

import { parseArgs } from 'node:util';
import { PLANTS, type Plant, type PlantName } from './plants.js';
import { postgresPrograms } from './postgres-under-test.js';
import { runCampaign } from './run.js';
import type { Engine } from './scene.js';

const ONE_IN = 1_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    engine: { type: 'string' },
    plant: { type: 'string' },
  },
});

const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error('--minutes is not a number above 0');
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => interrupted.abort());

for (const engine of enginesOf(values.engine)) {
  const plant = plantOf(values.plant);
  const planted = plant === null ? '' : `, planted: ${plant.name}, one in ${plant.oneIn}`;
  console.log(`${engine}: ${minutes} min, seed ${values.seed}${planted}`);
  const result = await runCampaign({
    engine,
    milliseconds: minutes * 60_000,
    seed: values.seed,
    plant,
    signal: interrupted.signal,
    progress: (line) => console.log(line),
  });
  console.log(result.report);
  if (!result.clean) process.exitCode = 1;
  if (interrupted.signal.aborted) {
    console.log('interrupted: what must come in the end was not waited for');
    process.exitCode = 130;
    break;
  }
  if (!result.clean) break;
}

function enginesOf(wanted: string | undefined): Engine[] {
  if (wanted !== undefined) {
    if (wanted !== 'sqlite' && wanted !== 'postgres') throw new Error('--engine is not sqlite or postgres');
    return [wanted];
  }
  if (postgresPrograms() !== null || process.env.CI === 'true') return ['sqlite', 'postgres'];
  console.log('postgres: skipped, there are no programs of PostgreSQL here');
  return ['sqlite'];
}

function plantOf(text: string | undefined): Plant | null {
  if (text === undefined) return null;
  const [name = '', oneIn = String(ONE_IN)] = text.split(':');
  if (!Object.hasOwn(PLANTS, name) || !(Number(oneIn) >= 1)) {
    throw new Error(`--plant is not one of ${Object.keys(PLANTS).join(', ')}, with :n for one in n`);
  }
  return { name: name as PlantName, oneIn: Number(oneIn) };
}
