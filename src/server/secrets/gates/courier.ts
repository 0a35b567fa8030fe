/** Sends the messages in the outbox, a few at a time, and tries each again until it is sent or its code is of no use. */

import { errorCode, ZephrError } from '../../../core/errors.js';
import type { LeasedMessage, Outbox } from '../../store/contracts/outbox.js';
import { describeError, type Log } from '../../telemetry/log.js';
import { wordsOf } from './texts.js';

/** How often the outbox is asked for messages that are due, in milliseconds; a new one of this process does not wait. */
const PERIOD_MS = 1_000;

/** How long an attempt may take, in milliseconds, whatever the other side does meanwhile. */
const ATTEMPT_MS = 30_000;

/** How long a process has a message to itself, in milliseconds: longer than an attempt takes. */
const LEASE_MS = 60_000;

/** How long a server that ends waits for messages under way, in milliseconds. */
const LAST_WAIT_MS = 8_000;

/** Most messages under way at once, of one way. */
const AT_ONCE = 8;

/** How long to wait after the first failures, and after all that follow, in milliseconds. */
const FIRST_RETRIES_MS = [5_000, 30_000] as const;
const RETRY_MS = 120_000;

/**
 * Sends a text to one recipient.
 * @param signal gives it up at once, for its reason.
 * @throws Error whose `code`, if it has one, a log may hold.
 */
export type SendText = (to: string, words: ReturnType<typeof wordsOf>, signal: AbortSignal) => Promise<void>;

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
  readonly #lanes: readonly Lane[];
  readonly #timer: NodeJS.Timeout;

  constructor(options: CourierOptions) {
    this.#lanes = (['email', 'phone'] as const).flatMap((by) => {
      const send = options.ways[by];
      return send === undefined ? [] : [new Lane(by, send, options)];
    });
    this.#timer = setInterval(() => this.collect(), PERIOD_MS).unref();
  }

  /** Starts to send what is due. */
  collect(): void {
    for (const lane of this.#lanes) lane.collect();
  }

  /** Resolves when what is under way is done. */
  async settled(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.settled()));
  }

  /** Starts nothing more, and waits for what is under way; not long: what is not sent by then waits for another process. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    for (const lane of this.#lanes) lane.stop();
    const late = new Promise<void>((resolve) => setTimeout(resolve, LAST_WAIT_MS).unref());
    await Promise.race([this.settled(), late]);
    for (const lane of this.#lanes) lane.giveUp();
    await this.settled();
  }
}

/** The messages that go one way. A way that is slow keeps up neither the other one, nor more messages than those it has. */
class Lane {
  readonly #by: LeasedMessage['by'];
  readonly #send: SendText;
  readonly #options: CourierOptions;
  /** Attempts, and what gives each of them up. */
  readonly #underWay = new Map<Promise<void>, AbortController>();
  #leasing: Promise<void> | null = null;
  /** Whether there may be more than when the leasing under way began. */
  #again = false;
  #stopped = false;

  constructor(by: LeasedMessage['by'], send: SendText, options: CourierOptions) {
    this.#by = by;
    this.#send = send;
    this.#options = options;
  }

  /** Starts to send what is due, or has the leasing under way look once more. */
  collect(): void {
    this.#again = true;
    this.#leasing ??= this.#lease()
      .catch((error: unknown) => this.#options.log.error('messages failed', describeError(error)))
      .finally(() => {
        this.#leasing = null;
      });
  }

  async settled(): Promise<void> {
    while (this.#leasing !== null || this.#underWay.size > 0) {
      await this.#leasing;
      await Promise.all(this.#underWay.keys());
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Ends what is under way. It is to be tried again, as after any other failure. */
  giveUp(): void {
    for (const attempt of this.#underWay.values()) {
      attempt.abort(new ZephrError('the server ends', 'STOPPED'));
    }
  }

  async #lease(): Promise<void> {
    const { outbox, now } = this.#options;
    while (this.#again && !this.#stopped) {
      this.#again = false;
      const free = AT_ONCE - this.#underWay.size;
      // Whichever is done first looks for more.
      if (free === 0) return;
      const leased = await outbox.leaseMessages(now(), free, LEASE_MS, [this.#by]);
      for (const message of leased) this.#start(message);
    }
  }

  #start(message: LeasedMessage): void {
    const attempt = new AbortController();
    const late = setTimeout(() => attempt.abort(new ZephrError('it took too long', 'TIMED_OUT')), ATTEMPT_MS);
    const done = this.#deliver(message, attempt.signal)
      // What was leased is due again when its lease ends.
      .catch((error: unknown) => this.#options.log.error('messages failed', describeError(error)))
      .finally(() => {
        clearTimeout(late);
        const wasFull = this.#underWay.size === AT_ONCE;
        this.#underWay.delete(done);
        if (wasFull) this.collect();
      });
    this.#underWay.set(done, attempt);
  }

  /** Makes one attempt and records its outcome. No log has the recipient or the code. */
  async #deliver(message: LeasedMessage, signal: AbortSignal): Promise<void> {
    const { id, by, to, digits, language, endsAt, attempt } = message;
    const { outbox, log, now } = this.#options;
    try {
      await this.#send(to, wordsOf(language, digits), signal);
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
