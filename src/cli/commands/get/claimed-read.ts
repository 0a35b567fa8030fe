/**
 * A read that can be repeated. Its claim is on the disk before the request, and stays there until the secret has arrived
 * or the server has said that it gave nothing to this claim. Every error in between says how long the same command can
 * read the secret again.
 */

import { newClaim } from '../../../client/read.js';
import type { Fetch } from '../../../client/transport/fetch.js';
import { ApiError, EncryptionError, ZephrError } from '../../../core/errors.js';
import type { Link } from '../../../core/link.js';
import { LEASE_MS } from '../../../core/protocol/limits.js';
import type { ServerClock } from '../../../net/server-clock.js';
import { adviceFor } from '../../exit/advice.js';
import { AdvisedError, CliError, Interrupted } from '../../exit/cli-error.js';
import { EXIT } from '../../exit/codes.js';
import { systemReason } from '../../exit/reason.js';
import {
  type ClaimFile,
  openClaimFile,
  type PendingClaim,
  type PendingFiles,
} from '../../files/pending-claims.js';
import { removeLeftover } from '../../files/temporary-file.js';
import type { Context } from '../../parser/command.js';
import type { Reporter } from '../../terminal/reporter.js';
import { clockTime, durationInWords } from '../../terminal/times.js';
import { type Requests, watchRequests } from './requests.js';

/** Asks the server for the secret under a claim. */
export type ReadUnder<Answer> = (claim: string, fetch: Fetch) => Promise<Answer>;

/** Until when what was read can be read again. */
export interface Repeatable {
  /** Whether the server knows claims. */
  readonly claimed: boolean;
  /** ISO 8601, by the server's clock. */
  readonly purgeAt?: string | undefined;
}

/** What a read needs besides its link. */
export interface ReadingSide extends Pick<Context, 'terminal' | 'reporter' | 'now'> {
  readonly fetch: Fetch;
  readonly clock: ServerClock;
  /** A file that holds the secret before it is delivered. */
  readonly temporary?: string | undefined;
}

/** A lease that is said to be longer is not believed, in milliseconds. */
const LONGEST_LEASE_MS = 86_400_000;

const ONCE = 'the server gave it once and will not again: ask the sender for a new link';

/** The advice for files whose lease has ended before all of them had come. */
export const LEASE_OVER =
  'this machine read it, and the time to fetch its files is over: ask the sender for a new link';

/** The codes by which a server says that it gave nothing, whether or not an earlier request arrived. */
const GAVE_NOTHING: ReadonlySet<string> = new Set([
  'PROOF_REQUIRED',
  'WRONG_KEY',
  'WRONG_PASSPHRASE',
  // No gate is asked of a claim that has a view.
  'ADDRESS_NOT_ALLOWED',
  'COUNTRY_NOT_ALLOWED',
  'TOO_EARLY',
  'CAPTCHA_REQUIRED',
  'CODE_REQUIRED',
  'WRONG_CODE',
]);

export class ClaimedRead {
  readonly #link: Link;
  readonly #side: ReadingSide;
  readonly #file: ClaimFile;
  #requests: Requests;
  /** The claim that is on the disk, as far as it could be put there. */
  #pending: PendingClaim | null;
  /** The claim of an earlier read here which the server no longer takes. */
  #refused: PendingClaim | null = null;
  #isOnDisk: boolean;
  /** Whether the claim is that of an earlier read. */
  #isStored: boolean;
  /** When the request under way was begun, in milliseconds since 1970: the server's lease cannot have begun earlier. */
  #askedAt = 0;

  /** Waits for other processes here that read this secret, and finds the claim of a read that was broken off. */
  static async open(link: Link, side: ReadingSide): Promise<ClaimedRead> {
    const wait = () =>
      side.reporter.info('another zephr get here is reading this link: waiting for it to end');
    const file = await openClaimFile(link, side.terminal, wait);
    if (file.found?.temporary !== undefined) await removeLeftover(file.found.temporary);
    return new ClaimedRead(link, side, file);
  }

  private constructor(link: Link, side: ReadingSide, file: ClaimFile) {
    this.#link = link;
    this.#side = side;
    this.#file = file;
    this.#requests = watchRequests(side.fetch);
    this.#pending = file.found;
    this.#isOnDisk = file.found !== null;
    this.#isStored = file.found !== null;
  }

