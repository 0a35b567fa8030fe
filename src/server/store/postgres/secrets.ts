/**
 * The secrets of the PostgreSQL store: the SQL of each verb, then the verbs. Most verbs are one statement, which is a
 * transaction and a round trip of its own. The statements are written for READ COMMITTED and any number of processes:
 * what an UPDATE requires of a row, and what it makes of it, is worked out anew if another transaction changed the row
 * first.
 */

import { CHUNKS_LEASE_MS } from '../../../core/protocol/chunks.js';
import { LEASE_MS } from '../../../core/protocol/limits.js';
import { MAX_READS, type SecretState } from '../../../core/protocol/replies.js';
import {
  decodeGates,
  decodeState,
  encodeState,
  judgeGates,
  judgeSending,
  STRANGER,
  type Visitor,
} from '../contracts/gates.js';
import { revocationOf, stateOf, TOMBSTONE_MS, unreadable } from '../contracts/lifecycle.js';
import { isBySender, type Refused, type ShownBySender, type ShownProofs } from '../contracts/proofs.js';
import { type RecordRow, recordOf } from '../contracts/rows.js';
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
  Unreadable,
} from '../contracts/secrets.js';
import { StoreError } from '../contracts/store.js';
import { orStoreFull, type PostgresPool, statement } from './connections/pool.js';
import { CreateBatches } from './creates/create-batches.js';
import { COUNT } from './creates/quotas.js';
import {
  ANNOUNCE_EXPIRED,
  DESTROY,
  forgetCallback,
  LAST_LEASE_END,
  lastLeaseEnd,
  SETTLED,
  WAITING,
} from './destruction.js';
import { announce, POST_MESSAGE } from './outbox.js';
import {
  counting,
  JUDGING_SENDER,
  judging,
  type SenderValues,
  type ShownValues,
  senderValues,
  shownValues,
} from './proofs.js';

/** What every statement of a caller who has to prove something says. */
interface JudgedRow<Outcome> {
  readonly outcome: Outcome | Refused['outcome'];
  /** How long no passphrase is judged, in milliseconds. */
  readonly wait_ms: number;
}

interface ReadingRow extends JudgedRow<'consumed' | 'gated' | Unreadable['state'] | Unfit['outcome']> {
  readonly version: NewSecret['version'];
  readonly blob: Uint8Array;
  readonly hint: string | null;
  readonly views_left: number;
  readonly purge_at: number;
  readonly chunks: number | null;
}

type ShownAt = [id: string, now: number, ...shown: ShownValues];
type ClaimAt = [id: string, now: number, claim: string];

/** When the lease of the claim `value` ends, 0 once it is acknowledged, or null if there is none. */
const leaseEnd = (value: string) => `lease_ends[array_position(claims, ${value})]`;

const ANNOUNCE_CONSUMED = announce('secret.consumed', '$2::bigint', 'views_left = views - 1');
const ANNOUNCE_REVOKED = announce('secret.revoked', '$2::bigint', 'revoked_at IS NOT NULL');

/** What every statement with {@link judging} in front of it says of a caller who may not. */
const REFUSED = "COALESCE(refusal, NULLIF(verdict, 'right'))";

/**
 * The columns of a record. Its reads are text, as JSON: the last ones, each with its time and whether its lease was
 * acknowledged.
 */
export const RECORD_COLUMNS = `version, hint, views, views_left, created_at, expires_at, first_read_at, revoked_at,
    needed_until IS NULL AS destroyed, wrong_passphrases, chunks,
    CASE WHEN gate_state IS NOT NULL THEN (SELECT gates FROM ciphertexts WHERE ciphertexts.id = secrets.id) END AS gates, (
      SELECT json_agg(json_build_array(at, ends_at = 0) ORDER BY at, place)::text FROM (
        SELECT at, ends_at, place FROM unnest(read_at, lease_ends) WITH ORDINALITY AS taken (at, ends_at, place)
        WHERE at IS NOT NULL ORDER BY at DESC, place DESC LIMIT ${MAX_READS}
      ) AS last
    ) AS reads`;

export interface KeptRow extends RecordRow {
  readonly reads: string | null;
  readonly gates: string | null;
}

export const RECORD = statement<[id: string, now: number], KeptRow>(
  `SELECT ${RECORD_COLUMNS} FROM secrets WHERE id = $1 AND expires_at > $2::bigint - ${TOMBSTONE_MS}`,
);

