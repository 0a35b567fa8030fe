/**
 * `npm run bench`: every figure in one table, environment first, each beside what it is measured against in the same
 * run, since this machine's milliseconds say little about another's.
 *
 * Usage: npm run bench -- [command] [run] [package] [server] [files] [seal] [proxy] [--quick] [--json] [--against folder]
 * Without a part it does all, in up to a quarter of an hour; --quick takes a minute or two, and says less. --json prints every
 * single measurement instead. --against measures the server or the proxy that another folder has built in the same turns.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { command } from './command.js';
import { environment } from './environment.js';
import { type Effort, type Part, tableOf } from './figures.js';
import { files } from './files.js';
import { footprint } from './footprint.js';
import { proxied, proxyMemory } from './proxy/proxy.js';
import { runCommand } from './run-command.js';
import { seal } from './seal.js';
import { depth, memory, throughput } from './server.js';

type Measure = (folder: string, effort: Effort) => Promise<Part>;

const PARTS: Readonly<Record<string, readonly Measure[]>> = {
  command: [command],
  run: [runCommand],
  package: [footprint],
  server: [throughput, depth, memory],
  files: [files],
  seal: [seal],
  proxy: [proxied, proxyMemory],
};

const { values, positionals } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    against: { type: 'string' },
  },
  allowPositionals: true,
});
const unknown = positionals.find((name) => !Object.hasOwn(PARTS, name));
if (unknown !== undefined) {
  console.error(`there is no part ${unknown}: the parts are ${Object.keys(PARTS).join(', ')}`);
  process.exitCode = 2;
} else {
  const wanted = Object.entries(PARTS).filter(
    ([name]) => positionals.length === 0 || positionals.includes(name),
  );
  const parts = await measureAll(wanted.flatMap(([, measures]) => measures));
  console.log(values.json ? JSON.stringify(parts, null, 2) : tableOf(parts));
}

async function measureAll(measures: readonly Measure[]): Promise<Part[]> {
  const parts: Part[] = [];
  const here = mkdtempSync(join(tmpdir(), 'zephr-bench-'));
  try {
    parts.push(environment(here));
    for (const measure of measures) {
      const folder = mkdtempSync(join(here, 'part-'));
      process.stderr.write(`${measure.name} …\n`);
      parts.push(await measure(folder, values));
      rmSync(folder, { recursive: true });
    }
  } finally {
    rmSync(here, { recursive: true, force: true });
  }
  return parts;
}
