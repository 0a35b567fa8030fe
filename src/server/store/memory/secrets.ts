/**
 * The secrets of the store in memory. Every verb does its work in one turn of the event loop, which is all the
 * transaction it needs.
 */

import type { Bytes } from '../../../core/bytes.js';
import { CHUNKS_LEASE_MS } from '../../../core/protocol/chunks.js';
import { LEASE_MS } from '../../../core/protocol/limits.js';
import { MAX_READS } from '../../../core/protocol/replies.js';
import { type ChunkOutcome, renewedLease } from '../contracts/chunks.js';
import {
  type GateRefusal,
  type GateState,
  judgeGates,
  judgeSending,
  STRANGER,
  UNTOUCHED,
  type Visitor,
} from '../contracts/gates.js';
import {
  endedUnread,
  forgottenAt,
  IDEMPOTENCY_MS,
  type Lifecycle,
  neededUntil,
  revocationOf,
  stateOf,
  unreadable,
} from '../contracts/lifecycle.js';
import { behind, type Cursor, type ListedSecret } from '../contracts/lists.js';
import {
  type Attempts,
  isBySender,
  isRightPassphrase,
  judgePassphrase,
  keyRefusal,
  NO_ATTEMPTS,
  ownerRefusal,
  type Refused,
  type ShownBySender,
  type ShownProofs,
  senderRefusal,
} from '../contracts/proofs.js';
import type { AnswerRecord } from '../contracts/requests.js';
import type {
  CreateOutcome,
  KeepOutcome,
  NewCode,
  NewSecret,
  ReadOutcome,
  RevokeOutcome,
  SecretRecord,
  SecretStore,
  SendCodeOutcome,
  StatusOutcome,
  Unknown,
} from '../contracts/secrets.js';
import type { Purged } from '../contracts/store.js';
import type { Lender, MemoryChunks } from './chunks.js';
import type { MemoryOutbox } from './outbox.js';
import type { MemoryQuotas } from './quotas.js';

interface Lease {
  readonly claimedAt: number;
  endsAt: number;
  acknowledged: boolean;
}

interface Read {
  readonly at: number;
  readonly claim: string | null;
}

interface Entry {
  secret: Omit<NewSecret, 'blob'>;
  blob: Uint8Array | null;
  /** Of an answer to a request: goes with the blob. */
  wrappedKey: Bytes | null;
  viewsLeft: number;
  firstReadAt: number | null;
  revokedAt: number | null;
  readonly leases: Map<string, Lease>;
  /** The last ones. */
  readonly reads: Read[];
  attempts: Attempts;
  gateState: GateState;
}

type Created = Extract<CreateOutcome, { readonly outcome: 'created' | 'replayed' }>;

/** How many entries a purge looks at before it lets the event loop go on. */
const PURGE_BATCH = 5_000;

/** A {@link SecretStore} in memory. JavaScript cannot overwrite text: ciphertext stays until garbage collection. */
export class MemorySecrets implements SecretStore, Lender {
  readonly #quotas: MemoryQuotas;
  readonly #outbox: MemoryOutbox;
  readonly #chunks: MemoryChunks;
  readonly #entries = new Map<string, Entry>();
  /** The ids of secrets made with an idempotency key, by {@link createName}. */
  readonly #creates = new Map<string, string>();

  /** @param quotas where creates are counted. @param outbox where events are appended. @param chunks of secrets. */
  constructor(quotas: MemoryQuotas, outbox: MemoryOutbox, chunks: MemoryChunks) {
    this.#quotas = quotas;
    this.#outbox = outbox;
    this.#chunks = chunks;
  }

