/**
 * The secrets of the SQLite store: the verbs, and the SQL of each at the end of the file. When a verb leaves nothing
 * to read, {@link SqliteDestruction} destroys the ciphertext.
 */

import { isBase64url } from '../../../core/base64url.js';
import { type Bytes, decodeUtf8 } from '../../../core/bytes.js';
import { CHUNKS_LEASE_MS } from '../../../core/protocol/chunks.js';
import { LEASE_MS } from '../../../core/protocol/limits.js';
import { MAX_READS } from '../../../core/protocol/replies.js';
import {
  decodeGates,
  decodeState,
  encodeState,
  type GateRefusal,
  type Gates,
  judgeGates,
  judgeSending,
  STRANGER,
  type Visitor,
} from '../contracts/gates.js';
import { forgottenAt, revocationOf, stateOf, TOMBSTONE_MS, unreadable } from '../contracts/lifecycle.js';
import {
  isBySender,
  isRightPassphrase,
  judgePassphrase,
  keyRefusal,
  ownerRefusal,
  type Refused,
  type ShownBySender,
  type ShownProofs,
  senderRefusal,
} from '../contracts/proofs.js';
import { attemptsOf, lifecycleOf, proofsOf, recordOf } from '../contracts/rows.js';
import type {
  CreateOutcome,
  NewCode,
  NewSecret,
  ReadOutcome,
  ReadRecord,
  RevokeOutcome,
  SecretRecord,
  SecretStore,
  SendCodeOutcome,
  StatusOutcome,
  Unfit,
} from '../contracts/secrets.js';
import type { SqliteChunks } from './chunks.js';
import type { SqliteCreates } from './create.js';
import { SECRET_COLUMNS, type SecretRow, type SqliteDestruction } from './destruction.js';
import { bytesOf, type SqliteDatabase } from './file/driver.js';
import type { Transactions } from './file/transaction.js';
import type { SqliteOutbox } from './outbox.js';
import type { SqliteQuotas } from './quotas.js';

interface CiphertextRow {
  /** `text` is base64url, as it was kept before schema version 4. */
  readonly type: 'blob' | 'text';
  readonly blob: Uint8Array;
}

/** What the verbs need of the rest of the store. */
interface Dependencies {
  readonly creates: SqliteCreates;
  readonly outbox: SqliteOutbox;
  readonly quotas: SqliteQuotas;
  readonly chunks: SqliteChunks;
  readonly destruction: SqliteDestruction;
}

/** What a verb does for a caller who proves that it may. */
interface Proving<Outcome> {
  /** What is wrong with the caller's key. */
  readonly wrongKey: typeof keyRefusal;
  /** Whether `work` changes nothing, and needs a transaction only to count passphrases. Default no. */
  readonly readsOnly?: boolean;
  /** What is answered to a right key before its passphrase is judged, if anything. */
  readonly atOnce?: (row: SecretRow) => Outcome | undefined;
  readonly work: (row: SecretRow) => Outcome;
}

/** A {@link SecretStore} in an SQLite file. */
export class SqliteSecrets implements SecretStore {
  readonly #transactions: Transactions;
  readonly #creates: SqliteCreates;
  readonly #outbox: SqliteOutbox;
  readonly #quotas: SqliteQuotas;
  readonly #chunks: SqliteChunks;
  readonly #destruction: SqliteDestruction;
  readonly #sql: ReturnType<typeof prepareSecretStatements>;
  readonly #recordOf: ReturnType<typeof readerOfRecords>;
  readonly #gatesOf: ReturnType<typeof readerOfGates>;

  /** @param database with the tables of this version. */
  constructor(database: SqliteDatabase, transactions: Transactions, dependencies: Dependencies) {
    this.#transactions = transactions;
    this.#creates = dependencies.creates;
    this.#outbox = dependencies.outbox;
    this.#quotas = dependencies.quotas;
    this.#chunks = dependencies.chunks;
    this.#destruction = dependencies.destruction;
    this.#sql = prepareSecretStatements(database);
    this.#recordOf = readerOfRecords(database);
    this.#gatesOf = readerOfGates(database);
  }