  /**
   * Reads the secret: under the claim of an earlier read, or a new one. After a wrong passphrase it can be called again.
   * @throws what `read` throws, with advice where the secret may have been taken.
   */
  async ask<Answer>(read: ReadUnder<Answer>): Promise<Answer> {
    const { now, temporary } = this.#side;
    const noted = temporary === undefined ? {} : { temporary };
    if (this.#isStored && this.#pending !== null) {
      await this.#keep({ ...this.#pending, ...noted });
      try {
        return await this.#askUnder(this.#pending, read);
      } catch (error) {
        if (!isGone(error)) throw await this.#explained(error);
        // Its lease is over, or it was never given a view. There may be a view left for a new claim.
        this.#refused = this.#file.found;
        this.#isStored = false;
      }
    }
    const part = this.#pending?.part;
    const pending = {
      claim: newClaim(),
      startedAt: new Date(now()).toISOString(),
      ...noted,
      ...(part === undefined ? {} : { part }),
    };
    await this.#keep(pending);
    try {
      return await this.#askUnder(pending, read);
    } catch (error) {
      throw await this.#explained(error);
    }
  }

  /** The error for a secret that was read and could not be delivered. It is not acknowledged, and its claim is kept. */
  async notDelivered(cause: unknown, { claimed, purgeAt }: Repeatable): Promise<Error> {
    const until = claimed ? this.#leaseEnd(purgeAt) : this.#side.now();
    await this.#noteAnswer(until);
    const isRepeatable = claimed && this.#isOnDisk;
    const still = isRepeatable ? this.#stillReadable(until) : ONCE;
    const other = isRepeatable ? `it can be read again ${this.#timeLeft(until)}` : ONCE;
    const end = isRepeatable ? { readableUntil: new Date(until).toISOString() } : {};
    if (cause instanceof Interrupted) return new Interrupted(cause.signal, { advice: still, ...end });
    if (cause instanceof CliError)
      return new AdvisedError(cause, cause.advice === undefined ? still : `${cause.advice}; ${other}`, end);
    if (cause instanceof ApiError && isGone(cause)) return new AdvisedError(cause, LEASE_OVER);
    // Files that come after the secret was read: the network or the server failed, or a chunk is not genuine.
    if (cause instanceof ZephrError) return new AdvisedError(cause, still, end);
    const message = `the secret was read, but not delivered: ${systemReason(cause, 'its folder is no longer there')}`;
    return new CliError(EXIT.notDelivered, 'NOT_DELIVERED', message, { advice: still, cause, ...end });
  }

  /** Keeps the claim of a secret that may have arrived. @returns what to do if it did not, for messages. */
  async unconfirmed({ claimed, purgeAt }: Repeatable): Promise<string> {
    const until = claimed ? this.#leaseEnd(purgeAt) : this.#side.now();
    await this.#noteAnswer(until);
    return claimed && this.#isOnDisk ? this.#stillReadable(until) : ONCE;
  }

  /** What an earlier read here has left of the secret's files. */
  get part(): PendingFiles | undefined {
    return this.#pending?.part;
  }

