/** Delivers the events in the outbox, a few at a time, and retries each until it arrives or is given up. */

import type { Excepted, LeasedEvent, Outbox, OutboxEvent } from '../store/contracts/outbox.js';
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

/** Most deliveries at once: in all, to one host, and about the secrets of one caller. */
const AT_ONCE = { all: 64, host: 8, caller: 16 };

/**
 * A caller with this share of the free places gets no more of them. So each further caller whose receivers hang gets
 * fewer places than the one before it, and there is one left for the next caller: it takes not four of them to fill
 * all places, but some twenty.
 */
const SHARE_OF_FREE = 1 / 4;

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

/** An attempt under way. */
interface Delivery {
  readonly host: string;
  readonly caller: string;
  readonly done: Promise<void>;
}

/** Carries events from the outbox to their receivers. */
class Courier {
  readonly #options: WebhookOptions;
  readonly #underWay = new Set<Delivery>();
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
    await Promise.all([...this.#underWay].map(({ done }) => done));
  }

  async #lease(): Promise<void> {
    const { outbox, now } = this.#options;
    for (let more = true; more && !this.#stopped; ) {
      const free = AT_ONCE.all - this.#underWay.size;
      if (free === 0) return;
      // All of a batch may be of one host and one caller.
      const batch = Math.max(1, Math.min(AT_ONCE.host, Math.floor(free / 8)));
      const leased = await outbox.leaseEvents(
        now(),
        batch,
        EVENT_LEASE_MS,
        this.#withTheirShare(free, batch),
      );
      for (const event of leased) this.#start(event);
      more = leased.length === batch;
    }
  }

  /** Those who get none of the next `batch` of deliveries: hosts until theirs are done, callers until some are. */
  #withTheirShare(free: number, batch: number): Excepted {
    const ofCallers = new Map<string, number>();
    for (const { caller } of this.#underWay) ofCallers.set(caller, (ofCallers.get(caller) ?? 0) + 1);
    const share = Math.max(1, free * SHARE_OF_FREE);
    const callers = [...ofCallers].filter(([, count]) => count >= share || count + batch > AT_ONCE.caller);
    return {
      hosts: [...new Set([...this.#underWay].map(({ host }) => host))],
      callers: callers.map(([caller]) => caller),
    };
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
    const { host, caller } = event;
    const done = this.#deliver(event)
      .catch(this.#logFailure)
      .finally(() => {
        this.#underWay.delete(delivery);
        if (![...this.#underWay].some((other) => other.host === host)) this.collect();
      });
    const delivery: Delivery = { host, caller, done };
    this.#underWay.add(delivery);
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
}