  create(secret: NewSecret): Promise<CreateOutcome> {
    return this.#creates.create(secret);
  }

  async status(id: string, shown: ShownProofs | ShownBySender, now: number): Promise<StatusOutcome> {
    const work = (row: SecretRow): StatusOutcome => ({ outcome: 'found', ...this.#recordOf(row) });
    if (isBySender(shown)) return this.#transactions.read(() => this.#asSender(id, shown, now, work));
    return this.#withProofs(id, shown, now, { wrongKey: ownerRefusal, readsOnly: true, work });
  }

  async record(id: string, now: number): Promise<SecretRecord | null> {
    return this.#transactions.read(() => {
      const row = this.#known(id, now);
      return row === undefined ? null : this.#recordOf(row);
    });
  }

  consume(
    id: string,
    claim: string | null,
    shown: ShownProofs,
    now: number,
    takesChunks = false,
    visitor: Visitor = STRANGER,
  ): Promise<ReadOutcome> {
    return this.#withProofs<ReadOutcome>(id, shown, now, {
      wrongKey: keyRefusal,
      atOnce: (row) => (isRightPassphrase(proofsOf(row), shown) ? this.#repeat(row, claim, now) : undefined),
      work: (row) => this.#unfit(row, claim, takesChunks, now) ?? this.#consume(row, claim, visitor, now),
    });
  }

  sendCode(
    id: string,
    shown: ShownProofs,
    visitor: Visitor,
    { mac, message, quota }: NewCode,
    now: number,
  ): Promise<SendCodeOutcome> {
    const work = (row: SecretRow): SendCodeOutcome => {
      const state = stateOf(lifecycleOf(row), now);
      if (state !== 'waiting') return unreadable(state);
      const sending = judgeSending(this.#gatesOf(row), visitor, decodeState(row.gate_state), mac, now);
      if ('outcome' in sending) return sending;
      if (!this.#quotas.count(quota)) return { outcome: 'too many codes', waitMs: quota.endsAt - now };
      this.#sql.setGateState.run(encodeState(sending), row.seq);
      this.#outbox.post(row.seq, message, now);
      return { outcome: 'queued' };
    };
    return this.#withProofs(id, shown, now, { wrongKey: ownerRefusal, work });
  }

  acknowledge(id: string, claim: string, now: number): Promise<boolean> {
    return this.#transactions.write(() => {
      const row = this.#known(id, now);
      if (!row) return false;
      this.#sql.acknowledge.run(now, row.seq, claim);
      this.#destruction.settle(row, now);
      return true;
    });
  }

  async revoke(id: string, shown: ShownProofs | ShownBySender, now: number): Promise<RevokeOutcome> {
    const work = (found: SecretRow): RevokeOutcome => {
      const denied = this.#sql.revoke.get(now, id, now);
      if (denied) this.#outbox.announce('secret.revoked', denied, now, now);
      const row = denied ?? found;
      this.#destruction.destroy(row, now);
      return revocationOf(stateOf(lifecycleOf(row), now));
    };
    if (!isBySender(shown)) return this.#withProofs(id, shown, now, { wrongKey: ownerRefusal, work });
    // Without a transaction first, as above.
    const outcome = this.#transactions.read(() => this.#asSender(id, shown, now, () => null));
    return outcome ?? this.#transactions.write(() => this.#asSender(id, shown, now, work));
  }

  /** Does what a verb does for the sender of a secret, inside the caller's transaction. */
  #asSender<Outcome>(
    id: string,
    shown: ShownBySender,
    now: number,
    work: (row: SecretRow) => Outcome,
  ): Outcome | { readonly outcome: 'wrong key' | 'unknown' } {
    const row = this.#known(id, now);
    if (!row) return { outcome: 'unknown' };
    const refusal = senderRefusal({ receiptHash: row.receipt_hash, caller: row.caller }, shown);
    return refusal ? { outcome: refusal } : work(row);
  }

  /** Does what a verb does, in the transaction that judges whether its caller may. */
  async #withProofs<Outcome>(
    id: string,
    shown: ShownProofs,
    now: number,
    { wrongKey, readsOnly = false, atOnce, work }: Proving<Outcome>,
  ): Promise<Outcome | Refused | { readonly outcome: 'unknown' }> {
    // What a key is checked against never changes, and who has none must not cost a transaction.
    const known = this.#transactions.read(() => this.#known(id, now));
    const refusal = known && wrongKey(proofsOf(known), shown);
    if (!known || refusal) return { outcome: refusal ?? 'unknown' };
    if (readsOnly && known.link_proof_hash === null) return work(known);
    return this.#transactions.write(() => {
      const row = this.#known(id, now);
      if (!row) return { outcome: 'unknown' };
      const answer = atOnce?.(row);
      if (answer !== undefined) return answer;
      const refused = judgePassphrase(proofsOf(row), shown, attemptsOf(row), now, ({ wrong, lockedUntil }) =>
        this.#sql.setAttempts.run(wrong, lockedUntil, row.seq),
      );
      return refused ?? work(row);
    });
  }

  /** What is wrong with how a reader asks for a secret that waits. */
  #unfit(row: SecretRow, claim: string | null, takesChunks: boolean, now: number): Unfit | undefined {
    if (row.chunks === null || stateOf(lifecycleOf(row), now) !== 'waiting') return undefined;
    if (claim === null) return { outcome: 'claim required' };
    return takesChunks ? undefined : { outcome: 'chunks not accepted' };
  }

  /** Why a visitor does not get through the gates of a secret that waits, if it does not. */
  #barred(row: SecretRow, visitor: Visitor, now: number): GateRefusal | null {
    const gates = this.#gatesOf(row);
    if (gates === null) return null;
    const { refusal, state } = judgeGates(gates, visitor, decodeState(row.gate_state), now);
    const after = encodeState(state);
    if (after !== row.gate_state) this.#sql.setGateState.run(after, row.seq);
    return refusal;
  }

  #consume(found: SecretRow, claim: string | null, visitor: Visitor, now: number): ReadOutcome {
    if (claim !== null && this.#sql.lease.get(found.seq, claim)) {
      return unreadable(stateOf(lifecycleOf(found), now));
    }
    if (stateOf(lifecycleOf(found), now) === 'waiting') {
      const barred = this.#barred(found, visitor, now);
      if (barred !== null) return barred;
    }
    const row = this.#sql.consumeView.get(now, found.id, now);
    if (!row) return unreadable(stateOf(lifecycleOf(found), now));
    const leaseMs = row.chunks === null ? LEASE_MS : CHUNKS_LEASE_MS;
    const purgeAt = claim === null ? now : now + leaseMs;
    this.#sql.insertLease.run(row.seq, claim ?? String(row.views_left), claim === null ? 0 : purgeAt, now);
    const reading = this.#reading(row, purgeAt);
    if (reading === undefined) throw new Error('a secret with views left has no ciphertext');
    if (row.views_left === row.views - 1) this.#outbox.announce('secret.consumed', row, now, now);
    this.#destruction.settle(row, now);
    return reading;
  }

  #known(id: string, now: number): SecretRow | undefined {
    const row = this.#sql.find.get(id);
    return row && forgottenAt(row.expires_at) > now ? row : undefined;
  }

  /** The reading that `claim` can repeat, if its lease is live. */
  #repeat(row: SecretRow, claim: string | null, now: number): ReadOutcome | undefined {
    const lease = claim === null ? undefined : this.#sql.lease.get(row.seq, claim);
    const live = lease && lease.acknowledged_at === null && lease.ends_at > now;
    return live ? this.#reading(row, lease.ends_at) : undefined;
  }

  #reading(
    { seq, version, hint, blob_size: size, views_left: viewsLeft, chunks }: SecretRow,
    purgeAt: number,
  ): ReadOutcome | undefined {
    const ciphertext = this.#sql.ciphertext.get(seq);
    if (!ciphertext) return undefined;
    const blob = blobOf(ciphertext, size);
    return { outcome: 'consumed', version, blob, hint, viewsLeft, purgeAt, chunks };
  }
}

