/**
 * One visit of the page that opens links: reading a secret under this tab's claim, and what it comes to. A reply that is
 * lost can be asked for again with the same claim, also when the page was reloaded meanwhile.
 */

import { type OpenedSecret, openSecret } from '../../client/open-secret.js';
import { type RequestCodeOptions, requestCode, type SentCode } from '../../client/read.js';
import type { SecretStatus } from '../../client/secret-status.js';
import type { TransportOptions } from '../../client/transport/send.js';
import { ApiError, ValidationError, ZephrError } from '../../core/errors.js';
import { formatAddress, type Link, type SecretAddress } from '../../core/link.js';
import { CHUNKS_LEASE_MS } from '../../core/protocol/chunks.js';
import { LEASE_MS } from '../../core/protocol/limits.js';
import { type FinalOutcome, showFinalOutcome } from './final-outcome.js';
import { showSecret } from './revealed-view.js';
import { VisitRecord } from './visit-record.js';

/** Long enough to receive the largest secret over a slow line, in milliseconds. */
const TIMEOUT_MS = 30_000;

/** What a request about a link is sent with. */
export interface VisitOptions extends TransportOptions {
  readonly passphrase?: string;
  /** Six digits, for a secret that asks for a code. */
  readonly code?: string;
}

/** Whether a read that failed has surely used up nothing. */
function isRefusal(error: unknown): boolean {
  if (error instanceof ValidationError) return true;
  return error instanceof ApiError && error.isVerdict && error.statusCode < 500;
}

/** Tells the server that the visitor has the secret. If that fails, the server deletes it when the lease ends. */
async function acknowledge(reading: OpenedSecret): Promise<void> {
  try {
    await reading.acknowledge();
  } catch (error) {
    if (!(error instanceof ZephrError)) throw error;
  }
}

/** What the page around a visit does. */
export interface VisitReactions {
  /** Takes the key of a secret off the address bar: it has served. */
  readonly onForget: (address: SecretAddress) => void;
  /** The visitor has taken the secret off the page. @param at when it was read: milliseconds since 1970. */
  readonly onDone: (at: number | null) => void;
}

/** The visit. */
export class Visit {
  readonly #reactions: VisitReactions;
  readonly #records = new Map<string, VisitRecord>();
  /** Whether this page has tried to read. The status can then be `read` because of this page itself. */
  hasTriedToRead = false;

  constructor(reactions: VisitReactions) {
    this.#reactions = reactions;
  }

  /** What this tab remembers of a secret. */
  recordOf(address: SecretAddress): VisitRecord {
    const name = formatAddress(address);
    const known = this.#records.get(name);
    if (known !== undefined) return known;
    const record: VisitRecord = new VisitRecord(address, () => {
      if (record.outcome === 'openedHere') this.#reactions.onForget(address);
    });
    this.#records.set(name, record);
    return record;
  }

  /**
   * Reads a secret and shows it. Rejects with the client's errors.
   * @param onArrival is called when it has arrived, before it is shown.
   */
  async read(link: Link, options: VisitOptions, onArrival: () => void): Promise<void> {
    this.hasTriedToRead = true;
    const record = this.recordOf(link);
    const claimed = { ...options, claim: record.claim(), timeout: TIMEOUT_MS };
    const reading = await openSecret(link, claimed).catch((error: unknown) => {
      if (isRefusal(error)) record.refuse();
      else record.lose();
      throw error;
    });
    record.arrive(reading.files.length > 0 ? CHUNKS_LEASE_MS : LEASE_MS);
    onArrival();
    showSecret(reading, {
      onKept: () => {
        void acknowledge(reading);
        this.#forget(link, 'openedHere');
      },
      onDone: () => this.#reactions.onDone(record.at),
    });
    // Such a server has forgotten the secret already.
    if (!reading.claimed) this.#forget(link, 'openedHere');
  }

  /** Has a code sent to the reader of a secret. Rejects with the client's errors. */
  requestCode(link: Link, options: RequestCodeOptions): Promise<SentCode> {
    return requestCode(link, options);
  }

  /** Ends with an outcome that leaves nothing to try. A secret that is read may have been read here. */
  end(link: Link, outcome: FinalOutcome, status?: SecretStatus): void {
    const record = this.recordOf(link);
    const final = outcome === 'read' ? record.readOutcome : outcome;
    this.#forget(link, final);
    showFinalOutcome(final, final === 'read' ? (status?.firstReadAt ?? null) : record.at);
  }

  /** Removes the key from the address bar and the claim from the record. */
  #forget(link: Link, outcome: FinalOutcome): void {
    this.recordOf(link).end(outcome);
    this.#reactions.onForget(link);
  }
}
