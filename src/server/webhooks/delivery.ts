/** Delivers the events in the outbox, a few at a time, and retries each until it arrives or is given up. */

import type { LeasedEvent, Outbox, OutboxEvent } from '../store/contracts/outbox.js';
import { describeError, type Log } from '../telemetry/log.js';
import type { Attempt } from './send.js';

/** How often the outbox is asked for events that are due, in milliseconds: the most that a new one waits. */
const PERIOD_MS = 1_000;

/**
 * How long a process has an event to itself to deliver it, in milliseconds: longer than an attempt takes, with room for
 * clocks that differ between the processes over one store. After that time another process takes over the events of one
 * that died.
 */
const EVENT_LEASE_MS = 60_000;

/** Most deliveries at once: in all, and to one host. */
const AT_ONCE = { all: 64, host: 8 };

/** How long to wait after the first failures (core/protocol/PROTOCOL.md section 7), and after all that follow. */
const FIRST_RETRIES_MS = [5_000, 30_000, 2 * 60_000, 10 * 60_000] as const;
const RETRY_MS = 60 * 60_000;

/** Attempts before an event is given up. They span three days: a receiver may be down over a weekend. */
export const MAX_ATTEMPTS = 77;

/** The age at which an event is forgotten even if it was never tried, and how often such events are looked for. */
const FORGET_MS = { age: 7 * 24 * 60 * 60_000, period: 60_000 };

/** What delivery depends on. */
export interface WebhookOptions {
  readonly outbox: Outbox;
  /** Makes one attempt; never rejects. */
  readonly send: (event: OutboxEvent) => Promise<Attempt>;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Delivery under way. */
export interface Webhooks {
  /** Starts no more deliveries and waits for those under way: as long as an attempt may take. */
  stop(): Promise<void>;
}

/** Delivers the events that are due, now and from now on. Does not keep the process alive by itself. */
export function startWebhooks(options: WebhookOptions): Webhooks {
  const courier = new Courier(options);
  courier.collect();
  const timers = [
    setInterval(() => courier.collect(), PERIOD_MS).unref(),
    setInterval(() => courier.forget(), FORGET_MS.period).unref(),
  ];
  return {
    stop() {
      for (const timer of timers) clearInterval(timer);
      return courier.stop();
    },
  };
}

/** Carries events from the outbox to their receivers. */
class Courier {
  readonly #options: WebhookOptions;
  /** Deliveries under way, by host. A host gets no further ones until these are done, so none exceeds its share. */
  readonly #underWay = new Map<string, Set<Promise<void>>>();
  #collecting: Promise<void> | null = null;
  #forgetting: Promise<void> | null = null;
  #stopped = false;
  readonly #logFailure = (error: unknown): void =>
    this.#options.log.error('webhooks failed', describeError(error));

  constructor(options: WebhookOptions) {
    this.#options = options;
  }

  /** Starts to lease and deliver what is due, unless that is under way. */
  collect(): void {
    if (this.#collecting !== null || this.#stopped) return;
    this.#collecting = this.#lease()
      .catch(this.#logFailure)
      .finally(() => {
        this.#collecting = null;
      });
  }

  /** Starts to forget events that are too old, unless that is under way. */
  forget(): void {
    this.#forgetting ??= this.#forgetOld()
      .catch(this.#logFailure)
      .finally(() => {
        this.#forgetting = null;
      });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#collecting;
    await this.#forgetting;
    await Promise.all([...this.#underWay.values()].flatMap((deliveries) => [...deliveries]));
  }

  async #lease(): Promise<void> {
    const { outbox, now } = this.#options;
    let leased: readonly LeasedEvent[];
    do {
      if (this.#stopped || this.#count() > AT_ONCE.all - AT_ONCE.host) return;
      leased = await outbox.leaseEvents(now(), AT_ONCE.host, EVENT_LEASE_MS, [...this.#underWay.keys()]);
      for (const event of leased) this.#start(event);
    } while (leased.length === AT_ONCE.host);
  }

  async #forgetOld(): Promise<void> {
    const { outbox, now, log } = this.#options;
    const before = now() - FORGET_MS.age;
    let count = 0;
    for (let more = true; more && !this.#stopped; ) {
      const forgotten = await outbox.forgetEvents(before);
      count += forgotten;
      more = forgotten > 0;
    }
    if (count > 0) log.error('webhooks forgotten', { count });
  }

  #start(event: LeasedEvent): void {
    const { host } = event;
    const deliveries = this.#underWay.get(host) ?? new Set();
    this.#underWay.set(host, deliveries);
    const delivery = this.#deliver(event)
      .catch(this.#logFailure)
      .finally(() => {
        deliveries.delete(delivery);
        if (deliveries.size > 0) return;
        this.#underWay.delete(host);
        this.collect();
      });
    deliveries.add(delivery);
  }

  /** Makes one attempt and records its outcome. If that fails, the event is due again when its lease ends. */
  async #deliver(event: LeasedEvent): Promise<void> {
    const { outbox, send, log, now } = this.#options;
    const { id, name, attempt } = event;
    const result = await send(event);
    log.info('webhook', { about: name, attempt, ...result });
    if (result.outcome === 'delivered') {
      await outbox.markDelivered(id);
      return;
    }
    const last = attempt >= MAX_ATTEMPTS;
    const wait = FIRST_RETRIES_MS[attempt - 1] ?? RETRY_MS;
    await outbox.markFailed(id, attempt, last ? null : now() + wait);
    if (last) log.error('webhook given up', { about: name, attempt });
  }

  #count(): number {
    let count = 0;
    for (const deliveries of this.#underWay.values()) count += deliveries.size;
    return count;
  }
}