/**
 * The bytes of a blob that was `size` long when it was kept.
 * @throws Error if that shows it to be damaged: then no view is consumed, and the log says why.
 */
function blobOf({ type, blob }: CiphertextRow, size: number): Uint8Array {
  const text =
    type === 'text' ? Buffer.from(blob.buffer, blob.byteOffset, blob.length).toString('latin1') : '';
  if (blob.length !== size || !isBase64url(text)) throw new Error('a ciphertext is damaged');
  return type === 'text' ? Buffer.from(text, 'base64url') : blob;
}

/** Makes a function that gives the record of the secret in a row, inside the caller's transaction. */
export function readerOfRecords(db: SqliteDatabase): (row: SecretRow) => SecretRecord {
  const readsOf = readerOfReads(db);
  const gatesOf = readerOfGates(db);
  return (row) => recordOf(row, row.first_read_at === null ? [] : readsOf(row.seq), gatesOf(row));
}

/** Makes a function that gives the gates of a secret: `null` for none, and once the ciphertext is gone. */
function readerOfGates(db: SqliteDatabase): (row: SecretRow) => Gates | null {
  const find = db.prepare<{ gates: Bytes | ArrayBuffer }>('SELECT gates FROM gates WHERE seq = ?');
  return ({ seq, gate_state: state }) => {
    const row = state === null ? undefined : find.get(seq);
    return row === undefined ? null : decodeGates(decodeUtf8(bytesOf(row.gates)));
  };
}

