/**
 * The store that lives in this process and ends with it (`memory:`). Every verb does its work in one turn of the
 * event loop, which is all the transaction it needs.
 */

import { LEASE_MS } from '../../../core/protocol/limits.js';
import { composeEvent } from '../contracts/event.js';
import {
  endedUnread,
  type Fate,
  forgottenAt,
  IDEMPOTENCY_MS,
  lockedUntil,
  neededUntil,
  stateOf,
} from '../contracts/lifecycle.js';
import type { EventName } from '../contracts/outbox.js';
import type {
  CreateOutcome,
  NewSecret,
  Purged,
  Revocation,
  SecretRecord,
  Store,
  Taken,
} from '../contracts/store.js';
import { MemoryCounts } from './counts.js';
import { MemoryKeys } from './keys.js';
import { MemoryOutbox } from './outbox.js';

interface Lease {
  readonly endsAt: number;
  acknowledged: boolean;
}

interface Attempts {
  wrong: number;
  lockedUntil: number;
}

interface Entry {
  readonly secret: Omit<NewSecret, 'blob'>;
  blob: string | null;
  viewsLeft: number;
  firstReadAt: number | null;
  revokedAt: number | null;
  readonly leases: Map<string, Lease>;
  readonly attempts: Map<string, Attempts>;
}

/** Entries a purge looks at before it lets others run. */
const PURGE_BATCH = 5_000;

/** A {@link Store} in memory. JavaScript cannot overwrite text: destroyed ciphertext stays until garbage collection. */
export class MemoryStore implements Store {
  readonly callerSalt: string;
  readonly outbox = new MemoryOutbox();
  readonly keys = new MemoryKeys();
  readonly #entries = new Map<string, Entry>();
  /** Caller and idempotency key to the id they made. */
  readonly #creates = new Map<string, string>();
  readonly #counts = new MemoryCounts();

  constructor(callerSalt: string) {
    this.callerSalt = callerSalt;
  }

