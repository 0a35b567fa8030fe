/** The requests of the SQLite store: the verbs, and the SQL of each at the end of the file. */

import { type Bytes, decodeUtf8, encodeUtf8 } from '../../../core/bytes.js';
import { decodeGates, encodeGates, type Gates } from '../contracts/gates.js';
import { IDEMPOTENCY_MS, TOMBSTONE_MS } from '../contracts/lifecycle.js';
import {
  type AnsweredRequest,
  type AnswerOutcome,
  type AnswerRecord,
  type Asker,
  type CancelOutcome,
  type Closed,
  type FoundRequest,
  type NewAnswer,
  type NewRequest,
  type RequestOutcome,
  type RequestPage,
  type RequestRecord,
  type RequestRefused,
  type RequestStore,
  requestForgottenAt,
  requestRefusal,
  requestStateOf,
} from '../contracts/requests.js';
import {
  type AnswerRow,
  answerRecordOf,
  REQUEST_COLUMNS,
  type RequestRow,
  requestRecordOf,
} from '../contracts/rows.js';
import type { Unknown } from '../contracts/secrets.js';
import type { SqliteCreates } from './create.js';
import { DESTROYED } from './destruction.js';
import { bytesOf, type SqliteDatabase } from './file/driver.js';
import { paddingFor } from './file/padding.js';
import type { Transactions } from './file/transaction.js';
import type { SqliteOutbox } from './outbox.js';
import type { SqliteQuotas } from './quotas.js';

/** A request, with all that decides about it. */
interface Row extends RequestRow {
  readonly seq: number;
  readonly proof_hash: string;
  readonly receipt_hash: string;
  readonly callback_url: string | null;
  readonly callback_secret: string | null;
  readonly last_end: number;
}

/** The columns of a {@link Row}. */
const COLUMNS = `seq, ${REQUEST_COLUMNS}, proof_hash, receipt_hash, callback_url, callback_secret, last_end,
  ${DESTROYED} AS destroyed`;

/** The request that an idempotency key was used for. */
interface CreateRow {
  readonly seq: number;
  readonly id: string;
  readonly body_hash: string;
  readonly created_at: number;
  readonly expires_at: number;
}

/** What the verbs need of the rest of the store. */
interface Dependencies {
  readonly creates: SqliteCreates;
  readonly quotas: SqliteQuotas;
  readonly outbox: SqliteOutbox;
  /** Of the file's pages, in bytes. */
  readonly pageSize: number;
  /** Called for each message that is destroyed, though the transaction may still fail. */
  readonly onDestroyed: () => void;
}

/** Requests that one transaction of a purge looks at, so that it takes a few milliseconds. */
const PURGE_BATCH = 200;

/** A {@link RequestStore} in an SQLite file. */
export class SqliteRequests implements RequestStore {
  readonly #transactions: Transactions;
  readonly #dependencies: Dependencies;
  readonly #sql: ReturnType<typeof prepareStatements>;

  /** @param database with the tables of this version. */
  constructor(database: SqliteDatabase, transactions: Transactions, dependencies: Dependencies) {
    this.#transactions = transactions;
    this.#dependencies = dependencies;
    this.#sql = prepareStatements(database);
  }

