/** What the system tells of a process, by proc(5). */

import { existsSync, readFileSync } from 'node:fs';

/** What a process has used so far, in microseconds: fields 14 and 15 of its stat, in ticks of 10 ms. 0 without Linux. */
export function processorTime(pid: number): number {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return 0;
  const fields = readFileSync(file, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** What a process holds of memory, in MB; NaN without Linux. */
export function residentMegabytes(pid: number): number {
  if (process.platform !== 'linux') return Number.NaN;
  const [, kib] = /^VmRSS:\s+([0-9]+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kib) / 1024);
}

/** The most that a process has held of memory, in MB; NaN without Linux. */
export function peakMegabytes(pid: number): number {
  if (process.platform !== 'linux') return Number.NaN;
  const [, kib] = /^VmHWM:\s+([0-9]+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kib) / 1024);
}