export const STATUS = statement<ShownAt, JudgedRow<null> & KeptRow>(`
  WITH ${judging({ versionOne: "'not provable'", locks: 'link_proof_hash IS NOT NULL' })}
  , counted AS (${counting('TRUE')}
  )
  SELECT ${REFUSED} AS outcome, wait_ms, ${RECORD_COLUMNS}
  FROM known JOIN secrets ON id = known_id LEFT JOIN judged ON TRUE`);

export const STATUS_FOR_SENDER = statement<
  [id: string, now: number, ...SenderValues],
  JudgedRow<null> & KeptRow
>(`
  WITH ${JUDGING_SENDER}
  SELECT refusal AS outcome, 0 AS wait_ms, ${RECORD_COLUMNS} FROM known JOIN secrets ON id = known_id`);

/** That the lease of the claim `$6` is live, and its ciphertext there. */
const LEASED = `COALESCE(needed_until IS NOT NULL AND ${leaseEnd('$6::text')} > $2, FALSE)`;

/** How long a view is given to a claim, in milliseconds. */
const LEASE_LENGTH = `CASE WHEN secrets.chunks IS NULL THEN ${LEASE_MS} ELSE ${CHUNKS_LEASE_MS} END`;

/**
 * Decides who reads: of any number of readers, as many as there are views get a ciphertext, and a claim that has a view
 * gets it again. Without a claim a view is consumed for good: the last one destroys the ciphertext, unless a lease is
 * live. A view of a secret with gates is consumed once they have been `$8` passed, which is judged under a lock.
 */
export const CONSUME = statement<
  [...ShownAt, claim: string | null, takesChunks: boolean, hasPassed: boolean],
  ReadingRow
>(`
  WITH ${judging({
    versionOne: "CASE WHEN $4::text IS NOT NULL THEN 'wrong key' END",
    leased: LEASED,
    columns: ` ${leaseEnd('$6::text')} AS leased_until, views_left AS left_then,`,
  })}
  , settled AS (
    UPDATE secrets SET views_left = views_left - 1, first_read_at = COALESCE(first_read_at, $2),
      claims = array_append(claims, COALESCE($6::text, '')), read_at = array_append(read_at, $2::bigint),
      lease_ends = array_append(lease_ends, CASE WHEN $6::text IS NULL THEN 1 ELSE $2::bigint + ${LEASE_LENGTH} END),
      needed_until = CASE WHEN views_left > 1 THEN needed_until
        ELSE GREATEST(CASE WHEN $6::text IS NULL THEN NULL ELSE $2::bigint + ${LEASE_LENGTH} END, ${LAST_LEASE_END}) END,
      ${forgetCallback('views_left > 1')}
    FROM judged
    WHERE id = judged_id AND verdict = 'right' AND ${WAITING} AND ($6::text IS NULL OR $6 <> ALL (claims))
      AND (chunks IS NULL OR ($6::text IS NOT NULL AND $7::boolean)) AND (gate_state IS NULL OR $8::boolean)
    RETURNING ${SETTLED}
  ), destroyed AS (${DESTROY}
  ), announced AS (${ANNOUNCE_CONSUMED}
  ), counted AS (${counting('NOT EXISTS (SELECT FROM settled)')}
  )
  SELECT COALESCE(${REFUSED}, CASE WHEN settled.id IS NOT NULL OR leased THEN 'consumed'
      WHEN state <> 'waiting' THEN state WHEN chunks IS NOT NULL AND $6::text IS NULL THEN 'claim required'
      WHEN chunks IS NOT NULL AND NOT $7::boolean THEN 'chunks not accepted'
      WHEN gate_state IS NOT NULL AND NOT $8::boolean THEN 'gated' ELSE 'read' END) AS outcome,
    wait_ms, version, blob, chunks, secrets.hint, COALESCE(settled.views_left, left_then) AS views_left,
    CASE WHEN leased THEN leased_until WHEN $6::text IS NULL THEN $2 ELSE $2::bigint + ${LEASE_LENGTH} END AS purge_at
  FROM known JOIN secrets ON secrets.id = known_id LEFT JOIN judged ON TRUE LEFT JOIN settled ON TRUE
  LEFT JOIN ciphertexts ON ciphertexts.id = judged_id AND (settled.id IS NOT NULL OR (leased AND verdict = 'right'))`);

