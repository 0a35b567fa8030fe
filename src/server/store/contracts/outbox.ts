/**
 * The outbox: webhooks that are still to be delivered. An engine appends an event in the transaction that changes
 * the secret, so that neither happens without the other; whoever delivers leases it from here. Every event is the
 * property of one process at a time, and none is lost with a process that dies.
 *
 * An event stands for itself and outlives the secret's record; once it is delivered or given up, nothing is left of
 * it. Times are milliseconds since 1970 and come from the caller, as in {@link Store}.
 */

/** What there is to tell (PROTOCOL.md section 7). */
export type EventName = 'secret.consumed' | 'secret.expired' | 'secret.revoked';

/** A webhook as it is sent, the same bytes each time. */
export interface OutboxEvent {
  /** UUID version 4, also in the body. */
  readonly id: string;
  readonly name: EventName;
  /** Where to, and the host in it with its port where it is not the default: `example.com:8443`. */
  readonly url: string;
  readonly host: string;
  readonly body: string;
  /** Lower-case hex of the body's HMAC-SHA256. */
  readonly signature: string;
}

/** An event that is its holder's to deliver, until the lease ends. */
export interface LeasedEvent extends OutboxEvent {
  /** How often it has been leased, this time included: 1 or more. */
  readonly attempt: number;
}

/** The events that are still to be delivered. Every verb rejects with StoreError as those of a store do. */
export interface Outbox {
  /**
   * Leases events that are due, by and large those first that have been due longest. Nobody else gets one before
   * `now + leaseMs`, nor at all if it is reported as delivered by then.
   * @param limit most events to lease.
   * @param exceptHosts hosts whose events stay where they are, as {@link OutboxEvent.host} names them.
   * @returns none when none is due.
   */
  leaseEvents(
    now: number,
    limit: number,
    leaseMs: number,
    exceptHosts: readonly string[],
  ): Promise<readonly LeasedEvent[]>;

  /** Forgets an event: it was delivered. That counts even if the lease has ended in between. */
  eventDelivered(id: string): Promise<void>;

  /**
   * Ends a lease without success. The event is due again at `retryAt`, or is forgotten if that is `null`. Changes
   * nothing if the event has been leased again since: then it is no longer the reporter's.
   * @param attempt of the lease that ends.
   */
  eventFailed(id: string, attempt: number, retryAt: number | null): Promise<void>;

  /**
   * Forgets events that were appended before `before`, tried or not, so that what cannot be delivered as fast as it
   * comes does not gather without end. A few thousand at most; call again while there were any.
   * @returns how many.
   */
  forgetEvents(before: number): Promise<number>;
}