  async create(secret: NewSecret): Promise<CreateOutcome> {
    const earlier = this.earlier(secret);
    if (earlier) return earlier;
    const other = this.withoutUpload(secret);
    if (other) return other;
    if (secret.quota !== null && !this.#quotas.count(secret.quota)) return { outcome: 'limited' };
    return this.keep(secret, null);
  }

  /** What the idempotency key of a create made in the last 24 h, if it did. */
  earlier(secret: NewSecret): KeepOutcome | undefined {
    const name = createName(secret);
    const earlier = name === null ? undefined : this.#entries.get(this.#creates.get(name) ?? '');
    if (!earlier || secret.createdAt - earlier.secret.createdAt >= IDEMPOTENCY_MS) return undefined;
    const same = earlier.secret.idempotency?.bodyHash === secret.idempotency?.bodyHash;
    return same ? created('replayed', earlier.secret) : { outcome: 'conflict' };
  }

  /** What is answered to a create that cannot have its upload, if it names one. */
  withoutUpload(secret: NewSecret): KeepOutcome | undefined {
    const match = this.#chunks.match(secret);
    if (match === 'whole') return undefined;
    if (match === 'unknown' || match === 'incomplete') return { outcome: `${match} upload` };
    const same = this.#entries.get(match.secret);
    return same ? created('replayed', same.secret) : { outcome: 'unknown upload' };
  }

  /** Keeps a secret that may be made. @param wrappedKey of an answer to a request. */
  keep({ blob, ...secret }: NewSecret, wrappedKey: Bytes | null): Created {
    const name = createName(secret);
    this.#chunks.bind(secret);
    this.#entries.set(secret.id, {
      secret,
      blob,
      wrappedKey,
      viewsLeft: secret.views,
      firstReadAt: null,
      revokedAt: null,
      leases: new Map(),
      reads: [],
      attempts: NO_ATTEMPTS,
      gateState: UNTOUCHED,
    });
    if (name !== null) this.#creates.set(name, secret.id);
    return created('created', secret);
  }

  /** What is known of an answer to a request. */
  answerAt(id: string, now: number): AnswerRecord | null {
    const entry = this.#known(id, now);
    if (!entry) return null;
    const { wrappedKey, secret } = entry;
    return { id, wrappedKey, createdAt: secret.createdAt, ...lifecycleOf(entry) };
  }

  async status(id: string, shown: ShownProofs | ShownBySender, now: number): Promise<StatusOutcome> {
    const entry = this.#known(id, now);
    if (!entry) return { outcome: 'unknown' };
    const refused = this.#refuseOwner(entry, shown, now);
    if (refused) return refused;
    return { outcome: 'found', ...recordOf(entry) };
  }

  async record(id: string, now: number): Promise<SecretRecord | null> {
    const entry = this.#known(id, now);
    return entry === undefined ? null : recordOf(entry);
  }

  async consume(
    id: string,
    claim: string | null,
    shown: ShownProofs,
    now: number,
    takesChunks = false,
    visitor: Visitor = STRANGER,
  ): Promise<ReadOutcome> {
    const entry = this.#known(id, now);
    if (!entry) return { outcome: 'unknown' };
    const held = claim === null ? undefined : entry.leases.get(claim);
    if (held && isLive(held, now) && !keyRefusal(entry.secret, shown)) {
      if (isRightPassphrase(entry.secret, shown) && entry.blob !== null) {
        return readingOf(entry, entry.blob, held.endsAt);
      }
    }
    const refused = this.#refuse(entry, keyRefusal, shown, now);
    if (refused) return refused;
    const state = stateOf(lifecycleOf(entry), now);
    if (held || state !== 'waiting' || entry.blob === null) return unreadable(state);
    const hasChunks = chunksOf(entry) !== null;
    if (hasChunks && claim === null) return { outcome: 'claim required' };
    if (hasChunks && !takesChunks) return { outcome: 'chunks not accepted' };
    const barred = barredBy(entry, visitor, now);
    if (barred) return barred;
    entry.viewsLeft -= 1;
    if (entry.firstReadAt === null) this.#outbox.announce('secret.consumed', entry.secret, now, now);
    entry.firstReadAt ??= now;
    const purgeAt = claim === null ? now : now + (hasChunks ? CHUNKS_LEASE_MS : LEASE_MS);
    if (claim !== null) entry.leases.set(claim, { claimedAt: now, endsAt: purgeAt, acknowledged: false });
    entry.reads.push({ at: now, claim });
    if (entry.reads.length > MAX_READS) entry.reads.shift();
    const reading = readingOf(entry, entry.blob, purgeAt);
    this.#settle(entry, now);
    return reading;
  }

  async sendCode(
    id: string,
    shown: ShownProofs,
    visitor: Visitor,
    { mac, message, quota }: NewCode,
    now: number,
  ): Promise<SendCodeOutcome> {
    const entry = this.#known(id, now);
    if (!entry) return { outcome: 'unknown' };
    const refused = this.#refuse(entry, ownerRefusal, shown, now);
    if (refused) return refused;
    const state = stateOf(lifecycleOf(entry), now);
    if (state !== 'waiting') return unreadable(state);
    const sending = judgeSending(entry.secret.gates, visitor, entry.gateState, mac, now);
    if ('outcome' in sending) return sending;
    if (!this.#quotas.count(quota)) return { outcome: 'too many codes', waitMs: quota.endsAt - now };
    entry.gateState = sending;
    this.#outbox.post(id, message, now);
    return { outcome: 'queued' };
  }

  async acknowledge(id: string, claim: string, now: number): Promise<boolean> {
    const entry = this.#known(id, now);
    const lease = entry?.leases.get(claim);
    if (!entry || !lease) return entry !== undefined;
    lease.acknowledged = true;
    this.#settle(entry, now);
    return true;
  }

  async revoke(id: string, shown: ShownProofs | ShownBySender, now: number): Promise<RevokeOutcome> {
    const entry = this.#known(id, now);
    if (!entry) return { outcome: 'unknown' };
    const refused = this.#refuseOwner(entry, shown, now);
    if (refused) return refused;
    const state = stateOf(lifecycleOf(entry), now);
    if (state === 'waiting') {
      entry.revokedAt = now;
      this.#outbox.announce('secret.revoked', entry.secret, now, now);
    }
    this.#destroy(entry, now);
    return revocationOf(state);
  }

  renewLease(
    id: string,
    claim: string,
    shown: ShownProofs,
    now: number,
  ): Exclude<ChunkOutcome, { outcome: 'chunk' | 'no such chunk' }> | null {
    const entry = this.#known(id, now);
    if (!entry) return { outcome: 'unknown' };
    const outcome = keyRefusal(entry.secret, shown);
    if (outcome !== null) return { outcome };
    const lease = entry.leases.get(claim);
    const isReadable = lease && isLive(lease, now) && entry.blob !== null;
    if (!isReadable || !isRightPassphrase(entry.secret, shown)) {
      return unreadable(stateOf(lifecycleOf(entry), now));
    }
    lease.endsAt = renewedLease(lease.endsAt, lease.claimedAt, now);
    return null;
  }

  /** What is known of the secrets of a caller: of the first `limit` behind a place in its list. */
  ofCaller(caller: string, after: Cursor | null, limit: number, now: number): ListedSecret[] {
    const places: { createdAt: number; id: string; entry: Entry }[] = [];
    for (const [id, entry] of this.#entries) {
      const { caller: maker, createdAt, expiresAt } = entry.secret;
      if (maker === caller && forgottenAt(expiresAt) > now) places.push({ createdAt, id, entry });
    }
    return behind(places, after, limit).map(({ id, entry }) => {
      const bytes = (entry.blob?.length ?? 0) + this.#chunks.bytesFor(id);
      return { id, bytes, ...recordOf(entry) };
    });
  }

  blobBytes(isCounted: (caller: string) => boolean): number {
    let bytes = 0;
    for (const { secret, blob } of this.#entries.values()) {
      if (isCounted(secret.caller)) bytes += blob?.length ?? 0;
    }
    return bytes;
  }

  /** The secrets' part of `Engine.purge`. */
  async purge(now: number, signal?: AbortSignal): Promise<Purged> {
    let looked = 0;
    let destroyed = 0;
    let forgotten = 0;
    for (const [id, entry] of this.#entries) {
      if (this.#settle(entry, now)) destroyed += 1;
      if (forgottenAt(entry.secret.expiresAt) <= now) {
        this.#forget(id, entry);
        forgotten += 1;
      }
      looked += 1;
      if (looked % PURGE_BATCH !== 0) continue;
      await new Promise((resolve) => setImmediate(resolve));
      if (signal?.aborted) break;
    }
    return { destroyed, forgotten };
  }

  /** Forgets all secrets. */
  clear(): void {
    this.#entries.clear();
    this.#creates.clear();
  }

  #known(id: string, now: number): Entry | undefined {
    const entry = this.#entries.get(id);
    return entry && forgottenAt(entry.secret.expiresAt) > now ? entry : undefined;
  }

  /** The same for one who revokes or asks for the status. */
  #refuseOwner(entry: Entry, shown: ShownProofs | ShownBySender, now: number): Refused | Unknown | null {
    if (!isBySender(shown)) return this.#refuse(entry, ownerRefusal, shown, now);
    const outcome = senderRefusal(entry.secret, shown);
    return outcome && { outcome };
  }

  /** Why a caller gets nothing, whatever has become of the secret; `null` if it may go on. */
  #refuse(entry: Entry, wrongKey: typeof keyRefusal, shown: ShownProofs, now: number): Refused | null {
    const outcome = wrongKey(entry.secret, shown);
    if (outcome !== null) return { outcome };
    return judgePassphrase(entry.secret, shown, entry.attempts, now, (attempts) => {
      entry.attempts = attempts;
    });
  }

  /** Destroys the ciphertext if no reader can get it any more. @returns whether it did. */
  #settle(entry: Entry, now: number): boolean {
    let lastLeaseEnd: number | null = null;
    for (const { endsAt, acknowledged } of entry.leases.values()) {
      if (!acknowledged) lastLeaseEnd = Math.max(endsAt, lastLeaseEnd ?? endsAt);
    }
    const destroyed = neededUntil(lifecycleOf(entry), lastLeaseEnd, now) <= now && this.#destroy(entry, now);
    if (stateOf(lifecycleOf(entry), now) !== 'waiting') forgetCallback(entry);
    return destroyed;
  }

  #destroy(entry: Entry, now: number): boolean {
    if (entry.blob === null) return false;
    entry.blob = null;
    if (entry.secret.gates !== null) entry.secret = { ...entry.secret, gates: null };
    this.#outbox.withdraw(entry.secret.id);
    this.#chunks.destroy(entry.secret.id);
    entry.wrappedKey = null;
    const unread = endedUnread({ ...lifecycleOf(entry), firstReadAt: entry.firstReadAt });
    if (unread) this.#outbox.announce('secret.expired', entry.secret, entry.secret.expiresAt, now);
    forgetCallback(entry);
    return true;
  }

  #forget(id: string, entry: Entry): void {
    this.#entries.delete(id);
    this.#chunks.forget(id);
    const name = createName(entry.secret);
    // A day later the same name may stand for a newer secret.
    if (name !== null && this.#creates.get(name) === id) this.#creates.delete(name);
  }
}