/** Makes a function that gives the last reads of a secret, by its number. */
function readerOfReads(db: SqliteDatabase): (seq: number) => ReadRecord[] {
  const last = db.prepare<{ read_at: number; acknowledged_at: number | null }>(
    `SELECT read_at, acknowledged_at FROM leases WHERE seq = ? AND read_at IS NOT NULL
     ORDER BY read_at DESC LIMIT ${MAX_READS}`,
  );
  return (seq) =>
    last
      .all(seq)
      .map(({ read_at: at, acknowledged_at }) => ({ at, acknowledged: acknowledged_at !== null }))
      .reverse();
}

/** That a view can be consumed at `?`, as {@link stateOf} has it. */
const WAITING = `views_left > 0 AND revoked_at IS NULL AND expires_at > ? AND due_at < expires_at + ${TOMBSTONE_MS}`;

/** The statements of the verbs, by what they do. Values in the order of their question marks. */
function prepareSecretStatements(db: SqliteDatabase) {
  return {
    find: db.prepare<SecretRow>(`SELECT ${SECRET_COLUMNS} FROM secrets WHERE id = ?`),

    /** Decides who reads: of any number of readers, as many as there are views get a row. */
    consumeView: db.prepare<SecretRow>(
      `UPDATE secrets SET views_left = views_left - 1, first_read_at = COALESCE(first_read_at, ?)
       WHERE id = ? AND ${WAITING} RETURNING ${SECRET_COLUMNS}`,
    ),
    revoke: db.prepare<SecretRow>(
      `UPDATE secrets SET revoked_at = ? WHERE id = ? AND ${WAITING} RETURNING ${SECRET_COLUMNS}`,
    ),
    setGateState: db.prepare('UPDATE secrets SET gate_state = ? WHERE seq = ?'),
    setAttempts: db.prepare('UPDATE secrets SET wrong_passphrases = ?, locked_until = ? WHERE seq = ?'),

    /** As bytes: text that is damaged makes `libsql` abort the process. */
    ciphertext: db.prepare<CiphertextRow>(
      'SELECT typeof(blob) AS type, CAST(blob AS BLOB) AS blob FROM ciphertexts WHERE seq = ?',
    ),

    insertLease: db.prepare('INSERT INTO leases (seq, claim, ends_at, read_at) VALUES (?, ?, ?, ?)'),
    lease: db.prepare<{ ends_at: number; acknowledged_at: number | null }>(
      'SELECT ends_at, acknowledged_at FROM leases WHERE seq = ? AND claim = ?',
    ),
    acknowledge: db.prepare(
      'UPDATE leases SET acknowledged_at = ? WHERE seq = ? AND claim = ? AND acknowledged_at IS NULL',
    ),
  };
}
