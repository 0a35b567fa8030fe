/**
 * How fast version 2 seals and opens: the interface that works a chunk at a time, from and to bytes, so base64url is
 * not in it. Beside it, in turn, `openssl speed` for AES-256-GCM over blocks of 64 KB on one core. Memory is what
 * `seal-memory.ts` says, in a process of its own for each time.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { count, type Effort, type Figure, type Part, spread } from './figures.js';
import { CASES, MB, SEAL, work } from './seal-work.js';
import { median } from './statistics.js';

const AIM = 0.5;

export async function seal(folder: string, { quick }: Effort): Promise<Part> {
  const [megabytes, turns] = quick ? [20, 3] : [100, 9];
  const content = new Uint8Array(megabytes * MB).map((_, index) => (7 * index + 3) % 251);
  const sealed: Uint8Array[] = [];
  for await (const chunk of work(SEAL, content)) sealed.push(chunk);
  const inputs = { seal: content, open: Buffer.concat(sealed) };

  const openssl: number[] = [];
  const speeds = CASES.map((): number[] => []);
  // The first turn counts for nothing.
  for (let turn = 0; turn <= turns; turn += 1) {
    const beside = opensslSpeed();
    if (turn > 0) openssl.push(beside);
    for (const [index, one] of CASES.entries()) {
      const start = performance.now();
      const kept: Uint8Array[] = [];
      for await (const chunk of work(one, inputs[one.operation])) if (one.keep) kept.push(chunk);
      const seconds = (performance.now() - start) / 1000;
      if (turn > 0) speeds[index]?.push(megabytes / seconds);
    }
  }
  const hasOpenssl = openssl.every((speed) => speed > 0);
  const rate = (value: number) => count(value);
  const figures: Figure[] = [
    {
      what: 'openssl speed, AES-256-GCM',
      measured: hasOpenssl ? `${spread(openssl, rate)} MB/s` : 'there is no openssl',
    },
    ...CASES.map(({ name, operation, keep }, index) => {
      const own = speeds[index] ?? [];
      const share = median(own.map((speed, turn) => speed / (openssl[turn] ?? Number.NaN)));
      return {
        what: `${name}, ${megabytes} MB`,
        measured: `${spread(own, rate)} MB/s`,
        ...(hasOpenssl ? { ratio: `${share.toFixed(2)} of openssl` } : {}),
        ...(hasOpenssl && operation === 'seal' && !keep
          ? { aim: { text: `≥ ${AIM.toFixed(2)}`, met: share >= AIM } }
          : {}),
      };
    }),
  ];
  const peaks = CASES.map(({ name, operation }) => {
    const input = join(folder, operation);
    writeFileSync(input, inputs[operation]);
    return Array.from({ length: quick ? 1 : 5 }, () => peak(name, input));
  });
  const most = CASES.map(({ name }, index) => ({
    what: `${name}: peak memory beyond input and output`,
    measured: `${spread(peaks[index] ?? [], (value) => value.toFixed(1))} MB`,
  }));
  return { title: 'Sealing and opening', figures: [...figures, ...most], raw: { openssl, speeds, peaks } };
}

function peak(name: string, input: string): number {
  const script = fileURLToPath(new URL('seal-memory.ts', import.meta.url));
  const output = execFileSync(process.execPath, ['--import', 'tsx', script, name, input], {
    encoding: 'utf8',
  });
  return Number(output);
}

/** AES-256-GCM of openssl on one core, in MB/s; NaN where there is no openssl. */
function opensslSpeed(): number {
  const args = ['speed', '-evp', 'aes-256-gcm', '-bytes', '65536', '-seconds', '1'];
  const { stdout } = spawnSync('openssl', args, { encoding: 'utf8' });
  return Number(/([0-9.]+)k\s*$/.exec(stdout ?? '')?.[1] ?? Number.NaN) / 1000;
}
