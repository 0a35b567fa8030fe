/**
 * `zephr get` of the answers to a request, by the request's id where it was made, or by its collect link. Each answer is
 * a secret, which is read, delivered and acknowledged as any other. What the server shows is believed only as far as the
 * keys of the answers open.
 */

import { existsSync } from 'node:fs';
import {
  type Answer,
  type CollectedAnswers,
  collectAnswers,
} from '../../../client/requests/collect-answers.js';
import { ApiError, EncryptionError } from '../../../core/errors.js';
import { type CollectLink, parseCollectLink } from '../../../core/links/request-links.js';
import { MAX_ANSWERS } from '../../../core/protocol/secret-requests.js';
import type { HttpFetch } from '../../../net/http.js';
import { withServerClock } from '../../../net/server-clock.js';
import { AdvisedError, CliError, usageError } from '../../exit/cli-error.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import { hasLiveClaim } from '../../files/pending-claims.js';
import {
  changeRequest,
  collectLinkOf,
  findDamaged,
  findRequests,
  type KeptRequest,
  removeRequest,
  unkeptRequest,
} from '../../files/request-files.js';
import { readSentList } from '../../sent/list.js';
import { untilOf, waitFor } from '../../sent/waiting.js';
import { connectionTo } from '../../settings/connection.js';
import { timeInWords } from '../../terminal/times.js';
import { LEASE_OVER } from './claimed-read.js';
import { type Destination, openDestination } from './destination.js';
import { type GetContext, take } from './take.js';

/** What collecting needs of the command that does it. */
export interface AnswerContext
  extends Pick<GetContext, 'flags' | 'terminal' | 'reporter' | 'now' | 'commandLine'> {
  /** The command that takes the code of an answer where there is no terminal. Default: the same one. */
  readonly codeCommand?: string | undefined;
}

/** A file without a seed is kept as long after the last answer's expiry, in milliseconds. */
const KEPT_LONGER_MS = 2 * 86_400_000;

/**
 * Takes the oldest answer that was not read, or all of them.
 * @param text the request's id or the beginning of it, or the collect link.
 * @throws CliError exit 2 or 5 before anything is sent; exit 11 when there is no answer yet, exit 6 when none can come
 *   any more; what reading a secret throws.
 */
export async function getAnswers(text: string, context: GetContext): Promise<ExitCode> {
  const { flags, terminal, reporter, commandLine } = context;
  rejectLinkFlags(context);
  const { link, kept } = await findRequest(text.trim(), context);
  if (link.wrapper !== undefined)
    await reporter.info(`the link was inside one of ${link.wrapper}: the answers are on ${link.server}`);
  const collector = await Collector.open(link, kept, context);
  if (flags.all) return takeAll(collector, context);
  const destination = await openDestination(flags, terminal, commandLine);
  try {
    await collector.takeNext(destination, flags.wait ? { isKnown: false } : null);
    return EXIT.done;
  } finally {
    await destination.discard();
  }
}

/** Takes all answers that there are into a folder. Those that are refused do not keep the others back. */
async function takeAll(collector: Collector, { flags, terminal }: GetContext): Promise<ExitCode> {
  let refusal: unknown;
  let refused = 0;
  for (let count = 0; ; ) {
    const destination = await openDestination(flags, terminal);
    try {
      await collector.takeNext(destination, flags.wait && count === 0 ? { isKnown: false } : null);
      count++;
    } catch (error) {
      // A server may make up as many as it likes: no request has more.
      if (isTampered(error) && ++refused < MAX_ANSWERS) refusal ??= error;
      else if (count > 0 && isEnd(error)) {
        if (refusal !== undefined) throw refusal;
        return EXIT.done;
      } else throw isEnd(error) ? (refusal ?? error) : error;
    } finally {
      await destination.discard();
    }
  }
}

/** Options that say how a secret is opened: an answer is opened by what who asked has kept. */
function rejectLinkFlags({ flags }: GetContext): void {
  const { key, keyFile, passphrase, passphraseFile, all, code, output, wait } = flags;
  if (key !== undefined || keyFile !== undefined || passphrase || passphraseFile !== undefined)
    throw usageError('an answer to a request takes no key and no passphrase');
  if (all && output === undefined)
    throw usageError(
      '--all needs a folder for the answers',
      'name it with -o, as in: zephr get ID --all -o .',
    );
  if (all && code !== undefined)
    throw usageError(
      '--code is for one answer',
      'take the answers one by one, or leave --code out to be asked',
    );
  if (flags.for !== undefined && !wait) throw usageError('--for says how long to --wait', 'give both');
}

