/** What may be done with a request for a secret, and by whom (core/protocol/PROTOCOL.md section 8). */

import { hash } from 'node:crypto';
import { base64urlLength } from '../../core/base64url.js';
import { type Bytes, type RandomBytes, randomBytes } from '../../core/bytes.js';
import { EXPIRY_RANGE } from '../../core/expiry.js';
import type { GatesBody } from '../../core/protocol/gates.js';
import type { SecretState } from '../../core/protocol/replies.js';
import type { RequestState } from '../../core/protocol/secret-requests.js';
import { Notices } from '../notices/notices.js';
import { Watch } from '../notices/watch.js';
import { stateOf } from '../store/contracts/lifecycle.js';
import {
  type AnsweredRequest,
  answererOf,
  type Closed,
  type FoundRequest,
  type NewRequest,
  type RequestPage,
  type RequestRecord,
  type RequestRefused,
  type RequestStore,
  requestStateOf,
} from '../store/contracts/requests.js';
import type { CreateRequest, Idempotency, Unknown } from '../store/contracts/secrets.js';
import type { Metrics } from '../telemetry/metrics.js';
import { type CallbackPolicy, checkCallback, PUBLIC_CALLBACKS } from './callbacks.js';
import type { Caller } from './callers.js';
import { GateKeeper } from './gate-keeper.js';
import { limitReached, quotaOf } from './quotas.js';
import { checkExpiry, checkedId, idMaker, type SenderCredentials } from './secrets.js';
import { ServiceError, tooLarge, uploadError } from './service-error.js';
import type { StoredBytes } from './stored-bytes.js';

/** What somebody asks for, checked field by field. Whether their limits allow it is another question. */
export interface AskRequest
  extends Pick<
    NewRequest,
    | 'publicKey'
    | 'sealedMessage'
    | 'proofHash'
    | 'receiptHash'
    | 'secretExpiry'
    | 'answers'
    | 'answerViews'
    | 'callback'
  > {
  /** Of reading the answers. */
  readonly gates: GatesBody | null;
  /** Whole minutes, 1 or more. */
  readonly expiry: number;
}

/** An answer, checked likewise. */
export interface AnswerRequest
  extends Pick<CreateRequest, 'blob' | 'splitUrlMode' | 'hint' | 'receiptHash' | 'upload'> {
  readonly proofHash: string;
  readonly wrappedKey: Bytes;
}

/** A request or an answer that was made. Times are milliseconds since 1970, here as below. */
export interface Made {
  readonly id: string;
  readonly expiresAt: number;
}

/** A request with its state. */
export type InState<Record> = Record & { readonly state: RequestState };

/** An answer, as who asked sees it. */
export interface ReceivedAnswer {
  readonly id: string;
  readonly wrappedKey: Bytes | null;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly state: SecretState;
}

/** What the service depends on besides its store. */
export interface SecretRequestsOptions {
  /** As for `Secrets`. */
  readonly maxExpiry?: number | undefined;
  readonly callbacks?: CallbackPolicy | undefined;
  readonly now?: (() => number) | undefined;
  readonly random?: RandomBytes | undefined;
  readonly notices?: Notices | undefined;
  readonly metrics?: Metrics | undefined;
  readonly storedBytes?: StoredBytes | undefined;
  /** As for `Secrets`. */
  readonly gates?: GateKeeper | undefined;
}

const MINUTE_MS = 60_000;

/** The requests of one store. Every method throws ServiceError, StoreError or StoreBusyError. */
export class SecretRequests {
  readonly #store: RequestStore;
  readonly #callbacks: CallbackPolicy;
  readonly #maxExpiry: number;
  readonly #now: () => number;
  readonly #newId: () => string;
  readonly #notices: Notices;
  readonly #gates: GateKeeper;
  readonly #watch: Watch<AnsweredRequest>;
  readonly #metrics: Metrics | undefined;
  readonly #storedBytes: StoredBytes | undefined;

