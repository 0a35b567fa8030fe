/** Where the figures were measured: Node, processor, and how long the disk takes to keep something. */

import { fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { type Figure, ms, type Part } from './figures.js';
import { median, quantile } from './statistics.js';

const SYNCS = 200;
const BLOCK = Buffer.alloc(4096, 1);

/** @param folder on the disk that the stores lie on. */
export function environment(folder: string): Part {
  const [processor] = cpus();
  const syncs = syncTimes(join(folder, 'sync'));
  const load = loadavg()[0] ?? 0;
  const figures: Figure[] = [
    { what: 'Node', measured: `${process.version} on ${process.platform} ${process.arch}` },
    { what: 'processor', measured: `${cpus().length} × ${processor?.model.trim() ?? 'unknown'}` },
    { what: 'other work at the start', measured: `load ${load.toFixed(1)}` },
    {
      what: 'disk: 4 KB written and synced',
      measured: `${ms(median(syncs))}, p99 ${ms(quantile(syncs, 0.99))}`,
    },
  ];
  return {
    title: `Measured ${new Date().toISOString().slice(0, 10)}`,
    figures,
    raw: { node: process.version, processor: processor?.model, load, syncs },
  };
}

/** How long it takes to write 4 KB to `file` and have the disk keep them, many times over, in milliseconds. */
export function syncTimes(file: string): number[] {
  const descriptor = openSync(file, 'w');
  const times = Array.from({ length: SYNCS }, (_, index) => {
    const start = performance.now();
    writeSync(descriptor, BLOCK, 0, BLOCK.length, (index % 256) * BLOCK.length);
    fdatasyncSync(descriptor);
    return performance.now() - start;
  });
  rmSync(file);
  return times;
}