/** The request that is meant, and what is kept of it here. */
async function findRequest(
  text: string,
  { terminal, reporter, now }: AnswerContext,
): Promise<{ link: CollectLink; kept: KeptRequest }> {
  if (text.includes('/')) {
    const link = parseCollectLink(text);
    const kept = (await findRequests(link.id, terminal)).find(({ server }) => server === link.server);
    return { link, kept: kept ?? unkeptRequest(link, now()) };
  }
  const found = await findRequests(text, terminal);
  const [kept, another] = found;
  if (another !== undefined) {
    const ids = found.map(({ id }) => id).join(', ');
    throw usageError(`${found.length} requests begin with that: ${ids}`, 'give more of the id');
  }
  const link = kept === undefined ? null : collectLinkOf(kept);
  if (kept !== undefined && link !== null) return { link, kept };
  const damaged = await findDamaged(text, terminal);
  if (damaged !== null)
    throw usageError(
      `${damaged} is damaged, and nothing else opens the answers`,
      'put a copy of it back if there is one; else revoke the request, and ask again',
    );
  const { records } = await readSentList(terminal, reporter);
  const wasMadeHere = records.some(({ kind, id }) => kind === 'request' && id.startsWith(text));
  throw wasMadeHere ? new CliError(EXIT.gone, ...TAKEN) : notKept(text);
}

/** What opens the answers is removed with the last of them. */
const TAKEN = [
  'REQUEST_ANSWERED',
  'nothing is left to take: every answer was taken, or has expired',
] as const;

function notKept(text: string): CliError {
  if (existsSync(text))
    return usageError('that is the name of a file, not a link', 'give the link in a file on stdin: < FILE');
  return new CliError(EXIT.notFound, 'NO_REQUEST_HERE', 'no request with that id was made on this machine', {
    advice:
      'take its answers where it was made, or by its collect link, which zephr request --no-record prints: zephr get < link',
  });
}

/** Takes the answers to one request, each once. */
export class Collector {
  readonly #link: CollectLink;
  readonly #kept: KeptRequest;
  readonly #context: AnswerContext;
  readonly #fetch: HttpFetch;
  /** Answers that this process has tried to take. What it could not note of them counts all the same. */
  readonly #tried = new Set<string>();

  static async open(link: CollectLink, kept: KeptRequest, context: AnswerContext): Promise<Collector> {
    const { fetch } = await connectionTo(link.server, context.flags, context.terminal);
    return new Collector(link, kept, context, fetch);
  }

  private constructor(link: CollectLink, kept: KeptRequest, context: AnswerContext, fetch: HttpFetch) {
    this.#link = link;
    this.#kept = kept;
    this.#context = context;
    this.#fetch = fetch;
  }

  /**
   * Takes the oldest answer that was not read.
   * @param waiting null to take none but what is there; else whether the server is known to be reachable.
   * @throws CliError exit 11 when there is none yet, exit 6 when none can come any more.
   * @throws EncryptionError (exit 9) for an answer that is not genuine: it was not delivered, and is passed over from now on.
   */
  async takeNext(destination: Destination, waiting: { readonly isKnown: boolean } | null): Promise<void> {
    for (;;) {
      const answer = await this.#next(waiting);
      this.#tried.add(answer.id);
      try {
        await this.#take(answer, destination);
        return;
      } catch (error) {
        if (!wasTaken(error) || this.#tried.size >= MAX_ANSWERS) throw error;
      }
    }
  }

  async #next(waiting: { readonly isKnown: boolean } | null): Promise<Answer> {
    const { flags, terminal, reporter, now } = this.#context;
    const { fetch, clock } = withServerClock(this.#fetch);
    const ask = async (wait: number) => {
      const collected = await this.#collect(fetch, wait);
      const found = await this.#firstUnread(collected);
      if (found === null && collected.state !== 'open') throw this.#over(collected);
      const expires = timeInWords(clock.toLocal(Date.parse(collected.expiresAt)), now());
      if (found === null && waiting === null) throw notYet(`the request can be answered until ${expires}`);
      return found;
    };
    const { host } = new URL(this.#link.server);
    if (waiting === null) {
      const found = await reporter.waitFor(`waiting for ${host}`, ask(0));
      if (found !== null) return found;
      throw notYet();
    }
    const until = untilOf(flags, now);
    const options = { interrupt: terminal.interrupt, reporter, now, until, ...waiting };
    const found = await reporter.waitFor('waiting for an answer', waitFor(ask, options));
    if (found === null) throw notYet();
    return found;
  }

  async #collect(fetch: HttpFetch, wait: number): Promise<CollectedAnswers> {
    const { flags, terminal } = this.#context;
    const { taken } = await this.#state();
    return collectAnswers(this.#link, {
      fetch,
      timeout: flags.timeout,
      signal: terminal.interrupt,
      wait,
      taken,
    });
  }

