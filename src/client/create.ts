/** Creating: seals a secret here, sends the sealed blob, and gives the link. */

import { linkProofHash, proofHash, type UnlockedKey, unlockKey } from '../core/crypto/key-schedule.js';
import { encodeMeta, type Meta } from '../core/crypto/meta.js';
import { sealV1 } from '../core/crypto/seal-v1.js';
import { sealV2 } from '../core/crypto/seal-v2.js';
import { ValidationError } from '../core/errors.js';
import { formatKey, generateKey, type LinkKey } from '../core/key.js';
import { formatAddress, formatLink, parseServer } from '../core/link.js';
import { DEFAULT_SERVER, MAX_BLOB_LENGTH, MAX_V1_BLOB_LENGTH } from '../core/protocol/limits.js';
import { parseCreatedReply } from '../core/protocol/replies.js';
import type { CreateBody } from '../core/protocol/requests.js';
import {
  type CreateSecretOptions,
  contentOf,
  pickVersion,
  requestHeaders,
  requestTerms,
} from './create-options.js';
import { deviations, requireLinkProof } from './created-reply.js';
import { checkReply } from './transport/network-errors.js';
import { send } from './transport/send.js';

interface Created {
  /** Until when the secret can be read: ISO 8601, UTC. */
  readonly expiresAt: string;
  /** The server's id of the secret: 22 characters of base64url. Opens nothing by itself. */
  readonly secretId: string;
  /**
   * Where the server's answer is not what was asked for, such as more readers or a later expiry: sentences for people.
   * Missing where all is as it was asked.
   */
  readonly warnings?: readonly string[];
}

/** A secret behind one link. */
export interface StandardLink extends Created {
  readonly mode: 'standard';
  /** `{server}/secret/{id}#{key}`. It is all that reading needs, but for the passphrase where there is one. */
  readonly fullLink: string;
  readonly url?: undefined;
  readonly key?: undefined;
}

/** A secret behind URL and key, for two channels. */
export interface SplitLink extends Created {
  readonly mode: 'split';
  readonly fullLink?: undefined;
  /** `{server}/secret/{id}`: opens nothing by itself. */
  readonly url: string;
  /** Opens nothing by itself. */
  readonly key: string;
}

/** A created secret, of either mode. */
export type SecretLink = StandardLink | SplitLink;

/**
 * Seals a secret, stores the sealed blob on the server and gives the link.
 * @param secret a string (sealed as UTF-8) or bytes; not empty, and a string not only white space. The server sets the
 *   longest: at most about 770,000 bytes, or 560,000 in a version 1 link.
 * @throws ValidationError for input that breaks a rule, before anything is sent.
 * @throws ApiError when the server refuses: 401 the API key, 403 the tier, 409 an idempotency key used before,
 *   413 the size, 429 a limit.
 * @throws NetworkError when no usable answer came; `LINK_PROOF_NOT_KEPT` from a server that would let everybody who has
 *   the URL try passphrases, and that kept no secret; the reason of `signal`.
 * @example
 * const { fullLink } = await createSecret('hunter2', { server, expiry: '5m' });
 */
export function createSecret(
  secret: string | Uint8Array,
  options?: CreateSecretOptions & { readonly split?: false },
): Promise<StandardLink>;
export function createSecret(
  secret: string | Uint8Array,
  options: CreateSecretOptions & { readonly split: true },
): Promise<SplitLink>;
export function createSecret(secret: string | Uint8Array, options?: CreateSecretOptions): Promise<SecretLink>;
export async function createSecret(
  secret: string | Uint8Array,
  given?: CreateSecretOptions | null,
): Promise<SecretLink> {
  const options = given ?? {};
  const content = contentOf(secret);
  const server = parseServer(options.server ?? DEFAULT_SERVER);
  const version = pickVersion(server, options);
  const headers = requestHeaders(options);
  const terms = requestTerms(options);
  const key = generateKey(version, options.passphrase !== undefined);
  const unlocked = version === 2 ? await unlockKey(key, options.passphrase) : null;
  const sealed = await seal(content, key, unlocked, options);

  const url = `${server}/api/secrets`;
  const body = JSON.stringify({ ...sealed, ...terms } satisfies CreateBody);
  const reply = await send({ method: 'POST', url, headers, body }, options);
  const created = checkReply(url, () => parseCreatedReply(reply.json, version));
  const { id, expires_at: expiresAt } = created;
  if (unlocked !== null) await requireLinkProof(created, unlocked, url, options);

  const warnings = deviations(created, terms, reply.headers.get('Date'));
  const common = { expiresAt, secretId: id, ...(warnings.length === 0 ? {} : { warnings }) };
  return options.split
    ? { mode: 'split', url: formatAddress({ server, id }), key: formatKey(key), ...common }
    : { mode: 'standard', fullLink: formatLink({ server, id, key }), ...common };
}

/**
 * Checks the options of a create without a secret, so that nobody is asked for one in vain.
 * @throws ValidationError as {@link createSecret} does for them.
 */
export function checkCreateOptions(options: CreateSecretOptions): void {
  pickVersion(parseServer(options.server ?? DEFAULT_SERVER), options);
  requestHeaders(options);
  requestTerms(options);
  encodeMeta(metaOf(options));
}

/** What is sealed beside the secret. */
function metaOf({ name, message }: CreateSecretOptions): Meta {
  return { ...(name === undefined ? {} : { name }), ...(message === undefined ? {} : { message }) };
}

/** The sealed secret as a create sends it. @throws ValidationError `SECRET_TOO_LARGE`. */
async function seal(
  content: Uint8Array,
  key: LinkKey,
  unlocked: UnlockedKey | null,
  options: CreateSecretOptions,
): Promise<Pick<CreateBody, 'encrypted_blob' | 'version' | 'proof_hash' | 'link_proof_hash'>> {
  if (unlocked === null) {
    const blob = await sealV1(content, key);
    if (blob.length <= MAX_V1_BLOB_LENGTH) return { encrypted_blob: blob };
    throw new ValidationError(
      'the secret is larger than readers of version 1 links take: a version 2 link can carry more',
      'SECRET_TOO_LARGE',
    );
  }
  const blob = await sealV2(content, metaOf(options), unlocked);
  if (blob.length > MAX_BLOB_LENGTH) {
    throw new ValidationError('the secret is larger than any server takes', 'SECRET_TOO_LARGE');
  }
  const linkProof = await linkProofHash(unlocked);
  return {
    encrypted_blob: blob,
    version: 2,
    proof_hash: await proofHash(unlocked),
    ...(linkProof === null ? {} : { link_proof_hash: linkProof }),
  };
}
