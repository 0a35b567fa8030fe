/** The requests of the PostgreSQL store: the verbs. Their SQL is in request-statements.ts. */

import { encodeGates } from '../contracts/gates.js';
import { IDEMPOTENCY_MS } from '../contracts/lifecycle.js';
import type {
  AnsweredRequest,
  AnswerOutcome,
  Asker,
  CancelOutcome,
  Closed,
  FoundRequest,
  NewAnswer,
  NewRequest,
  RequestOutcome,
  RequestPage,
  RequestRecord,
  RequestRefused,
  RequestStore,
} from '../contracts/requests.js';
import { type AnswerRow, answerRecordOf, requestRecordOf } from '../contracts/rows.js';
import type { Unknown } from '../contracts/secrets.js';
import { StoreError, StoreFullError } from '../contracts/store.js';
import { orStoreFull, type PostgresPool } from './connections/pool.js';
import {
  created,
  type EarlierRow,
  FREE_IDEMPOTENCY_KEY,
  repeatOf,
  secretValues,
  untilDecided,
  uploadValues,
  withoutUpload,
} from './creates/create.js';
import { shownValue } from './proofs.js';
import {
  ANSWER,
  CANCEL_REQUEST,
  type ClosedRow,
  CREATE_REQUEST,
  EXPIRE_REQUESTS,
  FIND_ANSWER,
  FIND_REQUEST,
  FORGET_REQUESTS,
  FREE_REQUEST_KEY,
  LIST_ANSWERS,
  LIST_REQUESTS,
  type RequestValues,
} from './request-statements.js';

/** Rows one transaction of a purge looks at, as in destruction.ts. */
const PURGE_BATCH = 200;

/** One batch of the requests' part of `Engine.purge`. */
export async function purgeRequests(
  pool: PostgresPool,
  now: number,
): Promise<{ readonly forgotten: number; readonly more: boolean }> {
  const expired = await pool.query(EXPIRE_REQUESTS, PURGE_BATCH, now);
  const forgotten = await pool.query(FORGET_REQUESTS, PURGE_BATCH, now);
  return {
    forgotten: forgotten.length,
    more: [expired.length, forgotten.length].includes(PURGE_BATCH),
  };
}

/** A {@link RequestStore} in PostgreSQL. */
export class PostgresRequests implements RequestStore {
  readonly #pool: PostgresPool;

  /** @param pool of a database with the tables of this version. */
  constructor(pool: PostgresPool) {
    this.#pool = pool;
  }

