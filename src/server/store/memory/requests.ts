/** The requests of the store in memory. As with its secrets, a verb is one turn of the event loop. */

import type { Bytes } from '../../../core/bytes.js';
import { IDEMPOTENCY_MS } from '../contracts/lifecycle.js';
import { behind } from '../contracts/lists.js';
import type { RequestEvent } from '../contracts/outbox.js';
import {
  type AnswerOutcome,
  type AnswerRecord,
  type Asker,
  answeredBy,
  type CancelOutcome,
  type NewAnswer,
  type NewRequest,
  type RequestOutcome,
  type RequestPage,
  type RequestRecord,
  type RequestStore,
  requestForgottenAt,
  requestRefusal,
  requestStateOf,
} from '../contracts/requests.js';
import { StoreFullError } from '../contracts/store.js';
import type { MemoryOutbox } from './outbox.js';
import type { MemoryQuotas } from './quotas.js';
import type { MemorySecrets } from './secrets.js';

interface Entry {
  request: Omit<NewRequest, 'sealedMessage'>;
  sealedMessage: Bytes | null;
  answersLeft: number;
  cancelledAt: number | null;
  /** The secrets that answer it, in order. */
  readonly received: string[];
  /** Its expiry, or that of its last answer if that is later. */
  lastEnd: number;
}

/** A {@link RequestStore} in memory. */
export class MemoryRequests implements RequestStore {
  readonly #quotas: MemoryQuotas;
  readonly #outbox: MemoryOutbox;
  readonly #secrets: MemorySecrets;
  /** By id, oldest first. */
  readonly #entries = new Map<string, Entry>();

  /** @param quotas where answers are counted. @param outbox where events are appended. @param secrets the answers. */
  constructor(quotas: MemoryQuotas, outbox: MemoryOutbox, secrets: MemorySecrets) {
    this.#quotas = quotas;
    this.#outbox = outbox;
    this.#secrets = secrets;
  }

