/**
 * Quotas as a store counts them. The service (`server/secrets/quotas.ts`) decides what a counter stands for, what its
 * limit is and when it ends. A store keeps a number for each counter and end, and forgets it after that end.
 */

/** How many creates may be counted by one counter before it ends. */
export interface Quota {
  /** Whose creates, and which of their counters: each pair of `counter` and `endsAt` counts for itself, from 0. */
  readonly counter: string;
  /** With 0 nothing is created, and a create that is repeated is still answered. */
  readonly limit: number;
  /** From then on the count is of no use, and a purge forgets it. */
  readonly endsAt: number;
}

/**
 * The quotas of one store. They are counted where something is created, in the same transaction
 * (`SecretStore.create`); here they are only looked up.
 */
export interface QuotaStore {
  /**
   * How much is used of each quota that ends at `endsAt`.
   * @returns numbers from 1, by counter. Counters at 0 are missing.
   */
  usage(endsAt: number): Promise<ReadonlyMap<string, number>>;
}
