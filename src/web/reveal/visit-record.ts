/**
 * What this tab remembers of a secret across a reload, in sessionStorage: the claim of a read, while its lease lasts,
 * and then what came of it. Never the key and never the secret: browsers write sessionStorage to disk. The key of a
 * whole link is in the address bar meanwhile; a key or passphrase that was typed has to be typed again.
 */

import { newClaim } from '../../client/read.js';
import { formatAddress, type SecretAddress } from '../../core/link.js';
import { CHUNKS_LEASE_MS } from '../../core/protocol/chunks.js';
import { LEASE_MS } from '../../core/protocol/limits.js';
import { isClaim } from '../../core/protocol/requests.js';
import { asFinalOutcome, type FinalOutcome } from './final-outcome.js';

/** As it is stored. */
interface Stored {
  /** When a read was begun or its end was known: milliseconds since 1970, by the device's clock. */
  readonly at: number;
  /** Dropped when the lease ends. */
  readonly claim?: string;
  /** How long the claim reads again since `at`, in milliseconds; default {@link LEASE_MS}. */
  readonly lease?: number;
  /** `openedHere` from the moment that the secret is on the page. Missing while no answer has come. */
  readonly outcome?: FinalOutcome;
}

/** The record of one secret. It works without sessionStorage too, but then a reload forgets it. */
export class VisitRecord {
  readonly #name: string;
  readonly #onLeaseEnd: () => void;
  #stored: Stored | null;
  /** The same for all reads of this page, also after it has left the storage. */
  readonly #claim: string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether a read was begun here of which it is not known what came of it. */
  #undecided: boolean;

  /** @param onLeaseEnd is called when the claim has left the storage because its time was up. */
  constructor(address: SecretAddress, onLeaseEnd: () => void) {
    this.#name = `zephr ${formatAddress(address)}`;
    this.#onLeaseEnd = onLeaseEnd;
    this.#stored = load(this.#name);
    this.#claim = this.#stored?.claim ?? newClaim();
    this.#undecided = this.#stored !== null && this.#stored.outcome === undefined;
  }

  /** When it was opened here, or tried to; null if neither. Milliseconds since 1970, by the device's clock. */
  get at(): number | null {
    return this.#stored?.at ?? null;
  }

  get outcome(): FinalOutcome | undefined {
    return this.#stored?.outcome;
  }

  /** What it means for this visitor that the secret is read: by a read of this tab, or by another. */
  get readOutcome(): FinalOutcome {
    return this.outcome ?? (this.#undecided ? 'lostHere' : 'read');
  }

  /** Until when the claim in the storage reads the secret again; null without one. As {@link VisitRecord.at}. */
  get claimedUntil(): number | null {
    const stored = this.#stored;
    return stored?.claim === undefined ? null : stored.at + (stored.lease ?? LEASE_MS);
  }

  /** Stores the claim ahead of a read. The lease of a secret that has arrived already goes on. @returns the claim. */
  claim(): string {
    const now = Date.now();
    if (this.#stored?.claim === undefined || this.#stored.outcome === undefined) {
      this.#store({ at: now, claim: this.#claim });
    }
    this.#waitForEnd(now);
    return this.#claim;
  }

  /** Notes that a read may have taken the secret, although it was not shown. */
  lose(): void {
    this.#undecided = true;
  }

  /** Notes that a read was refused: what was stored ahead of it goes, unless an earlier read needs it. */
  refuse(): void {
    if (!this.#undecided && this.outcome === undefined) this.#store(null);
  }

  /** Notes that the secret has arrived. The claim stays, for a reload to read it again. @param lease in milliseconds. */
  arrive(lease: number): void {
    if (this.#stored === null) return;
    this.#store({ ...this.#stored, outcome: 'openedHere', ...(lease === LEASE_MS ? {} : { lease }) });
    this.#waitForEnd(Date.now());
  }

  /** Removes the claim from the storage, and notes what came of it. */
  end(outcome: FinalOutcome | undefined): void {
    const at = this.at ?? Date.now();
    this.#store(outcome === undefined ? { at } : { at, outcome });
  }

  #waitForEnd(now: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#endLease(), (this.claimedUntil ?? now) - now);
  }

  #endLease(): void {
    if (this.claimedUntil === null) return;
    this.end(this.outcome);
    this.#onLeaseEnd();
  }

  #store(stored: Stored | null): void {
    this.#stored = stored;
    try {
      if (stored === null) sessionStorage.removeItem(this.#name);
      else sessionStorage.setItem(this.#name, JSON.stringify(stored));
    } catch (error) {
      // Full, or forbidden by the browser's settings.
      if (!(error instanceof DOMException)) throw error;
    }
  }
}

/** What is stored under a name. A claim whose lease is over counts no more; nor does what another program wrote. */
function load(name: string): Stored | null {
  let json: unknown;
  try {
    json = JSON.parse(sessionStorage.getItem(name) ?? 'null');
  } catch (error) {
    if (error instanceof DOMException || error instanceof SyntaxError) return null;
    throw error;
  }
  if (typeof json !== 'object' || json === null || !('at' in json) || typeof json.at !== 'number')
    return null;
  const { at } = json;
  const outcome = asFinalOutcome('outcome' in json ? json.outcome : undefined);
  const claim = 'claim' in json && typeof json.claim === 'string' ? json.claim : '';
  const lease =
    'lease' in json && json.lease === CHUNKS_LEASE_MS ? { lease: CHUNKS_LEASE_MS } : { lease: LEASE_MS };
  const age = Date.now() - at;
  return {
    at,
    ...(isClaim(claim) && age >= 0 && age < lease.lease ? { claim, ...lease } : {}),
    ...(outcome === undefined ? {} : { outcome }),
  };
}
