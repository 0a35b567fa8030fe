/** The campaign's own time: milliseconds since it began, by a clock that nobody steps and that all processes share. */

/** A moment that began, and how long ago that was. */
export interface Stopwatch {
  /** By the system's monotonic clock, in nanoseconds. */
  readonly began: bigint;
  /** Milliseconds since then. */
  now(): number;
}

export function startStopwatch(): Stopwatch {
  const began = process.hrtime.bigint();
  return { began, now: () => Number(process.hrtime.bigint() - began) / 1e6 };
}