  async createRequest({ sealedMessage, ...request }: NewRequest): Promise<RequestOutcome> {
    const earlier = this.#earlier(request);
    if (earlier !== undefined) {
      const same = earlier.idempotency?.bodyHash === request.idempotency?.bodyHash;
      return same ? created('replayed', earlier) : { outcome: 'conflict' };
    }
    const { quota, answers: answersLeft, expiresAt: lastEnd } = request;
    if (quota !== null && !this.#quotas.count(quota, quota.amount)) return { outcome: 'limited' };
    const entry = { request, sealedMessage, answersLeft, cancelledAt: null, received: [], lastEnd };
    this.#entries.set(request.id, entry);
    return created('created', request);
  }

  async findRequest(id: string, proofHash: string | null, now: number) {
    const entry = this.#known(id, now);
    if (!entry) return { outcome: 'unknown' } as const;
    const refused = requestRefusal(entry.request.proofHash, proofHash);
    const { sealedMessage } = entry;
    return refused ?? ({ outcome: 'found', sealedMessage, ...recordOf(entry) } as const);
  }

  async answer(id: string, answer: NewAnswer, proofHash: string | null): Promise<AnswerOutcome> {
    const { secret, wrappedKey, hasRoom } = answer;
    const now = secret.createdAt;
    const entry = this.#known(id, now);
    if (!entry) return { outcome: 'unknown' };
    const refused = requestRefusal(entry.request.proofHash, proofHash);
    if (refused) return refused;
    const earlier = this.#secrets.earlier(secret);
    if (earlier) return earlier;
    const state = requestStateOf(recordOf(entry), now);
    if (state !== 'open') return { outcome: 'closed', state };
    const other = this.#secrets.withoutUpload(secret);
    if (other) return other;
    if (!hasRoom) throw new StoreFullError();
    const { gates } = entry.request;
    entry.answersLeft -= 1;
    entry.received.push(secret.id);
    entry.lastEnd = Math.max(entry.lastEnd, secret.expiresAt);
    this.#announce('request.answered', entry, now, now);
    this.#settle(entry, now);
    return this.#secrets.keep({ ...secret, gates }, wrappedKey);
  }

  async listAnswers(id: string, receiptHash: string | null, now: number) {
    const entry = this.#known(id, now);
    if (!entry) return { outcome: 'unknown' } as const;
    const refused = requestRefusal(entry.request.receiptHash, receiptHash);
    if (refused) return refused;
    const received = entry.received.flatMap((secret): AnswerRecord[] => {
      const record = this.#secrets.answerAt(secret, now);
      return record === null ? [] : [record];
    });
    return { outcome: 'found', received, ...recordOf(entry) } as const;
  }

  async cancelRequest(id: string, asker: Asker, now: number): Promise<CancelOutcome> {
    const entry = this.#known(id, now);
    if (!entry || ('caller' in asker && asker.caller !== entry.request.caller)) return { outcome: 'unknown' };
    const refused =
      'receiptHash' in asker ? requestRefusal(entry.request.receiptHash, asker.receiptHash) : null;
    if (refused) return refused;
    const state = requestStateOf(recordOf(entry), now);
    if (state === 'answered' || state === 'expired') return { outcome: 'closed', state };
    if (state === 'open') {
      entry.cancelledAt = now;
      this.#announce('request.cancelled', entry, now, now);
      this.#settle(entry, now);
    }
    return { outcome: 'cancelled' };
  }

  async listRequests(
    caller: string,
    { state, after, limit }: RequestPage,
    now: number,
  ): Promise<RequestRecord[]> {
    const records = [...this.#entries.values()]
      .filter(({ request, lastEnd }) => request.caller === caller && requestForgottenAt(lastEnd) > now)
      .map(recordOf)
      .filter((record) => state === null || requestStateOf(record, now) === state);
    return behind(records, after, limit);
  }

  /** Who asked for what a caller answers; the caller itself, if it answers nothing. */
  ownerOf(caller: string): string {
    const answered = answeredBy(caller);
    const asked = answered === null ? undefined : this.#entries.get(answered);
    return asked?.request.caller ?? caller;
  }

  /** The requests' part of `Engine.purge`. @returns how many it forgot. */
  purge(now: number): number {
    let forgotten = 0;
    for (const [id, entry] of this.#entries) {
      this.#settle(entry, now);
      if (requestForgottenAt(entry.lastEnd) > now) continue;
      this.#entries.delete(id);
      forgotten += 1;
    }
    return forgotten;
  }

  /** Forgets all requests. */
  clear(): void {
    this.#entries.clear();
  }

  #known(id: string, now: number): Entry | undefined {
    const entry = this.#entries.get(id);
    return entry && requestForgottenAt(entry.lastEnd) > now ? entry : undefined;
  }

  /** The request that the same idempotency key made in the last 24 h. */
  #earlier({
    caller,
    idempotency,
    createdAt,
  }: Omit<NewRequest, 'sealedMessage'>): Entry['request'] | undefined {
    if (idempotency === null) return undefined;
    return [...this.#entries.values()]
      .map(({ request }) => request)
      .find(
        (request) =>
          request.caller === caller &&
          request.idempotency?.key === idempotency.key &&
          createdAt - request.createdAt < IDEMPOTENCY_MS,
      );
  }

  /** Lets go of what nobody needs any more, and announces an expiry when it is found. */
  #settle(entry: Entry, now: number): void {
    const state = requestStateOf(recordOf(entry), now);
    if (state === 'expired') this.#announce('request.expired', entry, entry.request.expiresAt, now);
    if (state === 'cancelled' || entry.request.expiresAt <= now) entry.sealedMessage = null;
    if (state !== 'open') entry.request = { ...entry.request, callback: null, gates: null };
  }

  #announce(name: RequestEvent, { request }: Entry, occurredAt: number, now: number): void {
    this.#outbox.announce(name, { ...request, hint: null }, occurredAt, now);
  }
}

function recordOf({ request, sealedMessage, answersLeft, cancelledAt }: Entry): RequestRecord {
  const { id, publicKey, secretExpiry, answers, answerViews, caller, createdAt, expiresAt } = request;
  const { longestBlob, longestUpload } = request;
  const terms = { id, publicKey, secretExpiry, answers, answerViews, longestBlob, longestUpload };
  return {
    ...terms,
    caller,
    createdAt,
    expiresAt,
    answersLeft,
    cancelledAt,
    destroyed: sealedMessage === null,
  };
}

function created(
  outcome: 'created' | 'replayed',
  { id, expiresAt }: Pick<NewRequest, 'id' | 'expiresAt'>,
): RequestOutcome {
  return { outcome, id, expiresAt };
}