  createRequest(request: NewRequest): Promise<RequestOutcome> {
    const { creates, quotas } = this.#dependencies;
    return creates.withRoom<RequestOutcome>(
      request.sealedMessage.length,
      () => replayOf(request, this.#createWith(request)),
      () => {
        const row = this.#createWith(request);
        const earlier = replayOf(request, row);
        if (earlier !== undefined) return earlier;
        if (row) this.#sql.freeIdempotencyKey.run(row.seq);
        const { quota } = request;
        if (quota !== null && !quotas.count(quota, quota.amount)) return { outcome: 'limited' };
        return this.#insert(request);
      },
    );
  }

  async findRequest(
    id: string,
    proofHash: string | null,
    now: number,
  ): Promise<FoundRequest | RequestRefused | Unknown> {
    return this.#transactions.read(() => {
      const found = this.#admitted(id, ({ proof_hash }) => requestRefusal(proof_hash, proofHash), now);
      if ('outcome' in found) return found;
      const message = this.#sql.message.get(found.seq)?.message;
      const sealedMessage = message ?? null;
      return { outcome: 'found', sealedMessage, ...requestRecordOf(found) };
    });
  }

  async answer(id: string, answer: NewAnswer, proofHash: string | null): Promise<AnswerOutcome> {
    const { creates } = this.#dependencies;
    const { secret, wrappedKey, hasRoom } = answer;
    const now = secret.createdAt;
    // What a proof is checked against never changes, and who has none must cost neither room nor a transaction.
    const found = this.#transactions.read(() =>
      this.#admitted(id, ({ proof_hash }) => requestRefusal(proof_hash, proofHash), now),
    );
    if ('outcome' in found) return found;
    return creates.withRoom<AnswerOutcome>(
      hasRoom ? secret.blob.length + wrappedKey.length : null,
      () => creates.replay(secret) ?? this.#closed(id, now) ?? creates.withoutUpload(secret),
      () => {
        const earlier = creates.earlier(secret);
        if (earlier !== undefined) return earlier;
        if (this.#closed(id, now) === undefined) {
          const other = creates.withoutUpload(secret);
          if (other !== undefined) return other;
        }
        const row = this.#sql.takeAnswer.get(secret.expiresAt, id, now);
        if (!row) return this.#closed(id, now) ?? { outcome: 'unknown' };
        this.#announce('request.answered', row, now, now);
        const gates = this.#gatesOf(row.seq);
        if (row.answers_left === 0) this.#forgetTerms(row.seq);
        return creates.keep({ ...secret, gates }, { requestId: id, wrappedKey });
      },
    );
  }

  async listAnswers(
    id: string,
    receiptHash: string | null,
    now: number,
  ): Promise<AnsweredRequest | RequestRefused | Unknown> {
    return this.#transactions.read(() => {
      const found = this.#admitted(id, ({ receipt_hash }) => requestRefusal(receipt_hash, receiptHash), now);
      if ('outcome' in found) return found;
      const received = this.#sql.answers.all(id, now).map(({ wrapped_key: key, ...row }): AnswerRecord => {
        return answerRecordOf(row, key === null ? null : bytesOf(key));
      });
      return { outcome: 'found', received, ...requestRecordOf(found) };
    });
  }

  async cancelRequest(id: string, asker: Asker, now: number): Promise<CancelOutcome> {
    const refusal = (row: Row): RequestRefused | Unknown | null => {
      if ('receiptHash' in asker) return requestRefusal(row.receipt_hash, asker.receiptHash);
      return asker.caller === row.caller ? null : { outcome: 'unknown' };
    };
    const found = this.#transactions.read(() => this.#admitted(id, refusal, now));
    if ('outcome' in found) return found;
    return this.#transactions.write<CancelOutcome>(() => {
      const row = this.#sql.cancel.get(now, id, now);
      if (row) {
        this.#announce('request.cancelled', row, now, now);
        this.#destroy(row);
        return { outcome: 'cancelled' };
      }
      const closed = this.#closed(id, now);
      if (closed === undefined) return { outcome: 'unknown' };
      return closed.state === 'cancelled' ? { outcome: 'cancelled' } : closed;
    });
  }

  async listRequests(
    caller: string,
    { state, after, limit }: RequestPage,
    now: number,
  ): Promise<readonly RequestRecord[]> {
    const from = after ?? { createdAt: Number.MAX_SAFE_INTEGER, id: '' };
    const rows = this.#transactions.read(() =>
      this.#sql.ofCaller.all(caller, from.createdAt, from.id, now, state, now, state, limit),
    );
    return rows.map(requestRecordOf);
  }

  /** One batch of the requests' part of `Engine.purge`. Call it inside a transaction. */
  purge(now: number): { readonly forgotten: number; readonly more: boolean } {
    const due = this.#sql.selectDue.all(now, PURGE_BATCH);
    let forgotten = 0;
    for (const row of due) {
      if (requestStateOf(requestRecordOf(row), now) === 'expired') {
        this.#announce('request.expired', row, row.expires_at, now);
      }
      this.#destroy(row);
      if (requestForgottenAt(row.last_end) > now) continue;
      this.#sql.forget.run(row.seq);
      forgotten += 1;
    }
    return { forgotten, more: due.length === PURGE_BATCH };
  }

  #insert(request: NewRequest): RequestOutcome {
    const { id, sealedMessage, callback, idempotency, expiresAt } = request;
    const row = this.#sql.insert.get(
      id,
      request.publicKey,
      request.proofHash,
      request.receiptHash,
      request.secretExpiry,
      request.answers,
      request.answers,
      request.answerViews,
      request.longestBlob,
      request.longestUpload,
      callback?.url ?? null,
      callback?.secret ?? null,
      request.caller,
      idempotency?.key ?? null,
      idempotency?.bodyHash ?? null,
      request.createdAt,
      expiresAt,
      expiresAt,
      expiresAt,
    );
    if (!row) throw new Error('an insert gave no row');
    const padding = paddingFor(sealedMessage.length, this.#dependencies.pageSize);
    this.#sql.insertMessage.run(row.seq, padding, sealedMessage);
    const gates = encodeGates(request.gates);
    if (gates !== null) {
      const bytes = encodeUtf8(gates);
      this.#sql.insertGates.run(row.seq, paddingFor(bytes.length, this.#dependencies.pageSize), bytes);
    }
    return { outcome: 'created', id, expiresAt };
  }

  #known(id: string, now: number): Row | undefined {
    const row = this.#sql.find.get(id);
    return row && requestForgottenAt(row.last_end) > now ? row : undefined;
  }

  /** The request, for whom `refusal` says nothing against. */
  #admitted<Refusal>(
    id: string,
    refusal: (row: Row) => Refusal | null,
    now: number,
  ): Row | Refusal | Unknown {
    const row = this.#known(id, now);
    return row === undefined ? { outcome: 'unknown' } : (refusal(row) ?? row);
  }

  /** Why a request that is known takes no answers. */
  #closed(id: string, now: number): Closed | undefined {
    const row = this.#known(id, now);
    const state = row && requestStateOf(requestRecordOf(row), now);
    return state === undefined || state === 'open' ? undefined : { outcome: 'closed', state };
  }

  #createWith({ caller, idempotency }: NewRequest): CreateRow | undefined {
    return idempotency === null ? undefined : this.#sql.findCreate.get(caller, idempotency.key);
  }

  /** Lets go of message and callback. */
  #destroy({ seq, last_end, callback_url: url }: Row): void {
    this.#sql.setDue.run(requestForgottenAt(last_end), seq);
    if (url !== null) this.#sql.forgetCallback.run(seq);
    this.#sql.forgetGates.run(seq);
    if (this.#sql.destroyMessage.get(seq) !== undefined) this.#dependencies.onDestroyed();
  }

  /** Lets go of what a request that has all its answers needs no more. */
  #forgetTerms(seq: number): void {
    this.#sql.forgetCallback.run(seq);
    this.#sql.forgetGates.run(seq);
  }

  #gatesOf(seq: number): Gates | null {
    const row = this.#sql.gates.get(seq);
    return row === undefined ? null : decodeGates(decodeUtf8(bytesOf(row.gates)));
  }

  #announce(name: Parameters<SqliteOutbox['announce']>[0], row: Row, occurredAt: number, now: number): void {
    this.#dependencies.outbox.announce(name, { ...row, hint: null }, occurredAt, now);
  }
}

