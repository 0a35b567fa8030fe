/**
 * The outbox: webhooks, and messages with codes, that are still to be delivered. An engine appends an event in the transaction that changes
 * the secret, so that neither happens without the other. To deliver an event a process leases it: one process at a
 * time has it, and none is lost with a process that dies.
 *
 * An event refers to nothing else in the store and outlives the secret's record; once it is delivered or given up,
 * nothing is left of it.
 */

import type { Recipient } from './gates.js';

/** What a webhook reports (core/protocol/PROTOCOL.md section 7). */
export type EventName = SecretEvent | RequestEvent;

export type SecretEvent = 'secret.consumed' | 'secret.expired' | 'secret.revoked';

/** Of a request for a secret. */
export type RequestEvent = 'request.answered' | 'request.expired' | 'request.cancelled';

/** A webhook as it is sent, the same bytes each time. */
export interface OutboxEvent {
  /** UUID version 4, also in the body. */
  readonly id: string;
  readonly name: EventName;
  /** Where to, and the host in it with its port where it is not the default: `example.com:8443`. */
  readonly url: string;
  readonly host: string;
  /** Who created the secret or request, as `Caller.name` has it; empty for an event of a store that did not keep this yet. */
  readonly caller: string;
  readonly body: string;
  /** Lower-case hex of the body's HMAC-SHA256. */
  readonly signature: string;
}

/** An event that a process has leased: only that process delivers it until the lease ends. */
export interface LeasedEvent extends OutboxEvent {
  /** How often it has been leased, this time included: 1 or more. */
  readonly attempt: number;
}

/** A message with a code, to who wants to read a secret. It goes with the secret's ciphertext, if it is not sent by then. */
export interface Message {
  /** UUID version 4. */
  readonly id: string;
  readonly by: Recipient['by'];
  readonly to: string;
  readonly digits: string;
  readonly language: MessageLanguage;
  /** Until when the code can be used: then the message is of no use. */
  readonly endsAt: number;
}

/** The languages that messages are in. */
export const MESSAGE_LANGUAGES = ['en', 'de', 'fr'] as const;

export type MessageLanguage = (typeof MESSAGE_LANGUAGES)[number];

/** A message that a process has leased, as {@link LeasedEvent}. */
export interface LeasedMessage extends Message {
  readonly attempt: number;
}

/** Whose events stay in the outbox, because they have their share of the deliveries already. */
export interface Excepted {
  /** As {@link OutboxEvent.host} names them. */
  readonly hosts: readonly string[];
  /** As {@link OutboxEvent.caller} names them. */
  readonly callers: readonly string[];
}

/** The events of one store that are still to be delivered. */
export interface Outbox {
  /**
   * Leases events that are due, by and large those first that have been due longest. No other process gets one of
   * them before `now + leaseMs`, nor at all if it is marked as delivered by then.
   * @param limit most events to lease.
   * @returns none when none is due.
   */
  leaseEvents(now: number, limit: number, leaseMs: number, except: Excepted): Promise<readonly LeasedEvent[]>;

  /** Forgets an event: it was delivered. That counts even if the lease has ended in between. */
  markDelivered(id: string): Promise<void>;

  /**
   * Ends a lease without success. The event is due again at `retryAt`, or is forgotten if that is `null`. Changes
   * nothing if the event has been leased again since: then it belongs to that lease.
   * @param attempt of the lease that ends.
   */
  markFailed(id: string, attempt: number, retryAt: number | null): Promise<void>;

  /**
   * Forgets events that were appended before `before`, tried or not, so that the outbox does not grow without end
   * when events come faster than they can be delivered. A few thousand at most; call again until none is left.
   * @returns how many.
   */
  forgetEvents(before: number): Promise<number>;

  /**
   * Leases messages that are due and still of use, as {@link leaseEvents} does. Those whose time is over are forgotten.
   * @param by the ways that this process can send by.
   */
  leaseMessages(
    now: number,
    limit: number,
    leaseMs: number,
    by: readonly Recipient['by'][],
  ): Promise<readonly LeasedMessage[]>;

  /** Forgets a message: it was sent. */
  markSent(id: string): Promise<void>;

  /** Ends a lease without success, as {@link markFailed} does. */
  markUnsent(id: string, attempt: number, retryAt: number | null): Promise<void>;
}
