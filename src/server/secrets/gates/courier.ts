/** Sends the messages in the outbox, a few at a time, and tries each again until it is sent or its code is of no use. */

import { errorCode } from '../../../core/errors.js';
import type { LeasedMessage, Outbox } from '../../store/contracts/outbox.js';
import { describeError, type Log } from '../../telemetry/log.js';
import { wordsOf } from './texts.js';

/** How often the outbox is asked for messages that are due, in milliseconds; a new one of this process does not wait. */
const PERIOD_MS = 1_000;

/** How long a process has a message to itself, in milliseconds: longer than an attempt takes. */
const LEASE_MS = 60_000;

/** How long a server that ends waits for messages under way, in milliseconds. */
const LAST_WAIT_MS = 8_000;

/** Most messages under way at once. */
const AT_ONCE = 8;

/** How long to wait after the first failures, and after all that follow, in milliseconds. */
const FIRST_RETRIES_MS = [5_000, 30_000] as const;
const RETRY_MS = 120_000;

/** Sends a text to one recipient. @throws Error whose `code`, if it has one, a log may hold. */
export type SendText = (to: string, words: ReturnType<typeof wordsOf>) => Promise<void>;

/** What sending depends on. */
export interface CourierOptions {
  readonly outbox: Outbox;
  /** The ways to send. */
  readonly ways: Readonly<Partial<Record<LeasedMessage['by'], SendText>>>;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Carries messages from the outbox to their recipients. Does not keep the process alive by itself. */
export class Courier {
  readonly #options: CourierOptions;
  readonly #by: LeasedMessage['by'][];
  readonly #timer: NodeJS.Timeout;
  #underWay: Promise<void> | null = null;
  /** Whether there may be more than when the round under way began. */
  #again = false;
  #stopped = false;

  constructor(options: CourierOptions) {
    this.#options = options;
    this.#by = (['email', 'phone'] as const).filter((by) => options.ways[by] !== undefined);
    this.#timer = setInterval(() => this.collect(), PERIOD_MS).unref();
  }

  /** Starts to send what is due, or has the round under way look once more. */
  collect(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#underWay ??= this.#rounds().finally(() => {
      this.#underWay = null;
    });
  }

  /** Resolves when the round under way, if there is one, is done. */
  async settled(): Promise<void> {
    await this.#underWay;
  }

  /** Starts nothing more, and waits for what is under way; not long: what is not sent by then another process sends. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    const late = new Promise<void>((resolve) => setTimeout(resolve, LAST_WAIT_MS).unref());
    await Promise.race([this.settled(), late]);
  }

  async #rounds(): Promise<void> {
    const { outbox, now, log } = this.#options;
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        const leased = await outbox.leaseMessages(now(), AT_ONCE, LEASE_MS, this.#by);
        await Promise.all(leased.map((message) => this.#deliver(message)));
        if (leased.length === AT_ONCE) this.#again = true;
      }
    } catch (error) {
      // What was leased is due again when its lease ends.
      log.error('messages failed', describeError(error));
    }
  }

  /** Makes one attempt and records its outcome. No log has the recipient or the code. */
  async #deliver({ id, by, to, digits, language, endsAt, attempt }: LeasedMessage): Promise<void> {
    const { outbox, ways, log, now } = this.#options;
    try {
      await ways[by]?.(to, wordsOf(language, digits));
    } catch (error) {
      const reason = errorCode(error) ?? 'NOT_SENT';
      const retryAt = now() + (FIRST_RETRIES_MS[attempt - 1] ?? RETRY_MS);
      const isLast = retryAt >= endsAt;
      log.warn(isLast ? 'message given up' : 'message not sent', { by, attempt, reason });
      await outbox.markUnsent(id, attempt, isLast ? null : retryAt);
      return;
    }
    log.info('message sent', { by, attempt });
    await outbox.markSent(id);
  }
}
