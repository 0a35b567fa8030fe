/** The outbox of the store in memory. */

import { composeEvent } from '../contracts/event.js';
import type {
  EventName,
  Excepted,
  LeasedEvent,
  LeasedMessage,
  Message,
  Outbox,
  OutboxEvent,
} from '../contracts/outbox.js';
import type { NewSecret } from '../contracts/secrets.js';

/** What can be leased. */
interface Entry {
  attempt: number;
  dueAt: number;
}

interface Undelivered extends Entry {
  readonly event: OutboxEvent;
  readonly appendedAt: number;
}

interface Unsent extends Entry {
  readonly message: Message;
}

/** An {@link Outbox} in memory: what is in it ends with the process. */
export class MemoryOutbox implements Outbox {
  readonly #events = new Map<string, Undelivered>();
  /** By the secret that each is about. */
  readonly #messages = new Map<string, Unsent>();

  /** Appends an event about a secret, or nothing if that has no callback. Call it as {@link MemoryOutbox.append}. */
  announce(
    name: EventName,
    { id, hint, caller, callback }: Pick<NewSecret, 'id' | 'hint' | 'caller' | 'callback'>,
    occurredAt: number,
    now: number,
  ): void {
    if (callback !== null) this.append(composeEvent(name, { id, hint, caller, callback }, occurredAt), now);
  }

  /** Appends an event that is due at once. Call it in the same turn of the event loop that changes the secret. */
  append(event: OutboxEvent, now: number): void {
    this.#events.set(event.id, { event, appendedAt: now, attempt: 0, dueAt: now });
  }

  async leaseEvents(
    now: number,
    limit: number,
    leaseMs: number,
    { hosts, callers }: Excepted,
  ): Promise<readonly LeasedEvent[]> {
    const open = [...this.#events.values()].filter(
      ({ event }) => !hosts.includes(event.host) && !callers.includes(event.caller),
    );
    return leased(open, now, limit, leaseMs).map(({ event, attempt }) => ({ ...event, attempt }));
  }

  async markDelivered(id: string): Promise<void> {
    this.#events.delete(id);
  }

  async markFailed(id: string, attempt: number, retryAt: number | null): Promise<void> {
    const entry = this.#events.get(id);
    if (entry?.attempt !== attempt) return;
    if (retryAt === null) this.#events.delete(id);
    else entry.dueAt = retryAt;
  }

  async forgetEvents(before: number): Promise<number> {
    const old = [...this.#events.values()].filter(({ appendedAt }) => appendedAt < before);
    for (const { event } of old) this.#events.delete(event.id);
    return old.length;
  }

  /** Puts a message about a secret in, in place of an earlier one. */
  post(secret: string, message: Message, now: number): void {
    this.#messages.set(secret, { message, attempt: 0, dueAt: now });
  }

  /** Takes out the message about a secret. */
  withdraw(secret: string): void {
    this.#messages.delete(secret);
  }

  async leaseMessages(
    now: number,
    limit: number,
    leaseMs: number,
    by: readonly Message['by'][],
  ): Promise<readonly LeasedMessage[]> {
    for (const [secret, { message }] of this.#messages) if (message.endsAt <= now) this.withdraw(secret);
    const open = [...this.#messages.values()].filter(({ message }) => by.includes(message.by));
    return leased(open, now, limit, leaseMs).map(({ message, attempt }) => ({ ...message, attempt }));
  }

  async markSent(id: string): Promise<void> {
    for (const [secret, { message }] of this.#messages) if (message.id === id) this.withdraw(secret);
  }

  async markUnsent(id: string, attempt: number, retryAt: number | null): Promise<void> {
    for (const [secret, entry] of this.#messages) {
      if (entry.message.id !== id || entry.attempt !== attempt) continue;
      if (retryAt === null) this.withdraw(secret);
      else entry.dueAt = retryAt;
    }
  }

  /** Forgets all events and messages. */
  clear(): void {
    this.#events.clear();
    this.#messages.clear();
  }
}

/** Leases those of `entries` that are due, the ones first that have been due longest: `limit` at most. */
function leased<One extends Entry>(
  entries: readonly One[],
  now: number,
  limit: number,
  leaseMs: number,
): One[] {
  const due = entries
    .filter(({ dueAt }) => dueAt <= now)
    .sort((one, other) => one.dueAt - other.dueAt)
    .slice(0, limit);
  for (const entry of due) {
    entry.dueAt = now + leaseMs;
    entry.attempt += 1;
  }
  return due;
}
