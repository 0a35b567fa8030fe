/** Keeping a new secret in the SQLite store: what creates, and answers to requests, have in common. */

import { type Bytes, encodeUtf8 } from '../../../core/bytes.js';
import { encodeGates, encodeState, UNTOUCHED } from '../contracts/gates.js';
import { IDEMPOTENCY_MS } from '../contracts/lifecycle.js';
import type { CreateOutcome, KeepOutcome, NewSecret } from '../contracts/secrets.js';
import { StoreFullError } from '../contracts/store.js';
import type { SqliteChunks } from './chunks.js';
import type { SqliteDatabase } from './file/driver.js';
import { paddingFor } from './file/padding.js';
import type { Room } from './file/room.js';
import type { Transactions } from './file/transaction.js';
import type { SqliteQuotas } from './quotas.js';

/** The secret that an idempotency key was used for. */
interface CreateRow {
  readonly seq: number;
  readonly id: string;
  readonly version: NewSecret['version'];
  readonly views: number;
  readonly body_hash: string;
  readonly created_at: number;
  readonly expires_at: number;
}

/** What makes a secret an answer to a request. */
interface AnswerPart {
  readonly requestId: string;
  readonly wrappedKey: Bytes;
}

/** What keeping secrets needs of the rest of the store. */
export interface CreateDependencies {
  readonly quotas: SqliteQuotas;
  readonly chunks: SqliteChunks;
  readonly room: Room;
  /** Of the file's pages, in bytes. */
  readonly pageSize: number;
}

/** Keeps new secrets. */
export class SqliteCreates {
  readonly #transactions: Transactions;
  readonly #quotas: SqliteQuotas;
  readonly #chunks: SqliteChunks;
  readonly #room: Room;
  readonly #pageSize: number;
  readonly #sql: ReturnType<typeof prepareCreateStatements>;

  /** @param database with the tables of this version. */
  constructor(database: SqliteDatabase, transactions: Transactions, dependencies: CreateDependencies) {
    this.#transactions = transactions;
    this.#quotas = dependencies.quotas;
    this.#chunks = dependencies.chunks;
    this.#room = dependencies.room;
    this.#pageSize = dependencies.pageSize;
    this.#sql = prepareCreateStatements(database);
  }

