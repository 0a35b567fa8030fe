/**
 * How fast version 2 seals and opens, and in how much memory: `npx tsx .scripts/bench-seal.ts [MB] [runs]`.
 *
 * Measured is the interface that works a chunk at a time, from and to bytes, so base64url is not in it. The output
 * is dropped as it comes, or kept. Every run asks `openssl speed` for AES-256-GCM over 64 KB blocks on one core,
 * where there is an openssl, so that both meet the same weather. Memory is the highest resident set seen at any
 * chunk of one operation in a fresh process, less what it was before and less the output that is kept.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateKey } from '../src/core/key.js';
import { openPiecesV2, sealPiecesV2, unlockKey } from '../src/core/seal-v2.js';

const MB = 1_000_000;
const MEMORY_RUNS = 5;

interface Case {
  readonly name: string;
  readonly operation: 'seal' | 'open';
  readonly keep: boolean;
}

const SEAL: Case = { name: 'seal, dropped', operation: 'seal', keep: false };
const CASES: readonly Case[] = [
  SEAL,
  { name: 'seal, kept', operation: 'seal', keep: true },
  { name: 'open, dropped', operation: 'open', keep: false },
  { name: 'open, kept', operation: 'open', keep: true },
];

/** The same in every process: what one seals, another opens. */
const unlocked = await unlockKey(generateKey(2, false, (length) => new Uint8Array(length).fill(7)));

const [first = '100', second = '9', file = ''] = process.argv.slice(2);
const measured = CASES.find(({ name }) => name === first);
if (measured === undefined) await report(Number(first), Number(second));
else console.log(await peak(measured, readFileSync(file)));

async function report(megabytes: number, runs: number): Promise<void> {
  const content = new Uint8Array(megabytes * MB).map((_, index) => (7 * index + 3) % 251);
  const inputs = { seal: content, open: Buffer.concat(await all(work(SEAL, content))) };

  console.log(`node ${process.version}, ${megabytes} MB, ${runs} runs; MB/s: median (slowest to fastest)`);
  const openssl: number[] = [];
  const speeds = CASES.map((): number[] => []);
  for (let round = 0; round < runs; round++) {
    openssl.push(opensslSpeed());
    for (const [index, one] of CASES.entries()) {
      speeds[index]?.push(megabytes / (await seconds(one, inputs[one.operation])));
    }
  }
  print('openssl', openssl, 0);
  for (const [index, { name }] of CASES.entries()) {
    const all = speeds[index] ?? [];
    print(name, all, 0, `${(median(all) / median(openssl)).toFixed(2)} of openssl`);
  }

  console.log(`peak memory beyond input and output, MB: median of ${MEMORY_RUNS} (least to most)`);
  const folder = mkdtempSync(join(tmpdir(), 'zephr-bench-'));
  try {
    for (const { name, operation } of CASES) {
      const input = join(folder, operation);
      writeFileSync(input, inputs[operation]);
      print(
        name,
        Array.from({ length: MEMORY_RUNS }, () => peakInChild(name, input)),
        1,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function* work({ operation }: Case, input: Uint8Array): AsyncGenerator<Uint8Array> {
  if (operation === 'seal') yield* sealPiecesV2([input], input.length, {}, unlocked);
  else yield* (await openPiecesV2([input], unlocked)).content;
}

async function all(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const kept: Uint8Array[] = [];
  for await (const chunk of chunks) kept.push(chunk);
  return kept;
}

async function seconds(one: Case, input: Uint8Array): Promise<number> {
  const kept: Uint8Array[] = [];
  const before = performance.now();
  for await (const chunk of work(one, input)) if (one.keep) kept.push(chunk);
  return (performance.now() - before) / 1000;
}

async function peak(one: Case, input: Uint8Array): Promise<number> {
  const kept: Uint8Array[] = [];
  let keptBytes = 0;
  let most = 0;
  const before = process.memoryUsage.rss();
  for await (const chunk of work(one, input)) {
    if (one.keep) kept.push(chunk);
    if (one.keep) keptBytes += chunk.length;
    most = Math.max(most, process.memoryUsage.rss() - before - keptBytes);
  }
  return most / MB;
}

function peakInChild(name: string, input: string): number {
  const script = fileURLToPath(import.meta.url);
  const options = [...process.execArgv, script, name, '', input];
  return Number(execFileSync(process.execPath, options, { encoding: 'utf8' }));
}

/** AES-256-GCM of openssl on one core, in MB/s; NaN where there is no openssl. */
function opensslSpeed(): number {
  const args = ['speed', '-evp', 'aes-256-gcm', '-bytes', '65536', '-seconds', '1'];
  const { stdout } = spawnSync('openssl', args, { encoding: 'utf8' });
  return Number(/([0-9.]+)k\s*$/.exec(stdout ?? '')?.[1] ?? NaN) / 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

function print(name: string, values: readonly number[], digits: number, comment = ''): void {
  const [least, middle, most] = [Math.min(...values), median(values), Math.max(...values)].map((value) =>
    value.toFixed(digits),
  );
  console.log(`  ${name.padEnd(14)}${middle?.padStart(7)} (${least} to ${most})  ${comment}`);
}