  constructor(store: RequestStore, options: SecretRequestsOptions = {}) {
    const { callbacks = PUBLIC_CALLBACKS, now = Date.now, random = randomBytes } = options;
    const { notices = new Notices() } = options;
    this.#store = store;
    this.#notices = notices;
    this.#gates = options.gates ?? new GateKeeper();
    this.#watch = new Watch(notices);
    this.#metrics = options.metrics;
    this.#storedBytes = options.storedBytes;
    this.#callbacks = callbacks;
    this.#maxExpiry = options.maxExpiry ?? EXPIRY_RANGE.max;
    this.#now = now;
    this.#newId = idMaker(random);
  }

  /** Keeps a request within the caller's limits. Its answers are counted as creates of the caller at once. */
  async create(request: AskRequest, caller: Caller, idempotency: Idempotency | null): Promise<Made> {
    const { expiry, ...wanted } = request;
    checkCallback(request.callback, this.#callbacks);
    if (request.callback !== null && !caller.mayCallBack) {
      throw new ServiceError('API_KEY_REQUIRED', 'callbacks take an API key on this server');
    }
    for (const minutes of [expiry, request.secretExpiry]) checkExpiry(minutes, caller, this.#maxExpiry);
    const createdAt = this.#now();
    const firstEnd = createdAt + request.secretExpiry * MINUTE_MS;
    const gates = this.#gates.accept(request.gates, caller.tier !== null, firstEnd);
    const quota = quotaOf(caller, createdAt);
    if (quota !== null && quota.per !== 'minute' && request.answers > quota.limit) {
      throw new ServiceError('UPGRADE_REQUIRED', `a request has at most ${quota.limit} answers here`);
    }
    // A rate is there against floods: what a minute cannot hold takes all of it.
    const amount = quota === null ? 0 : Math.min(request.answers, quota.limit);
    const outcome = await this.#store.createRequest({
      ...wanted,
      gates,
      id: this.#newId(),
      longestBlob: caller.limits.blob,
      longestUpload: caller.limits.upload,
      caller: caller.name,
      idempotency,
      quota: quota && { ...quota, amount },
      createdAt,
      expiresAt: createdAt + expiry * MINUTE_MS,
    });
    if (outcome.outcome === 'conflict') throw keyReused();
    if (outcome.outcome === 'limited') throw limitReached(quota, createdAt);
    return { id: outcome.id, expiresAt: outcome.expiresAt };
  }

  /** What a request asks for, for who has its link. */
  async find(id: string, proof: Bytes | null): Promise<InState<FoundRequest>> {
    const now = this.#now();
    const found = await this.#store.findRequest(checked(id), hashOf(proof), now);
    if (found.outcome !== 'found') throw errorOf(found, 'Zephr-Proof');
    return { ...found, state: requestStateOf(found, now) };
  }

  /** The same, if it takes answers. */
  async findOpen(id: string, proof: Bytes | null): Promise<InState<FoundRequest>> {
    const found = await this.find(id, proof);
    if (found.state !== 'open') throw CLOSED[found.state]();
    return found;
  }

  /**
   * Takes one of the answers left, and keeps the secret. It takes the room of who asked.
   * @param request as {@link find} found it: what it says of its answers never changes.
   */
  async answer(
    request: RequestRecord,
    answer: AnswerRequest,
    proof: Bytes | null,
    idempotency: Idempotency,
  ): Promise<Made> {
    const { wrappedKey, upload, ...sealed } = answer;
    if (base64urlLength(answer.blob.length) > request.longestBlob) throw tooLarge(request.longestBlob);
    const createdAt = this.#now();
    const secret = {
      ...sealed,
      id: this.#newId(),
      version: 2,
      linkProofHash: null,
      views: request.answerViews,
      callback: null,
      caller: answererOf(request.id),
      idempotency,
      upload: upload && { ...upload, bodyHash: idempotency.bodyHash },
      // Its request's, which the store knows.
      gates: null,
      quota: null,
      createdAt,
      expiresAt: createdAt + request.secretExpiry * MINUTE_MS,
    } as const;
    const held = await this.#storedBytes?.holdBlob(request.caller, answer.blob.length);
    // Where there is no room for it the store still knows it if it is a repeated one.
    const given = { secret, wrappedKey, hasRoom: held !== null };
    const answering = this.#store.answer(request.id, given, hashOf(proof));
    const outcome = await answering.finally(() => held?.settle(true));
    if (outcome.outcome === 'conflict') throw keyReused();
    if (outcome.outcome === 'unknown upload' || outcome.outcome === 'incomplete upload') {
      throw uploadError(outcome.outcome);
    }
    if (!('id' in outcome)) throw errorOf(outcome, 'Zephr-Proof');
    if (outcome.outcome === 'created') this.#metrics?.secrets('created', 1);
    this.#notices.tell(request.id);
    return { id: outcome.id, expiresAt: outcome.expiresAt };
  }