interface GatesRow {
  readonly gates: string | null;
  /** Null where there are none. */
  readonly gate_state: string | null;
  /** Whether a view can be consumed by this claim: else there is nothing to judge. */
  readonly can_consume: boolean;
}

/** The gates of a secret, and what has happened at them, with its row locked. */
export const LOCK_GATES = statement<[id: string, now: number, claim: string | null], GatesRow>(`
  SELECT gates, gate_state, ${WAITING} AND ($3::text IS NULL OR $3 <> ALL (claims)) AS can_consume
  FROM secrets LEFT JOIN ciphertexts USING (id) WHERE id = $1 FOR UPDATE OF secrets`);

export const SET_GATE_STATE = statement<[id: string, state: string], never>(
  'UPDATE secrets SET gate_state = $2 WHERE id = $1 AND gate_state <> $2',
);

/**
 * Ends the lease of a claim, unless that was done before. Whoever reads has nothing more to announce than that, so that
 * a callback that is not needed goes as well.
 */
export const ACKNOWLEDGE = statement<ClaimAt, { readonly id: string }>(`
  WITH settled AS (
    UPDATE secrets SET ${leaseEnd('$3')} = 0,
      needed_until = CASE WHEN ${WAITING} THEN needed_until ELSE ${lastLeaseEnd('claim <> $3')} END,
      ${forgetCallback(WAITING)}
    WHERE id = $1 AND ${leaseEnd('$3')} > 0 AND needed_until IS NOT NULL RETURNING id, needed_until
  ), destroyed AS (${DESTROY}
  )
  SELECT id FROM secrets WHERE id = $1 AND expires_at > $2::bigint - ${TOMBSTONE_MS}`);

/** Ends a secret that still has its ciphertext, and therefore was not revoked before. */
const revoking = (judged: string, counted: string) => `
  WITH ${judged}
  , settled AS (
    UPDATE secrets SET revoked_at = CASE WHEN ${WAITING} THEN $2 END, needed_until = NULL, ${forgetCallback('FALSE')}
    FROM judged WHERE id = judged_id AND verdict = 'right' AND needed_until IS NOT NULL RETURNING ${SETTLED}
  ), destroyed AS (${DESTROY}
  ), revoked AS (${ANNOUNCE_REVOKED}
  ), expired AS (${ANNOUNCE_EXPIRED}
  )${counted}
  SELECT ${REFUSED} AS outcome, wait_ms, CASE state WHEN 'waiting' THEN 'revoked' ELSE state END AS state
  FROM known LEFT JOIN judged ON TRUE`;

interface RevokedRow extends JudgedRow<null> {
  readonly state: SecretState;
}

export const REVOKE = statement<ShownAt, RevokedRow>(
  revoking(
    judging({ versionOne: "'not provable'" }),
    `, counted AS (${counting('NOT EXISTS (SELECT FROM settled)')}
  )`,
  ),
);

export const REVOKE_FOR_SENDER = statement<[id: string, now: number, ...SenderValues], RevokedRow>(
  revoking(JUDGING_SENDER, ''),
);

/** A {@link SecretStore} in PostgreSQL. */
export class PostgresSecrets implements SecretStore {
  readonly #pool: PostgresPool;
  readonly #creates: CreateBatches;

  /** @param pool of a database with the tables of this version. */
  constructor(pool: PostgresPool) {
    this.#pool = pool;
    this.#creates = new CreateBatches(pool);
  }