  createRequest(request: NewRequest): Promise<RequestOutcome> {
    return orStoreFull(this.#pool.operation(() => untilDecided(() => this.#tryToCreate(request))));
  }

  async findRequest(
    id: string,
    proofHash: string | null,
    now: number,
  ): Promise<FoundRequest | RequestRefused | Unknown> {
    const [row] = await this.#pool.query(FIND_REQUEST, id, now, ...shownValue(proofHash));
    if (!row) return { outcome: 'unknown' };
    if (row.refusal !== null) return { outcome: row.refusal };
    return { outcome: 'found', sealedMessage: row.sealed_message, ...requestRecordOf(row) };
  }

  async answer(id: string, answer: NewAnswer, proofHash: string | null): Promise<AnswerOutcome> {
    const attempt = () => this.#tryToAnswer(id, answer, proofHash);
    const outcome = await orStoreFull(this.#pool.operation(() => untilDecided(attempt)));
    if (outcome.outcome === 'full') throw new StoreFullError();
    return outcome;
  }

  async listAnswers(
    id: string,
    receiptHash: string | null,
    now: number,
  ): Promise<AnsweredRequest | RequestRefused | Unknown> {
    const rows = await this.#pool.query(LIST_ANSWERS, id, now, ...shownValue(receiptHash));
    const [first] = rows;
    if (!first) return { outcome: 'unknown' };
    if (first.refusal !== null) return { outcome: first.refusal };
    const received = rows.flatMap((row) => {
      if (row.answer_id === null) return [];
      const answer: AnswerRow = {
        id: row.answer_id,
        created_at: row.answered_at,
        expires_at: row.answer_expires_at,
        views_left: row.views_left,
        revoked_at: row.revoked_at,
        destroyed: row.answer_destroyed,
      };
      return [answerRecordOf(answer, row.wrapped_key)];
    });
    return { outcome: 'found', received, ...requestRecordOf(first) };
  }

  async cancelRequest(id: string, asker: Asker, now: number): Promise<CancelOutcome> {
    const [receiptHash, caller] =
      'caller' in asker ? ([null, asker.caller] as const) : ([asker.receiptHash, null] as const);
    const [row] = await this.#pool.query(CANCEL_REQUEST, id, now, ...shownValue(receiptHash), caller);
    if (!row) return { outcome: 'unknown' };
    if (row.refusal !== null) return { outcome: row.refusal };
    const closed = closedAs(row);
    return closed.state === 'cancelled' ? { outcome: 'cancelled' } : closed;
  }

  async listRequests(
    caller: string,
    { state, after, limit }: RequestPage,
    now: number,
  ): Promise<readonly RequestRecord[]> {
    const { createdAt, id } = after ?? { createdAt: Number.MAX_SAFE_INTEGER, id: '' };
    const rows = await this.#pool.query(LIST_REQUESTS, caller, now, createdAt, id, state, limit);
    return rows.map(requestRecordOf);
  }

  /** The outcome of a request, or `null` if its idempotency key has just been set free: try again. */
  async #tryToCreate(request: NewRequest): Promise<RequestOutcome | null> {
    const [row] = await this.#pool.send(CREATE_REQUEST, ...requestValues(request));
    if (!row) return null;
    if (row.created) return { outcome: 'created', id: request.id, expiresAt: request.expiresAt };
    if (row.id === null) return { outcome: 'limited' };
    if (request.createdAt - row.created_at >= IDEMPOTENCY_MS) {
      await this.#pool.send(FREE_REQUEST_KEY, row.id);
      return null;
    }
    if (row.body_hash !== request.idempotency?.bodyHash) return { outcome: 'conflict' };
    return { outcome: 'replayed', id: row.id, expiresAt: row.expires_at };
  }

  async #tryToAnswer(
    id: string,
    { secret, wrappedKey, hasRoom }: NewAnswer,
    proofHash: string | null,
  ): Promise<AnswerOutcome | { readonly outcome: 'full' } | null> {
    const shown = shownValue(proofHash);
    const values = secretValues(secret);
    const answer = [wrappedKey, ...values, ...uploadValues(secret), hasRoom] as const;
    const [row] = await this.#pool.send(ANSWER, id, secret.createdAt, ...shown, ...answer);
    if (!row) return { outcome: 'unknown' };
    if (row.refusal !== null) return { outcome: row.refusal };
    if (row.created) return created(secret);
    const earlier = row.id === null ? await this.#earlier(secret) : row;
    if (earlier === undefined) {
      if (row.state === 'open' && row.upload !== null) return withoutUpload(this.#pool, row);
      if (row.state === 'open' && !hasRoom) return { outcome: 'full' };
      return closedAs(row);
    }
    const repeat = repeatOf(secret, earlier);
    if (repeat !== null) return repeat;
    await this.#pool.send(FREE_IDEMPOTENCY_KEY, earlier.id);
    return null;
  }

  /**
   * The answer with the same idempotency key, if there is one: a statement that waited for the request's row did not
   * see what the one that it waited for has made.
   */
  async #earlier({ caller, idempotency }: NewAnswer['secret']): Promise<EarlierRow | undefined> {
    if (idempotency === null) return undefined;
    const [row] = await this.#pool.send(FIND_ANSWER, caller, idempotency.key);
    return row;
  }
}

/** Why a request takes no answers. */
function closedAs({ state }: ClosedRow): Closed {
  if (state === null || state === 'open') throw new StoreError(new Error('an open request took no answer'));
  return { outcome: 'closed', state };
}

function requestValues(request: NewRequest): RequestValues {
  const { callback, idempotency, quota } = request;
  return [
    request.id,
    request.publicKey,
    request.sealedMessage,
    request.proofHash,
    request.receiptHash,
    request.secretExpiry,
    request.answers,
    request.answerViews,
    request.longestBlob,
    request.longestUpload,
    callback?.url ?? null,
    callback === null ? null : new URL(callback.url).host,
    callback?.secret ?? null,
    request.caller,
    idempotency?.key ?? null,
    idempotency?.bodyHash ?? null,
    request.createdAt,
    request.expiresAt,
    quota?.counter ?? null,
    quota?.endsAt ?? null,
    quota?.limit ?? null,
    quota?.amount ?? null,
    encodeGates(request.gates),
  ];
}