  /**
   * A request and its answers, for who asked.
   * @param wait answers only when an answer waits to be read, or the request is not open any more, or the time is up.
   */
  async collect(
    id: string,
    receipt: Bytes | null,
    wait?: { readonly ms: number },
  ): Promise<InState<RequestRecord> & { readonly received: readonly ReceivedAnswer[] }> {
    const first = async () => {
      const found = await this.#store.listAnswers(checked(id), hashOf(receipt), this.#now());
      if (found.outcome !== 'found') throw errorOf(found, 'Zephr-Receipt');
      return found;
    };
    const isOpen = (found: AnsweredRequest) => requestStateOf(found, this.#now()) === 'open';
    const found =
      wait === undefined
        ? await first()
        : await this.#watch.until(checked(id), {
            first,
            isNews: (one) =>
              !isOpen(one) || one.received.some((answer) => stateOf(answer, this.#now()) === 'waiting'),
            changesIn: (one) => (isOpen(one) ? one.expiresAt - this.#now() : null),
            ms: wait.ms,
          });
    const now = this.#now();
    const received = found.received.map((answer) => ({ ...answer, state: stateOf(answer, now) }));
    return { ...found, received, state: requestStateOf(found, now) };
  }

  /** Lets no more answers in. To cancel again is no error. */
  async cancel(id: string, sender: SenderCredentials): Promise<void> {
    const asker = 'caller' in sender ? sender : { receiptHash: hashOf(sender.receipt) };
    const outcome = await this.#store.cancelRequest(checked(id), asker, this.#now());
    if (outcome.outcome !== 'cancelled') throw errorOf(outcome, 'Zephr-Receipt');
    this.#notices.tell(id);
  }

  /** Requests of an API key, the newest first, and whether there are more. */
  async list(
    caller: string,
    page: RequestPage,
  ): Promise<{ readonly requests: readonly InState<RequestRecord>[]; readonly more: boolean }> {
    const now = this.#now();
    const found = await this.#store.listRequests(caller, { ...page, limit: page.limit + 1 }, now);
    const requests = found.slice(0, page.limit).map((one) => ({ ...one, state: requestStateOf(one, now) }));
    return { requests, more: found.length > page.limit };
  }
}

/** `id`, if it has the form of one: no store knows any other. */
function checked(id: string): string {
  return checkedId(id, notFound);
}

function hashOf(shown: Uint8Array | null): string | null {
  return shown === null ? null : hash('sha256', shown, 'base64url');
}

function notFound(): ServiceError {
  return new ServiceError('REQUEST_NOT_FOUND', 'there is no such request');
}

function keyReused(): ServiceError {
  return new ServiceError(
    'IDEMPOTENCY_KEY_REUSED',
    'the idempotency key was used for another request: use a new one',
  );
}

/** Why a store did nothing with a request. @param header what had to be shown. */
function errorOf(outcome: RequestRefused | Closed | Unknown, header: string): ServiceError {
  switch (outcome.outcome) {
    case 'unknown':
      return notFound();
    case 'proof required':
      return new ServiceError('PROOF_REQUIRED', `${header} is required`);
    case 'wrong key':
      return new ServiceError('WRONG_KEY', 'the key is wrong');
    case 'closed':
      return CLOSED[outcome.state]();
  }
}

const CLOSED: Readonly<Record<Closed['state'], () => ServiceError>> = {
  answered: () => new ServiceError('REQUEST_ANSWERED', 'the request has all its answers'),
  expired: () => new ServiceError('REQUEST_EXPIRED', 'the request has expired'),
  cancelled: () => new ServiceError('REQUEST_CANCELLED', 'the request was cancelled'),
};
