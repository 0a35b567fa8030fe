/** What may be done with a secret, and by whom: the rules between the routes and the store. */

import { hash } from 'node:crypto';
import { base64urlLength, encodeBase64url } from '../../core/base64url.js';
import { type RandomBytes, randomBytes } from '../../core/bytes.js';
import { formatMinuteRange } from '../../core/duration.js';
import { EXPIRY_RANGE } from '../../core/expiry.js';
import type { Version } from '../../core/key.js';
import { isSecretId } from '../../core/link.js';
import type { GatesBody, GatesReply } from '../../core/protocol/gates.js';
import type { Kept, SecretState } from '../../core/protocol/replies.js';
import { Notices } from '../notices/notices.js';
import { Watch } from '../notices/watch.js';
import { stateOf } from '../store/contracts/lifecycle.js';
import type { ShownBySender, ShownProofs } from '../store/contracts/proofs.js';
import type {
  CreateRequest,
  Idempotency,
  Reading,
  SecretRecord,
  SecretStore,
} from '../store/contracts/secrets.js';
import { StoreFullError } from '../store/contracts/store.js';
import type { Metrics } from '../telemetry/metrics.js';
import { type CallbackPolicy, checkCallback, PUBLIC_CALLBACKS } from './callbacks.js';
import type { Caller } from './callers.js';
import { GateKeeper, gateError, isGateRefusal, shownGates, type Visit } from './gate-keeper.js';
import { limitReached, noneOf, quotaOf } from './quotas.js';
import { ended, errorOf, notFound, ServiceError, tooLarge, uploadError } from './service-error.js';
import type { StoredBytes } from './stored-bytes.js';

/** What comes of a create. Times are milliseconds since 1970, here as below. */
export interface CreateResult {
  readonly id: string;
  readonly version: Version;
  readonly views: number;
  readonly expiresAt: number;
  /** Which fields of the request that a server need not know are kept, and hold for its readers. */
  readonly kept: readonly Kept[];
}

/** What has become of a secret. */
export interface Status {
  readonly state: SecretState;
  readonly hint: string | null;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly views: number;
  readonly viewsLeft: number;
  /** `null` if it was not read. */
  readonly firstReadAt: number | null;
  /** How many chunks it came with; `null` for none. */
  readonly chunks: number | null;
  readonly lastReadAt: number | null;
  /** What its readers will be asked for; `null` for nothing but the key. */
  readonly gates: GatesReply | null;
  /** What only its sender is told. */
  readonly forSender?: Pick<SecretRecord, 'reads' | 'wrongPassphrases'>;
}

/** What a caller who reads, revokes or asks for the status shows: 32 bytes each, or `null` if none came. */
export interface Credentials {
  readonly proof: Uint8Array | null;
  readonly linkProof: Uint8Array | null;
}

/** Waiting for a status to be another. */
export interface StatusWait {
  /** The status that the caller knows. Default: the one that is found first. */
  readonly seen?: Pick<Status, 'state' | 'viewsLeft'> | undefined;
  /** Longest, in milliseconds. */
  readonly ms: number;
}

/** What the sender of a secret shows instead: the receipt that it kept, or the id of the API key it creates with. */
export type SenderCredentials = { readonly receipt: Uint8Array } | { readonly caller: string };

/** A sender's question about one of its secrets, and the answer to it. */
export interface Inquiry {
  readonly id: string;
  readonly receipt: Uint8Array;
}

const MINUTE_MS = 60_000;

const ID_BYTES = 16;

/** Ids made from one call of the random generator: it takes about as long for 4,096 bytes as for 16. */
const IDS_AT_ONCE = 256;