  async create({ blob, ...secret }: NewSecret): Promise<CreateOutcome> {
    const name = createName(secret);
    const earlier = name === null ? undefined : this.#entries.get(this.#creates.get(name) ?? '');
    if (earlier && secret.createdAt - earlier.secret.createdAt < IDEMPOTENCY_MS) {
      const same = earlier.secret.idempotency?.bodyHash === secret.idempotency?.bodyHash;
      return same ? created('replayed', earlier.secret) : { outcome: 'conflict' };
    }
    if (secret.quota !== null && !this.#counts.count(secret.quota)) return { outcome: 'limited' };
    this.#entries.set(secret.id, {
      secret,
      blob,
      viewsLeft: secret.views,
      firstReadAt: null,
      revokedAt: null,
      leases: new Map(),
      attempts: new Map(),
    });
    if (name !== null) this.#creates.set(name, secret.id);
    return created('created', secret);
  }

  async find(id: string, now: number): Promise<SecretRecord | null> {
    const entry = this.#entries.get(id);
    if (!entry || forgottenAt(entry.secret.expiresAt) <= now) return null;
    const { version, hint, proofHash, views, createdAt } = entry.secret;
    const { firstReadAt } = entry;
    return { version, hint, proofHash, views, createdAt, firstReadAt, ...fateOf(entry) };
  }

  async take(id: string, claim: string | null, now: number): Promise<Taken | null> {
    const entry = this.#entries.get(id);
    if (!entry) return null;
    const lease = claim === null ? undefined : entry.leases.get(claim);
    if (lease) return !lease.acknowledged && lease.endsAt > now ? taken(entry, lease.endsAt) : null;
    if (stateOf(fateOf(entry), now) !== 'waiting') return null;
    entry.viewsLeft -= 1;
    if (entry.firstReadAt === null) this.#announce('secret.consumed', entry, now, now);
    entry.firstReadAt ??= now;
    const purgeAt = claim === null ? now : now + LEASE_MS;
    if (claim !== null) entry.leases.set(claim, { endsAt: purgeAt, acknowledged: false });
    const reading = taken(entry, purgeAt);
    this.#settle(entry, now);
    return reading;
  }

  async acknowledge(id: string, claim: string, now: number): Promise<void> {
    const entry = this.#entries.get(id);
    const lease = entry?.leases.get(claim);
    if (!entry || !lease) return;
    lease.acknowledged = true;
    this.#settle(entry, now);
  }

  async revoke(id: string, now: number): Promise<Revocation> {
    const entry = this.#entries.get(id);
    if (!entry) return 'unknown';
    const state = stateOf(fateOf(entry), now);
    if (state === 'waiting') {
      entry.revokedAt = now;
      this.#announce('secret.revoked', entry, now, now);
    }
    this.#destroy(entry, now);
    if (state === 'expired') return 'expired';
    return state === 'read' ? 'consumed' : 'revoked';
  }

  async recordProofAttempt(id: string, caller: string, right: boolean, now: number): Promise<number | null> {
    const attempts = this.#entries.get(id)?.attempts;
    const { wrong, lockedUntil: locked } = attempts?.get(caller) ?? { wrong: 0, lockedUntil: 0 };
    if (locked > now) return locked;
    if (right) {
      attempts?.delete(caller);
      return null;
    }
    const until = lockedUntil(wrong + 1, now);
    attempts?.set(caller, { wrong: wrong + 1, lockedUntil: until });
    return until || null;
  }

  async counts(endsAt: number): Promise<ReadonlyMap<string, number>> {
    return this.#counts.until(endsAt);
  }

  async purge(now: number, signal?: AbortSignal): Promise<Purged> {
    this.#counts.forget(now);
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

  async ping(): Promise<void> {
    // Memory always answers.
  }

  async close(): Promise<void> {
    this.#entries.clear();
    this.#creates.clear();
    this.outbox.clear();
    this.keys.clear();
    this.#counts.clear();
  }

  /** Destroys the ciphertext if nobody can come for it any more. Says whether it did. */
  #settle(entry: Entry, now: number): boolean {
    let lastLeaseEnd: number | null = null;
    for (const { endsAt, acknowledged } of entry.leases.values()) {
      if (!acknowledged) lastLeaseEnd = Math.max(endsAt, lastLeaseEnd ?? endsAt);
    }
    return neededUntil(fateOf(entry), lastLeaseEnd, now) <= now && this.#destroy(entry, now);
  }

  #destroy(entry: Entry, now: number): boolean {
    if (entry.blob === null) return false;
    entry.blob = null;
    const unread = endedUnread({ ...fateOf(entry), firstReadAt: entry.firstReadAt });
    if (unread) this.#announce('secret.expired', entry, entry.secret.expiresAt, now);
    return true;
  }

  /** Puts an event into the outbox, if somebody wants to be told. */
  #announce(event: EventName, { secret }: Entry, occurredAt: number, now: number): void {
    const { id, hint, callback } = secret;
    if (callback !== null) this.outbox.append(composeEvent(event, { id, hint, callback }, occurredAt), now);
  }

  #forget(id: string, entry: Entry): void {
    this.#entries.delete(id);
    const name = createName(entry.secret);
    // A newer secret may have taken the name over, a day later.
    if (name !== null && this.#creates.get(name) === id) this.#creates.delete(name);
  }
}

function fateOf({ secret, blob, viewsLeft, revokedAt }: Entry): Fate {
  return { viewsLeft, expiresAt: secret.expiresAt, revokedAt, destroyed: blob === null };
}

function taken({ blob, secret, viewsLeft }: Entry, purgeAt: number): Taken | null {
  return blob === null ? null : { blob, hint: secret.hint, viewsLeft, purgeAt };
}

function created(
  outcome: 'created' | 'replayed',
  { id, version, views, expiresAt }: Omit<NewSecret, 'blob'>,
): CreateOutcome {
  return { outcome, id, version, views, expiresAt };
}

/** Neither a caller's name nor an idempotency key holds a space. */
function createName({ caller, idempotency }: Omit<NewSecret, 'blob'>): string | null {
  return idempotency === null ? null : `${caller} ${idempotency.key}`;
}
