/** Creating: seals a secret here, sends the sealed blob, and gives the link. */

import { encodeMeta } from '../../core/crypto/meta.js';
import { ApiError } from '../../core/errors.js';
import { parseServer } from '../../core/link.js';
import { DEFAULT_SERVER } from '../../core/protocol/limits.js';
import type { CreateJournal } from '../files/journal.js';
import { newReceipt } from '../sender/receipts.js';
import {
  type CreateSecretOptions,
  contentOf,
  pickVersion,
  requestHeaders,
  requestTerms,
  type SecretContent,
} from './options.js';
import {
  type CreateTerms,
  createFromBytes,
  MAX_BLOB_SECRET_BYTES,
  metaOf,
  type SecretLink,
  type SplitLink,
  type StandardLink,
} from './posting.js';

export type { SecretLink, SplitLink, StandardLink } from './posting.js';

/**
 * Seals a secret, stores the sealed blob on the server and gives the link.
 * @param secret a string (sealed as UTF-8), bytes, a Blob or a stream; not empty, and a string not only white space. The
 *   server sets the longest. What is larger than a blob, which takes some 770,000 bytes, goes as a stream by itself, in
 *   constant memory; not in a version 1 link, which carries 560,000.
 * @throws ValidationError for input that breaks a rule, before anything is sent; `SECRET_TOO_LARGE` also later, for a
 *   stream that turns out to be larger than the server takes.
 * @throws ApiError when the server refuses: 401 the API key, 403 the tier, 409 an idempotency key used before,
 *   413 the size, 429 a limit, 507 for want of room.
 * @throws NetworkError when no usable answer came; `LINK_PROOF_NOT_KEPT` from a server that would let everybody who has
 *   the URL try passphrases, and that kept no secret; `GATES_NOT_KEPT` from one that would let readers past the gates,
 *   likewise; `UNSUPPORTED_BY_SERVER` from one that takes no files; the reason
 *   of `signal`; what a stream fails with.
 * @example
 * const { fullLink } = await createSecret('hunter2', { server, expiry: '5m' });
 */
export function createSecret(
  secret: SecretContent,
  options?: CreateSecretOptions & { readonly split?: false },
): Promise<StandardLink>;
export function createSecret(
  secret: SecretContent,
  options: CreateSecretOptions & { readonly split: true },
): Promise<SplitLink>;
export function createSecret(secret: SecretContent, options?: CreateSecretOptions): Promise<SecretLink>;
export async function createSecret(
  secret: SecretContent,
  given?: CreateSecretOptions | null,
): Promise<SecretLink> {
  const options = given ?? {};
  const version = pickVersion(serverOf(options), options);
  if (isSmall(secret, options)) {
    const content = contentOf(secret);
    const terms = await agreedTerms(options);
    try {
      return await createFromBytes(content, version, terms, options);
    } catch (error) {
      if (version === 1 || !isTooLarge(error)) throw error;
      const { createAsFile } = await import('./with-files.js');
      return createAsFile(content, terms, options, error);
    }
  }
  const { createWithFiles } = await import('./with-files.js');
  return createWithFiles(secret, await agreedTerms(options), version, options);
}

/**
 * Creates a secret with attachments as {@link createSecret} does, so that another process can go on with it.
 * @param journal keeps on a disk what that takes. Another process goes on only with attachments that give the same bytes
 *   when they are read again from their start; with any others it begins anew, under another key.
 */
export async function createResumably(
  secret: SecretContent,
  options: CreateSecretOptions,
  journal: CreateJournal,
): Promise<SecretLink> {
  const version = pickVersion(serverOf(options), options);
  const { createWithFiles } = await import('./with-files.js');
  return createWithFiles(secret, await agreedTerms(options), version, options, journal);
}

/**
 * Checks the options of a create without a secret, so that nobody is asked for one in vain.
 * @throws ValidationError as {@link createSecret} does for them.
 */
export async function checkCreateOptions(options: CreateSecretOptions): Promise<void> {
  pickVersion(serverOf(options), options);
  termsOf(options);
  if (options.gates !== undefined) (await import('./gates.js')).checkGates(options.gates);
  encodeMeta(metaOf(options));
}

/** Whether a blob surely carries it. Otherwise the code for files is loaded: what is neither string nor bytes may be a stream. */
function isSmall(secret: SecretContent, options: CreateSecretOptions): secret is string | Uint8Array {
  if (options.attachments !== undefined) return false;
  const isBytes = typeof secret === 'string' || secret instanceof Uint8Array;
  // A character takes at most three bytes.
  const longest = isBytes ? secret.length * (typeof secret === 'string' ? 3 : 1) : Number.POSITIVE_INFINITY;
  return longest + encodeMeta(metaOf(options)).length <= MAX_BLOB_SECRET_BYTES;
}

/** Whether the server takes no blob of that size from this caller, and may take it as a file. */
function isTooLarge(error: unknown): boolean {
  return error instanceof ApiError && error.isVerdict && error.code === 'PAYLOAD_TOO_LARGE';
}

function serverOf({ server }: CreateSecretOptions): string {
  return parseServer(server ?? DEFAULT_SERVER);
}

/** The terms of a create, with gates that its server offers: few have any, and what they take is loaded for those. */
async function agreedTerms(options: CreateSecretOptions): Promise<CreateTerms> {
  const made = termsOf(options);
  if (options.gates === undefined) return made;
  const { agreedGates } = await import('./gates.js');
  const gates = await agreedGates(options.gates, { ...options, server: made.server });
  return { ...made, terms: { ...made.terms, gates } };
}

function termsOf(options: CreateSecretOptions): CreateTerms {
  const server = serverOf(options);
  return {
    server,
    headers: requestHeaders(options),
    terms: requestTerms(options),
    receipt: newReceipt(server, pickVersion(server, options)),
  };
}