/** What the service depends on besides its store. */
export interface SecretsOptions {
  /** The longest expiry of any caller, in minutes. Default 43,200. */
  readonly maxExpiry?: number | undefined;
  /** Which callbacks it takes. Default {@link PUBLIC_CALLBACKS}. */
  readonly callbacks?: CallbackPolicy | undefined;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** Makes the ids. Default: WebCrypto's generator. */
  readonly random?: RandomBytes | undefined;
  /** Told of each change of a secret, and waited for. Default: those of this object alone. */
  readonly notices?: Notices | undefined;
  /** Counts what becomes of secrets. Default: nothing is counted. */
  readonly metrics?: Metrics | undefined;
  /** Watches what the store has room for. Default: nothing does. */
  readonly storedBytes?: StoredBytes | undefined;
  /** Which gates are offered. Default: those that take no setting up. */
  readonly gates?: GateKeeper | undefined;
}

/** A request to create, whose gates are as they came. */
export interface WantedSecret extends Omit<CreateRequest, 'gates'> {
  readonly gates: GatesBody | null;
}

/** The secrets of one store. Every method throws ServiceError, StoreError or StoreBusyError. */
export class Secrets {
  readonly #store: SecretStore;
  readonly #callbacks: CallbackPolicy;
  readonly #maxExpiry: number;
  readonly #now: () => number;
  readonly #newId: () => string;
  readonly #metrics: Metrics | undefined;
  readonly #notices: Notices;
  readonly #watch: Watch<SecretRecord | null>;
  /** What those were told who waited for a change, by the record that they all found. */
  readonly #told = new WeakMap<SecretRecord, Status>();
  readonly #storedBytes: StoredBytes | undefined;
  readonly #gates: GateKeeper;

  constructor(store: SecretStore, options: SecretsOptions = {}) {
    const { callbacks = PUBLIC_CALLBACKS, now = Date.now, random = randomBytes, metrics } = options;
    const { notices = new Notices() } = options;
    this.#notices = notices;
    this.#watch = new Watch(notices, (id) => store.record(id, now()));
    this.#store = store;
    this.#metrics = metrics;
    this.#storedBytes = options.storedBytes;
    this.#gates = options.gates ?? new GateKeeper();
    this.#callbacks = callbacks;
    this.#maxExpiry = options.maxExpiry ?? EXPIRY_RANGE.max;
    this.#now = now;
    this.#newId = idMaker(random);
  }

  /**
   * Keeps a secret within the caller's limits. The same create again has the same result.
   * @param bodyHash of the request, as for `Idempotency`: needed for a create with an upload.
   */
  async create(
    request: WantedSecret,
    caller: Caller,
    idempotency: Idempotency | null,
    bodyHash = '',
  ): Promise<CreateResult> {
    const { expiry, upload, ...wanted } = request;
    checkCallback(request.callback, this.#callbacks);
    if (request.callback !== null && !caller.mayCallBack) {
      throw new ServiceError('API_KEY_REQUIRED', 'callbacks take an API key on this server');
    }
    checkLimits(request, caller, this.#maxExpiry);
    const createdAt = this.#now();
    const expiresAt = createdAt + expiry * MINUTE_MS;
    const gates = this.#gates.accept(request.gates, caller.tier !== null, expiresAt);
    const held = await this.#storedBytes?.holdBlob(caller.name, request.blob.length);
    // The upload was counted when it began.
    const ownQuota = upload === null ? quotaOf(caller, createdAt) : null;
    const isFull = held === null;
    const quota = isFull ? noneOf(caller, createdAt) : ownQuota;
    const creating = this.#store.create({
      ...wanted,
      gates,
      upload: upload && { ...upload, bodyHash },
      id: this.#newId(),
      caller: caller.name,
      idempotency,
      quota,
      createdAt,
      expiresAt,
    });
    const outcome = await creating.finally(() => held?.settle(true));
    if (outcome.outcome === 'unknown upload' || outcome.outcome === 'incomplete upload') {
      throw uploadError(outcome.outcome);
    }
    if (outcome.outcome === 'limited' && isFull) throw new StoreFullError();
    if (outcome.outcome === 'conflict') {
      throw new ServiceError(
        'IDEMPOTENCY_KEY_REUSED',
        'the idempotency key was used for another request: use a new one',
      );
    }
    if (outcome.outcome === 'limited') throw limitReached(ownQuota, createdAt);
    if (outcome.outcome === 'created') this.#metrics?.secrets('created', 1);
    const { id, version, views } = outcome;
    // The same request again is a replay only with the same body, and so with the same fields.
    const kept: Kept[] = [];
    if (gates !== null) kept.push('gates');
    if (request.receiptHash !== null) kept.push('receipt_hash');
    if (request.linkProofHash !== null) kept.push('link_proof_hash');
    return { id, version, views, expiresAt: outcome.expiresAt, kept };
  }