function lifecycleOf({ secret, blob, viewsLeft, revokedAt }: Entry): Lifecycle {
  return { viewsLeft, expiresAt: secret.expiresAt, revokedAt, destroyed: blob === null };
}

function recordOf(entry: Entry): SecretRecord {
  const { version, hint, views, createdAt } = entry.secret;
  const { firstReadAt } = entry;
  const chunks = chunksOf(entry);
  const reads = entry.reads.map(({ at, claim }) => {
    const lease = claim === null ? undefined : entry.leases.get(claim);
    return { at, acknowledged: lease?.acknowledged ?? false };
  });
  const record = { version, hint, views, createdAt, firstReadAt, chunks, ...lifecycleOf(entry) };
  return { ...record, reads, wrongPassphrases: entry.attempts.wrong, gates: entry.secret.gates };
}

/** Why a visitor does not get through the gates, if there are some; `null` if it does. */
function barredBy(entry: Entry, visitor: Visitor, now: number): GateRefusal | null {
  const { gates } = entry.secret;
  if (gates === null) return null;
  const { refusal, state } = judgeGates(gates, visitor, entry.gateState, now);
  entry.gateState = state;
  return refusal;
}

/** How many chunks a secret came with, or `null`. */
function chunksOf({ secret }: Entry): number | null {
  return secret.upload?.chunks ?? null;
}

function isLive({ endsAt, acknowledged }: Lease, now: number): boolean {
  return !acknowledged && endsAt > now;
}

function readingOf(entry: Entry, blob: Uint8Array, purgeAt: number): ReadOutcome {
  const { version, hint } = entry.secret;
  const { viewsLeft } = entry;
  return { outcome: 'consumed', version, blob, hint, viewsLeft, purgeAt, chunks: chunksOf(entry) };
}

/** Once no view can be consumed, a secret has nothing more to announce. */
function forgetCallback(entry: Entry): void {
  if (entry.secret.callback !== null) entry.secret = { ...entry.secret, callback: null };
}

function created(
  outcome: 'created' | 'replayed',
  { id, version, views, expiresAt }: Omit<NewSecret, 'blob'>,
): Created {
  return { outcome, id, version, views, expiresAt };
}

/** What a repeated create is known by: neither a caller's name nor an idempotency key holds a space. */
function createName({ caller, idempotency }: Omit<NewSecret, 'blob'>): string | null {
  return idempotency === null ? null : `${caller} ${idempotency.key}`;
}