  /** Notes how much of the files is on the disk, so that the next read goes on there. */
  async notePart(part: PendingFiles, { claimed, purgeAt }: Repeatable): Promise<void> {
    if (this.#pending === null || !claimed) return;
    const readableUntil = new Date(this.#leaseEnd(purgeAt)).toISOString();
    await this.#keep({ ...this.#pending, part, readableUntil });
  }

  /** Forgets the claim: the secret has arrived. */
  async forget(): Promise<void> {
    await this.#file.remove();
  }

  /** Lets other processes here that want this secret go on. */
  async release(): Promise<void> {
    await this.#file.release();
  }

  async #askUnder<Answer>({ claim }: PendingClaim, read: ReadUnder<Answer>): Promise<Answer> {
    this.#requests = watchRequests(this.#side.fetch);
    this.#askedAt = this.#side.now();
    return read(claim, this.#requests.fetch);
  }

  async #keep(pending: PendingClaim): Promise<void> {
    const isFirst = this.#pending === null;
    this.#pending = pending;
    this.#isOnDisk = await this.#file.save(pending);
    if (isFirst && !this.#isOnDisk) await warnOfNoFolder(this.#side.reporter);
  }

  /** Keeps or removes the claim, as the error demands, and gives the error with advice about reading again. */
  async #explained(error: unknown): Promise<unknown> {
    if (!this.#gaveNothing(error)) return this.#withTimeLeft(error);
    const { part } = this;
    if (part !== undefined && isGone(error)) await removeLeftover(part.folder);
    if (this.#refused !== null) await this.#file.save(this.#refused);
    else if (!this.#isStored) await this.#file.remove();
    return this.#withReader(error);
  }

  /** Whether it is certain that the server gave the secret to none of the requests under this claim. */
  #gaveNothing(error: unknown): boolean {
    if (!this.#requests.mayHaveArrived()) return !this.#isStored;
    if (!(error instanceof ApiError)) return false;
    if (isGone(error) || GAVE_NOTHING.has(error.code)) return true;
    // One request that was refused took nothing. Of several, an earlier one may have.
    return error.isVerdict && error.statusCode < 500 && this.#requests.count() === 1 && !this.#isStored;
  }

  /** The error, and how long the same command can read the secret, which may have been taken. */
  async #withTimeLeft(error: unknown): Promise<unknown> {
    if (!(error instanceof ZephrError)) return error;
    const until = this.#leaseEnd();
    if (error instanceof EncryptionError) await this.#noteAnswer(until);
    const end = { readableUntil: new Date(until).toISOString() };
    if (until <= this.#side.now() || !this.#isOnDisk) return error;
    const again = `the same command reads it again ${this.#timeLeft(until)}, should the server have given it out`;
    if (error instanceof Interrupted) return new Interrupted(error.signal, { advice: again, ...end });
    const advice = error.code === 'CONNECTION_LOST' ? undefined : adviceFor(error);
    return new AdvisedError(error, advice === undefined ? again : `${advice}; ${again}`, end);
  }

  /** The error; for a secret that is gone, with what is known here about who read it. */
  #withReader(error: unknown): unknown {
    if (!(error instanceof ApiError)) return error;
    if (error.code !== 'SECRET_ALREADY_CONSUMED' && error.statusCode !== 404) return error;
    const earlier = this.#refused;
    if (earlier !== null) return new AdvisedError(error, this.#earlierReader(earlier));
    if (this.#file.waited)
      return new AdvisedError(error, 'another zephr get on this machine has just read it');
    if (this.#link.key.version === 1 && this.#requests.count() > 1) {
      // A server without claims answers once: if its answer to an earlier try was lost, so is the secret.
      return new AdvisedError(
        error,
        'an answer to this command was lost on the way: it may have been the secret. Ask the sender for a new link',
      );
    }
    return error;
  }

  #earlierReader({ startedAt, readableUntil }: PendingClaim): string {
    const at = clockTime(Date.parse(startedAt), this.#side.now());
    return readableUntil === undefined
      ? `a zephr get here asked for it at ${at} and broke off before it heard the answer: that may have been it, and it is too late to repeat it. Ask the sender for a new link, and if you know of no such get, to change the secret`
      : `this machine read it at ${at} and could not deliver it, and it is too late to repeat that: ask the sender for a new link`;
  }

  /** Notes that an answer came: who comes back too late is then told that it was this machine. */
  async #noteAnswer(until: number): Promise<void> {
    if (this.#pending === null) return;
    await this.#keep({ ...this.#pending, readableUntil: new Date(until).toISOString() });
  }

  /**
   * The end of the lease by this machine's clock, in milliseconds since 1970.
   * @param purgeAt as the server said; where it did not, the lease is what the protocol promises at least.
   */
  #leaseEnd(purgeAt?: string): number {
    const { clock, now } = this.#side;
    const said = purgeAt === undefined ? Number.NaN : clock.toLocal(Date.parse(purgeAt));
    if (said > now() && said <= now() + LONGEST_LEASE_MS) return said;
    const stored = this.#isStored ? this.#pending : null;
    if (stored === null) return this.#askedAt + LEASE_MS;
    return (
      Date.parse(stored.readableUntil ?? stored.startedAt) +
      (stored.readableUntil === undefined ? LEASE_MS : 0)
    );
  }

  #stillReadable(until: number): string {
    return until > this.#side.now()
      ? `the same command reads it again ${this.#timeLeft(until)}`
      : 'it is too late to read it again: ask the sender for a new link';
  }

  #timeLeft(until: number): string {
    const left = Math.floor((until - this.#side.now()) / 1000) * 1000;
    return `within ${durationInWords(Math.max(left, 1000))}`;
  }
}

async function warnOfNoFolder(reporter: Reporter): Promise<void> {
  await reporter.warn('the folder for claims cannot be written: only this process can repeat the read');
}

function isGone(error: unknown): boolean {
  // What something in between says of itself tells nothing of the secret.
  return error instanceof ApiError && error.isVerdict && [404, 410].includes(error.statusCode);
}