  /** What `SecretStore.create` does. */
  create(secret: NewSecret): Promise<CreateOutcome> {
    return this.withRoom<CreateOutcome>(
      secret.blob.length,
      () => this.replay(secret) ?? this.withoutUpload(secret),
      () => {
        const earlier = this.earlier(secret) ?? this.withoutUpload(secret);
        if (earlier !== undefined) return earlier;
        if (secret.quota !== null && !this.#quotas.count(secret.quota)) return { outcome: 'limited' };
        return this.keep(secret, null);
      },
    );
  }

  /**
   * Does `work` in a transaction if there is room for `length` more bytes.
   * @param length `null` if it is known that there is none.
   * @param otherwise what is answered where there is none, as to whose reply got lost.
   * @throws StoreFullError where it answers nothing.
   */
  async withRoom<Outcome>(
    length: number | null,
    otherwise: () => Outcome | undefined,
    work: () => Outcome,
  ): Promise<Outcome> {
    if (length !== null && this.#transactions.read(() => this.#room.admits(length))) {
      return this.#transactions.write(work, false);
    }
    const outcome = this.#transactions.read(otherwise);
    if (outcome === undefined) throw new StoreFullError();
    return outcome;
  }

  /**
   * The outcome of a create with this idempotency key in the last 24 h. An older use sets the key free. Call it inside
   * a transaction.
   */
  earlier(secret: NewSecret): KeepOutcome | undefined {
    const row = this.#createWith(secret);
    const outcome = replayOf(secret, row);
    if (row && outcome === undefined) this.#sql.freeIdempotencyKey.run(row.seq);
    return outcome;
  }

  /** The same, and changes nothing. */
  replay(secret: NewSecret): KeepOutcome | undefined {
    return replayOf(secret, this.#createWith(secret));
  }

  /** What is answered to a create that cannot have its upload, if it names one. */
  withoutUpload(secret: NewSecret): KeepOutcome | undefined {
    const match = this.#chunks.match(secret);
    if (match === 'whole') return undefined;
    if (match === 'unknown' || match === 'incomplete') return { outcome: `${match} upload` };
    const row = this.#sql.findMade.get(match.secret);
    return row ? repeated(row) : { outcome: 'unknown upload' };
  }

  /** Keeps a secret that may be made. Call it inside a transaction. */
  keep(secret: NewSecret, answer: AnswerPart | null): KeepOutcome {
    const { id, version, blob, views, callback, idempotency, expiresAt } = secret;
    const gates = encodeGates(secret.gates);
    const row = this.#sql.insertSecret.get(
      id,
      version,
      blob.length,
      secret.hint,
      secret.splitUrlMode ? 1 : 0,
      secret.proofHash,
      secret.linkProofHash,
      secret.receiptHash,
      views,
      views,
      callback?.url ?? null,
      callback?.secret ?? null,
      secret.caller,
      idempotency?.key ?? null,
      idempotency?.bodyHash ?? null,
      answer?.requestId ?? null,
      secret.createdAt,
      expiresAt,
      secret.upload?.chunks ?? null,
      expiresAt,
      gates === null ? null : encodeState(UNTOUCHED),
    );
    if (!row) throw new Error('an insert gave no row');
    this.#sql.insertCiphertext.run(row.seq, paddingFor(blob.length, this.#pageSize), blob);
    this.#chunks.bind(secret, row.seq);
    if (gates !== null) {
      const bytes = encodeUtf8(gates);
      this.#sql.insertGates.run(row.seq, paddingFor(bytes.length, this.#pageSize), bytes);
    }
    if (answer !== null) {
      const { wrappedKey } = answer;
      this.#sql.insertWrappedKey.run(row.seq, paddingFor(wrappedKey.length, this.#pageSize), wrappedKey);
    }
    return { outcome: 'created', id, version, views, expiresAt };
  }

  #createWith({ caller, idempotency }: NewSecret): CreateRow | undefined {
    return idempotency === null ? undefined : this.#sql.findCreate.get(caller, idempotency.key);
  }
}

/** What is answered to a create whose idempotency key was used for `row`; nothing if that is too long ago. */
function replayOf(
  { idempotency, createdAt }: NewSecret,
  row: CreateRow | undefined,
): KeepOutcome | undefined {
  if (!row || createdAt - row.created_at >= IDEMPOTENCY_MS) return undefined;
  if (row.body_hash !== idempotency?.bodyHash) return { outcome: 'conflict' };
  return repeated(row);
}

function repeated({ id, version, views, expires_at: expiresAt }: CreateRow): KeepOutcome {
  return { outcome: 'replayed', id, version, views, expiresAt };
}

/** The statements of a create, by what they do. Values in the order of their question marks. */
export function prepareCreateStatements(db: SqliteDatabase) {
  return {
    findCreate: db.prepare<CreateRow>(
      `SELECT seq, id, version, views, body_hash, created_at, expires_at FROM secrets
       WHERE caller = ? AND idempotency_key = ?`,
    ),
    findMade: db.prepare<CreateRow>(
      'SELECT seq, id, version, views, body_hash, created_at, expires_at FROM secrets WHERE seq = ?',
    ),
    freeIdempotencyKey: db.prepare('UPDATE secrets SET idempotency_key = NULL WHERE seq = ?'),
    insertSecret: db.prepare<{ seq: number }>(
      `INSERT INTO secrets (id, version, blob_size, hint, split_url_mode, proof_hash, link_proof_hash, receipt_hash, views,
         views_left, callback_url, callback_secret, caller, idempotency_key, body_hash, request_id, created_at, expires_at, chunks,
         due_at, gate_state)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`,
    ),
    insertCiphertext: db.prepare('INSERT INTO ciphertexts (seq, padding, blob) VALUES (?, zeroblob(?), ?)'),
    insertGates: db.prepare('INSERT INTO gates (seq, padding, gates) VALUES (?, zeroblob(?), ?)'),
    insertWrappedKey: db.prepare(
      'INSERT INTO wrapped_keys (seq, padding, wrapped_key) VALUES (?, zeroblob(?), ?)',
    ),
  };
}
