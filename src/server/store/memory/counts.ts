/** How much of each quota is used, in the store in memory. */

import type { Quota } from '../contracts/store.js';

interface Count {
  used: number;
  readonly endsAt: number;
}

/** The counts in memory. */
export class MemoryCounts {
  /** By end and counter. */
  readonly #counts = new Map<string, Count>();

  /** Counts a create, unless the quota is used up. Says whether it did. */
  count({ counter, endsAt, limit }: Quota): boolean {
    const name = `${endsAt} ${counter}`;
    const count = this.#counts.get(name) ?? { used: 0, endsAt };
    if (count.used >= limit) return false;
    count.used += 1;
    this.#counts.set(name, count);
    return true;
  }

  /** What is counted until `end`, by counter. */
  until(end: number): Map<string, number> {
    const counts = [...this.#counts].filter(([, { endsAt }]) => endsAt === end);
    return new Map(counts.map(([name, { used }]) => [name.slice(`${end} `.length), used]));
  }

  /** Forgets the counts that ended. */
  forget(now: number): void {
    for (const [name, { endsAt }] of this.#counts) if (endsAt <= now) this.#counts.delete(name);
  }

  /** Forgets them all. */
  clear(): void {
    this.#counts.clear();
  }
}
