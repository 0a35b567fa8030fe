/** The quotas of the store in memory. */

import type { Quota, QuotaStore } from '../contracts/quotas.js';

interface Count {
  used: number;
  readonly endsAt: number;
}

/** A {@link QuotaStore} in memory. */
export class MemoryQuotas implements QuotaStore {
  /** By end and counter. */
  readonly #counts = new Map<string, Count>();

  /** Counts `amount` creates, unless fewer are left of the quota. @returns whether it counted. */
  count({ counter, endsAt, limit }: Quota, amount = 1): boolean {
    const name = `${endsAt} ${counter}`;
    const count = this.#counts.get(name) ?? { used: 0, endsAt };
    if (count.used + amount > limit) return false;
    count.used += amount;
    this.#counts.set(name, count);
    return true;
  }

  async usage(end: number): Promise<ReadonlyMap<string, number>> {
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