/** What is answered to a request whose idempotency key was used for `row`; nothing if that is too long ago. */
function replayOf(
  { idempotency, createdAt }: NewRequest,
  row: CreateRow | undefined,
): RequestOutcome | undefined {
  if (!row || createdAt - row.created_at >= IDEMPOTENCY_MS) return undefined;
  if (row.body_hash !== idempotency?.bodyHash) return { outcome: 'conflict' };
  return { outcome: 'replayed', id: row.id, expiresAt: row.expires_at };
}

/** That a request takes answers at `?`, as {@link requestStateOf} has it. */
const OPEN = `answers_left > 0 AND cancelled_at IS NULL AND expires_at > ? AND due_at < expires_at + ${TOMBSTONE_MS}`;

/** The state at `?`. */
export const REQUEST_STATE = `CASE WHEN cancelled_at IS NOT NULL THEN 'cancelled' WHEN answers_left <= 0 THEN 'answered'
  WHEN ${DESTROYED} OR expires_at <= ? THEN 'expired' ELSE 'open' END`;

function prepareStatements(db: SqliteDatabase) {
  return {
    findCreate: db.prepare<CreateRow>(
      `SELECT seq, id, body_hash, created_at, expires_at FROM requests WHERE caller = ? AND idempotency_key = ?`,
    ),
    freeIdempotencyKey: db.prepare('UPDATE requests SET idempotency_key = NULL WHERE seq = ?'),
    insert: db.prepare<{ seq: number }>(
      `INSERT INTO requests (id, public_key, proof_hash, receipt_hash, secret_expiry, answers, answers_left,
         answer_views, longest_blob, longest_upload, callback_url, callback_secret, caller, idempotency_key, body_hash, created_at,
         expires_at, last_end, due_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`,
    ),
    insertMessage: db.prepare('INSERT INTO messages (seq, padding, message) VALUES (?, zeroblob(?), ?)'),
    insertGates: db.prepare('INSERT INTO request_gates (seq, padding, gates) VALUES (?, zeroblob(?), ?)'),
    gates: db.prepare<{ gates: Bytes | ArrayBuffer }>('SELECT gates FROM request_gates WHERE seq = ?'),
    forgetGates: db.prepare('DELETE FROM request_gates WHERE seq = ?'),
    find: db.prepare<Row>(`SELECT ${COLUMNS} FROM requests WHERE id = ?`),
    message: db.prepare<{ message: Bytes }>('SELECT message FROM messages WHERE seq = ?'),
    answers: db.prepare<AnswerRow & { readonly wrapped_key: Bytes | ArrayBuffer | null }>(
      `SELECT id, created_at, expires_at, views_left, revoked_at,
         ${DESTROYED} AS destroyed, wrapped_key
       FROM secrets LEFT JOIN wrapped_keys USING (seq)
       WHERE request_id = ? AND expires_at + ${TOMBSTONE_MS} > ? ORDER BY seq`,
    ),

    /** Decides who answers: of any number of answers, as many as are left get a row. */
    takeAnswer: db.prepare<Row>(
      `UPDATE requests SET answers_left = answers_left - 1, last_end = MAX(last_end, ?)
       WHERE id = ? AND ${OPEN} RETURNING ${COLUMNS}`,
    ),
    cancel: db.prepare<Row>(
      `UPDATE requests SET cancelled_at = ? WHERE id = ? AND ${OPEN} RETURNING ${COLUMNS}`,
    ),
    ofCaller: db.prepare<RequestRow>(
      `SELECT ${COLUMNS} FROM requests WHERE caller = ? AND (created_at, id) < (?, ?)
         AND last_end + ${TOMBSTONE_MS} > ? AND (? IS NULL OR ${REQUEST_STATE} = ?)
       ORDER BY created_at DESC, id DESC LIMIT ?`,
    ),

    selectDue: db.prepare<Row>(`SELECT ${COLUMNS} FROM requests WHERE due_at <= ? ORDER BY due_at LIMIT ?`),
    setDue: db.prepare('UPDATE requests SET due_at = ? WHERE seq = ?'),
    destroyMessage: db.prepare<{ seq: number }>('DELETE FROM messages WHERE seq = ? RETURNING seq'),
    forgetCallback: db.prepare(
      'UPDATE requests SET callback_url = NULL, callback_secret = NULL WHERE seq = ?',
    ),
    forget: db.prepare('DELETE FROM requests WHERE seq = ?'),
  };
}