  create(secret: NewSecret): Promise<CreateOutcome> {
    return orStoreFull(this.#creates.create(secret));
  }

  async status(id: string, shown: ShownProofs | ShownBySender, now: number): Promise<StatusOutcome> {
    const [row] = isBySender(shown)
      ? await this.#pool.query(STATUS_FOR_SENDER, id, now, ...senderValues(shown))
      : await this.#pool.query(STATUS, id, now, ...shownValues(shown));
    if (!row) return { outcome: 'unknown' };
    return row.outcome === null
      ? { outcome: 'found', ...recordIn(row) }
      : refusedBy(row.outcome, row.wait_ms);
  }

  async record(id: string, now: number): Promise<SecretRecord | null> {
    const [row] = await this.#pool.query(RECORD, id, now);
    return row === undefined ? null : recordIn(row);
  }

  async consume(
    id: string,
    claim: string | null,
    shown: ShownProofs,
    now: number,
    takesChunks = false,
    visitor: Visitor = STRANGER,
  ): Promise<ReadOutcome> {
    const values = [id, now, ...shownValues(shown), claim, takesChunks] as const;
    const [row] = await this.#pool.query(CONSUME, ...values, false);
    if (row?.outcome !== 'gated') return readOutcomeOf(row);
    return this.#pool.transaction(async (send) => {
      const [found] = await send(LOCK_GATES, id, now, claim);
      const gates = decodeGates(found?.gates ?? null);
      if (!found?.can_consume || gates === null)
        return readOutcomeOf((await send(CONSUME, ...values, true))[0]);
      const { refusal, state } = judgeGates(gates, visitor, decodeState(found.gate_state), now);
      const outcome = refusal ?? readOutcomeOf((await send(CONSUME, ...values, true))[0]);
      // What came in between, such as too many wrong passphrases, uses nothing up.
      if (refusal !== null || outcome.outcome === 'consumed') {
        await send(SET_GATE_STATE, id, encodeState(state));
      }
      return outcome;
    });
  }

  async sendCode(
    id: string,
    shown: ShownProofs,
    visitor: Visitor,
    { mac, message, quota }: NewCode,
    now: number,
  ): Promise<SendCodeOutcome> {
    // What a key is checked against never changes, and a passphrase that is right now was right.
    const status = await this.status(id, shown, now);
    if (status.outcome !== 'found') return status;
    return this.#pool.transaction(async (send): Promise<SendCodeOutcome> => {
      const [found] = await send(LOCK_GATES, id, now, null);
      if (!found?.can_consume) {
        const [row] = await send(RECORD, id, now);
        return row === undefined ? { outcome: 'unknown' } : unreadable(stateOf(recordIn(row), now));
      }
      const sending = judgeSending(
        decodeGates(found.gates),
        visitor,
        decodeState(found.gate_state),
        mac,
        now,
      );
      if ('outcome' in sending) return sending;
      const [counted] = await send(COUNT, quota.counter, quota.endsAt, quota.limit);
      if (counted === undefined) return { outcome: 'too many codes', waitMs: quota.endsAt - now };
      await send(SET_GATE_STATE, id, encodeState(sending));
      await send(POST_MESSAGE, id, now, message.id, message.by, JSON.stringify(message), message.endsAt);
      return { outcome: 'queued' };
    });
  }

  async acknowledge(id: string, claim: string, now: number): Promise<boolean> {
    return (await this.#pool.query(ACKNOWLEDGE, id, now, claim)).length > 0;
  }

  async revoke(id: string, shown: ShownProofs | ShownBySender, now: number): Promise<RevokeOutcome> {
    const [row] = isBySender(shown)
      ? await this.#pool.query(REVOKE_FOR_SENDER, id, now, ...senderValues(shown))
      : await this.#pool.query(REVOKE, id, now, ...shownValues(shown));
    if (!row) return { outcome: 'unknown' };
    return row.outcome === null ? revocationOf(row.state) : refusedBy(row.outcome, row.wait_ms);
  }
}

/** How a read ended, by what its statement says. */
function readOutcomeOf(row: ReadingRow | undefined): ReadOutcome {
  if (row === undefined) return { outcome: 'unknown' };
  const { outcome } = row;
  if (outcome === 'gated') throw new StoreError(new Error('gates were not judged'));
  if (outcome === 'read' || outcome === 'expired' || outcome === 'revoked') return unreadable(outcome);
  if (outcome === 'claim required' || outcome === 'chunks not accepted') return { outcome };
  if (outcome !== 'consumed') return refusedBy(outcome, row.wait_ms);
  const { version, blob, hint, views_left: viewsLeft, purge_at: purgeAt, chunks } = row;
  return { outcome, version, blob, hint, viewsLeft, purgeAt, chunks };
}

/** The record in a row. */
export function recordIn(row: KeptRow): SecretRecord {
  return recordOf(row, readsOf(row), decodeGates(row.gates));
}

/** The reads in a row. */
function readsOf({ reads }: KeptRow): ReadRecord[] {
  const taken = JSON.parse(reads ?? '[]') as [at: number, acknowledged: boolean][];
  return taken.map(([at, acknowledged]) => ({ at, acknowledged }));
}

function refusedBy(outcome: Refused['outcome'], waitMs: number): Refused {
  return outcome === 'locked' ? { outcome, waitMs } : { outcome };
}