  /** What is kept now: other processes here take answers too. */
  async #state(): Promise<KeptRequest> {
    const { terminal } = this.#context;
    const { server, id } = this.#link;
    const found = await findRequests(id, terminal);
    return found.find((kept) => kept.server === server) ?? this.#kept;
  }

  /** The oldest answer that can be read and was not; one whose reading was broken off here comes before its time. */
  async #firstUnread({ answers }: CollectedAnswers): Promise<Answer | null> {
    const { taken, refused } = await this.#state();
    const passedOver = new Set([...Object.keys(taken), ...refused, ...this.#tried]);
    for (const answer of answers) {
      if (!passedOver.has(answer.id) && (answer.state === 'waiting' || (await this.#isBrokenOff(answer))))
        return answer;
    }
    return null;
  }

  async #isBrokenOff({ id, keyHash }: Answer): Promise<boolean> {
    const { terminal, now } = this.#context;
    return keyHash !== null && (await hasLiveClaim({ server: this.#link.server, id }, terminal, now()));
  }

  async #take(answer: Answer, destination: Destination): Promise<void> {
    const { flags, terminal, codeCommand } = this.#context;
    try {
      const link = answer.link();
      const options = { fetch: this.#fetch, timeout: flags.timeout, signal: terminal.interrupt };
      const waiting = `waiting for ${new URL(link.server).host}`;
      await take({ link, options, isTyped: false, waiting }, destination, this.#context, {
        onDelivered: () => this.#markTaken(answer),
        codeCommand,
        folder: flags.all ? answer.id : undefined,
      });
    } catch (error) {
      if (!isTampered(error)) throw error;
      await this.#change((kept) => ({ ...kept, refused: [...new Set([...kept.refused, answer.id])] }));
      throw new AdvisedError(error, TAMPERED);
    }
    await this.#tidy();
  }

  async #markTaken({ id, keyHash, expiresAt }: Answer): Promise<void> {
    const until = new Date(Date.parse(expiresAt) + KEPT_LONGER_MS).toISOString();
    await this.#change((kept) => ({
      ...kept,
      keptUntil: kept.keptUntil > until ? kept.keptUntil : until,
      taken: { ...kept.taken, ...(keyHash === null ? {} : { [id]: keyHash }) },
    }));
  }

  async #change(change: (kept: KeptRequest) => KeptRequest): Promise<void> {
    const { terminal, reporter } = this.#context;
    if (await changeRequest(this.#kept, terminal, change)) return;
    await reporter.warn('what was taken of the request could not be noted on this machine');
  }

  /** Forgets the request once nothing can come any more and nothing is left to read. */
  async #tidy(): Promise<void> {
    const { terminal, reporter } = this.#context;
    if (this.#kept.seed === undefined) return;
    try {
      const collected = await this.#collect(this.#fetch, 0);
      if (collected.state === 'open' || (await this.#firstUnread(collected)) !== null) return;
      if (await removeRequest(this.#kept, terminal)) return;
    } catch (error) {
      const isUnknown = error instanceof ApiError && error.statusCode === 404;
      if (isUnknown && (await removeRequest(this.#kept, terminal))) return;
    }
    // The answer is here. The file is removed with the next one, or when its time is over.
    await reporter.info('the request stays in the list of this machine until its time is over');
  }

  #over({ state, answers }: CollectedAnswers): CliError {
    const [code, message] = OVER[state === 'open' ? 'answered' : state];
    const all = answers.length > 0 ? 'every answer that came was read or has expired' : message;
    return new CliError(EXIT.gone, code, state === 'answered' ? message : all);
  }
}

const TAMPERED =
  'the server shows an answer that was not made for this request, or was changed: nothing of it was delivered. The same command takes the next answer';

const OVER = {
  answered: ['REQUEST_ANSWERED', 'every answer to the request was read or has expired'],
  expired: ['REQUEST_EXPIRED', 'the request has expired without an answer'],
  cancelled: ['REQUEST_CANCELLED', 'the request was cancelled without an answer'],
} as const;

function notYet(until?: string): CliError {
  return new CliError(EXIT.notYet, 'NO_ANSWER_YET', 'there is no answer yet', {
    advice: until === undefined ? undefined : `${until}; --wait waits for an answer`,
  });
}

/** Whether there is no answer to take, now or ever again. */
function isEnd(error: unknown): boolean {
  return error instanceof CliError && (error.exit === EXIT.notYet || error.exit === EXIT.gone);
}

/** Whether another process, here or elsewhere, was faster. */
function wasTaken(error: unknown): boolean {
  if (!(error instanceof AdvisedError)) return isGone(error);
  return error.advice !== LEASE_OVER && isGone(error.cause);
}

function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.isVerdict && error.statusCode === 410;
}

/** Whether an answer does not open: by its wrapped key, by the proof of that key, or by its own bytes. */
function isTampered(error: unknown): error is AdvisedError | EncryptionError | ApiError {
  const cause = error instanceof AdvisedError ? error.cause : error;
  if (cause instanceof EncryptionError) return true;
  return cause instanceof ApiError && ['WRONG_KEY', 'PROOF_REQUIRED'].includes(cause.code);
}