  /**
   * Consumes a view: for `claim`, which can read again for a while, or without one for good.
   * @param takesChunks whether the reader fetches chunks, if there are some. @param visit for the gates.
   */
  async read(
    id: string,
    claim: string | null,
    credentials: Credentials,
    takesChunks: boolean,
    visit: Visit,
  ): Promise<Reading> {
    const shown = shownBy(credentials);
    const visitor = await this.#gates.visitor(checkedId(id), visit);
    const read = await this.#store.consume(id, claim, shown, this.#now(), takesChunks, visitor);
    if (isGateRefusal(read)) throw gateError(read);
    if (read.outcome !== 'consumed') throw errorOf(read);
    this.#metrics?.secrets('read', 1);
    this.#notices.tell(id);
    return read;
  }

  /** Acknowledges the read of `claim`. It is no error if the claim has read nothing. */
  async acknowledge(id: string, claim: string): Promise<void> {
    const known = await this.#store.acknowledge(checkedId(id), claim, this.#now());
    if (!known) throw notFound();
  }

  /**
   * Ends the secret for everyone. Revoking it again is no error.
   * @throws ServiceError `SECRET_ALREADY_CONSUMED` or `SECRET_EXPIRED` if it ended otherwise.
   */
  async revoke(id: string, credentials: Credentials | SenderCredentials): Promise<void> {
    const revoked = await this.#store.revoke(checkedId(id), shownBy(credentials), this.#now());
    if (revoked.outcome === 'consumed') throw ended('read');
    if (revoked.outcome === 'expired') throw ended('expired');
    if (revoked.outcome !== 'revoked') throw errorOf(revoked);
    this.#metrics?.secrets('revoked', 1);
    this.#notices.tell(id);
  }

  /**
   * What has become of the secret. Consumes nothing.
   * @param wait answers only when it is another than the caller has seen, or has not become another in time.
   */
  async status(id: string, credentials: Credentials | SenderCredentials, wait?: StatusWait): Promise<Status> {
    const isForSender = !('proof' in credentials);
    const first = async () => {
      const secret = await this.#store.status(checkedId(id), shownBy(credentials), this.#now());
      if (secret.outcome !== 'found') throw errorOf(secret);
      return secret;
    };
    if (wait === undefined) return statusOf(await first(), this.#now(), isForSender);
    let { seen } = wait;
    const record = await this.#watch.until(checkedId(id), {
      first,
      isNews: (found) => {
        if (found === null) return true;
        const { viewsLeft } = found;
        const state = stateOf(found, this.#now());
        seen ??= { state, viewsLeft };
        return state !== seen.state || viewsLeft !== seen.viewsLeft;
      },
      changesIn: (found) => {
        const now = this.#now();
        return found !== null && stateOf(found, now) === 'waiting' ? found.expiresAt - now : null;
      },
      ms: wait.ms,
    });
    if (record === null) throw notFound();
    return this.#toldOf(record, isForSender);
  }

  /** The status of a record, the same one to all who waited for it: thousands may. */
  #toldOf(record: SecretRecord, isForSender: boolean): Status {
    const now = this.#now();
    const told = this.#told.get(record);
    const isSame = told?.state === stateOf(record, now) && (told.forSender !== undefined) === isForSender;
    if (told !== undefined && isSame) return told;
    const status = statusOf(record, now, isForSender);
    this.#told.set(record, status);
    return status;
  }

  /**
   * The status of each secret, or why there is none, in the order of the inquiries.
   * @throws StoreError, StoreBusyError.
   */
  inquire(inquiries: readonly Inquiry[]): Promise<(Status | ServiceError)[]> {
    return Promise.all(
      inquiries.map(({ id, receipt }) =>
        this.status(id, { receipt }).catch((error: unknown) => {
          if (error instanceof ServiceError) return error;
          throw error;
        }),
      ),
    );
  }
}

