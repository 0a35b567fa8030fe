/** The outbox of the store in memory. */

import type { LeasedEvent, Outbox, OutboxEvent } from '../contracts/outbox.js';

interface Waiting {
  readonly event: OutboxEvent;
  readonly appendedAt: number;
  attempt: number;
  dueAt: number;
}

/** An {@link Outbox} in memory: what is in it ends with the process. */
export class MemoryOutbox implements Outbox {
  readonly #waiting = new Map<string, Waiting>();

  /** Appends an event that is due at once. Call it in the same turn of the event loop that changes the secret. */
  append(event: OutboxEvent, now: number): void {
    this.#waiting.set(event.id, { event, appendedAt: now, attempt: 0, dueAt: now });
  }

  async leaseEvents(
    now: number,
    limit: number,
    leaseMs: number,
    exceptHosts: readonly string[],
  ): Promise<readonly LeasedEvent[]> {
    const due = [...this.#waiting.values()]
      .filter(({ event, dueAt }) => dueAt <= now && !exceptHosts.includes(event.host))
      .sort((one, other) => one.dueAt - other.dueAt)
      .slice(0, limit);
    return due.map((waiting) => {
      waiting.dueAt = now + leaseMs;
      waiting.attempt += 1;
      return { ...waiting.event, attempt: waiting.attempt };
    });
  }

  async eventDelivered(id: string): Promise<void> {
    this.#waiting.delete(id);
  }

  async eventFailed(id: string, attempt: number, retryAt: number | null): Promise<void> {
    const waiting = this.#waiting.get(id);
    if (waiting?.attempt !== attempt) return;
    if (retryAt === null) this.#waiting.delete(id);
    else waiting.dueAt = retryAt;
  }

  async forgetEvents(before: number): Promise<number> {
    const old = [...this.#waiting.values()].filter(({ appendedAt }) => appendedAt < before);
    for (const { event } of old) this.#waiting.delete(event.id);
    return old.length;
  }

  /** Forgets everything. */
  clear(): void {
    this.#waiting.clear();
  }
}