/** What of a record is told. @param isForSender whether to its sender, who is told more. */
export function statusOf(secret: SecretRecord, now: number, isForSender: boolean): Status {
  const { hint, views, viewsLeft, createdAt, expiresAt, firstReadAt, chunks, reads, wrongPassphrases } =
    secret;
  const gates = secret.gates && shownGates(secret.gates);
  const state = stateOf(secret, now);
  const lastReadAt = reads.at(-1)?.at ?? firstReadAt;
  const status = {
    state,
    hint,
    createdAt,
    expiresAt,
    views,
    viewsLeft,
    firstReadAt,
    lastReadAt,
    chunks,
    gates,
  };
  return isForSender ? { ...status, forSender: { reads, wrongPassphrases } } : status;
}

/** `id`, if it has the form of one: no store knows any other. */
export function checkedId(id: string, otherwise: () => ServiceError = notFound): string {
  if (!isSecretId(id)) throw otherwise();
  return id;
}

/** What a store compares, of what a caller shows. */
export function shownBy(credentials: Credentials): ShownProofs;
export function shownBy(credentials: Credentials | SenderCredentials): ShownProofs | ShownBySender;
export function shownBy(credentials: Credentials | SenderCredentials): ShownProofs | ShownBySender {
  if ('caller' in credentials) return credentials;
  if ('receipt' in credentials) return { receiptHash: hash('sha256', credentials.receipt, 'base64url') };
  const { proof, linkProof } = credentials;
  const hashOf = (bytes: Uint8Array | null) => (bytes === null ? null : hash('sha256', bytes, 'base64url'));
  return { proofHash: hashOf(proof), linkProofHash: hashOf(linkProof) };
}

/**
 * Checks the limits of all callers before those of this one, so that a request no tier allows is not answered with the
 * advice to upgrade.
 * @throws ServiceError `PAYLOAD_TOO_LARGE`, or as {@link checkExpiry}.
 */
function checkLimits({ expiry, blob }: WantedSecret, caller: Caller, max: number): void {
  checkExpiry(expiry, caller, max, () => {
    if (base64urlLength(blob.length) > caller.limits.blob) throw tooLarge(caller.limits.blob);
  });
}

/**
 * The same of an expiry, in minutes.
 * @param between what is checked after the limits of all callers. Default: nothing.
 * @throws ServiceError `INVALID_EXPIRY` or `UPGRADE_REQUIRED`.
 */
export function checkExpiry(
  expiry: number,
  { limits, tier }: Caller,
  max: number,
  between: () => void = () => undefined,
): void {
  const { min } = EXPIRY_RANGE;
  if (expiry < min || expiry > max) {
    throw new ServiceError('INVALID_EXPIRY', `the expiry is not ${formatMinuteRange({ min, max })}`);
  }
  between();
  const own = limits.expiry;
  if (expiry < own.min || expiry > own.max) {
    const who = tier === null ? 'without an API key' : `with an API key of tier ${tier}`;
    throw new ServiceError('UPGRADE_REQUIRED', `${who} the expiry is ${formatMinuteRange(own)}`);
  }
}

/** Makes a function that returns a new id with each call: 22 characters of base64url, 128 random bits. */
export function idMaker(random: RandomBytes): () => string {
  let bytes = random(0);
  let used = 0;
  return () => {
    if (used === bytes.length) {
      bytes = random(ID_BYTES * IDS_AT_ONCE);
      used = 0;
    }
    used += ID_BYTES;
    return encodeBase64url(bytes.subarray(used - ID_BYTES, used));
  };
}
