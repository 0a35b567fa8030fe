/** Reading in one step: takes the secret, its files too, opens it, acknowledges it. */

import { type Bytes, concatBytes, decodeUtf8 } from '../core/bytes.js';
import type { FileEntry } from '../core/crypto/file-list.js';
import { ApiError, EncryptionError, ValidationError, ZephrError } from '../core/errors.js';
import type { LinkOrPair } from '../core/links/link-or-pair.js';
import { CHUNK_BYTES } from '../core/protocol/chunks.js';
import { openSecret } from './open-secret.js';
import { newClaim, type Reading, type RetrieveSecretOptions, readSecret } from './read.js';
import { secretStatus } from './status.js';

/** The most bytes of files that are held in memory, padding included: 64 MB. */
const MAX_BYTES_IN_MEMORY = 64 * CHUNK_BYTES;

/** A file of a secret, with its content. */
export interface RetrievedFile extends FileEntry {
  readonly bytes: Bytes;
}

/**
 * A secret that was read. {@link retrieveSecret} gives `bytes` and `claimed` too, but not enumerable, so that who
 * copies, logs or serializes a result does not have the secret twice.
 */
export interface RetrievalResult extends Omit<Reading, 'acknowledge' | 'bytes' | 'claimed' | 'files'> {
  /**
   * The secret as text.
   * @throws EncryptionError `NOT_TEXT` when it is not UTF-8: take {@link RetrievalResult.bytes}.
   */
  readonly plaintext: string;
  /** The secret's exact bytes. */
  readonly bytes?: Reading['bytes'];
  readonly claimed?: Reading['claimed'];
  /** The files that came with it, where there are any; the secret itself is then the text beside them. */
  readonly files?: readonly RetrievedFile[];
}

/** A {@link RetrievalResult} with all that there is to it. */
export type RetrievedSecret = RetrievalResult & Pick<Reading, 'bytes' | 'claimed'>;

/**
 * Reads a secret, upon which the server forgets it. A reply that is lost on the network is asked for again, and
 * meanwhile no other reader can get it. Up to 64 MB of files are held in memory.
 * @param link the whole link, or `{ url, key }` of a split pair.
 * @throws ValidationError for a damaged link (`INVALID_LINK`, `MISSING_KEY`, `AMBIGUOUS_LINK`, `LINK_OF_ANOTHER_KIND`) or
 *   a passphrase that is missing or not needed, and EncryptionError for a damaged key (`INVALID_KEY`,
 *   `UNKNOWN_KEY_VERSION`), before anything is sent.
 * @throws ApiError 404 unknown, 410 read, expired or revoked, 403 `WRONG_KEY` or `WRONG_PASSPHRASE`, 429 too many tries.
 * @throws ValidationError `TOO_LARGE_FOR_MEMORY` for more than 64 MB of files, which `openSecret` gives as streams: nothing
 *   is used up.
 * @throws EncryptionError when the secret does not open.
 * @throws NetworkError when no usable answer came; the reason of `signal`.
 * @example
 * const { plaintext } = await retrieveSecret(link);
 */
export async function retrieveSecret(
  link: LinkOrPair,
  given?: RetrieveSecretOptions | null,
): Promise<RetrievedSecret> {
  const options = { ...given, claim: given?.claim ?? newClaim() };
  const { acknowledge, ...secret } = await readWhole(link, options);
  try {
    await acknowledge();
  } catch (error) {
    // The secret is here, and so returned. Without an acknowledgement the server forgets it by itself, when its lease
    // is over.
    if (!(error instanceof ZephrError) && !options.signal?.aborted) throw error;
  }
  return withPlaintext(secret);
}

type Whole = Omit<Reading, 'files'> & Pick<RetrievalResult, 'files'>;

/** Reads a secret; one that has files, which the server says before it gives a view, with all of them. */
async function readWhole(link: LinkOrPair, options: RetrieveSecretOptions): Promise<Whole> {
  try {
    const { files: _, ...reading } = await readSecret(link, options);
    return reading;
  } catch (error) {
    if (!(error instanceof ApiError && error.code === 'CHUNKS_NOT_ACCEPTED')) throw error;
    const { chunks = 0 } = await secretStatus(link, options);
    if (chunks * CHUNK_BYTES > MAX_BYTES_IN_MEMORY) throw tooLarge(error);
    return readWithFiles(link, options);
  }
}

async function readWithFiles(link: LinkOrPair, options: RetrieveSecretOptions): Promise<Whole> {
  const { note, files, totalBytes, parts, purgeAt, ...opened } = await openSecret(link, options);
  // A server that said another size before.
  if (totalBytes > MAX_BYTES_IN_MEMORY) throw tooLarge();
  const pieces: Bytes[][] = files.map(() => []);
  for await (const { index, bytes } of parts()) pieces[index]?.push(bytes);
  const common = { ...opened, ...(purgeAt === undefined ? {} : { purgeAt }) };
  const contents = pieces.map((some) => concatBytes(...some));
  const [first = note] = contents;
  // A stream without a name is the secret itself.
  if (files.length === 1 && files[0]?.name === undefined) return { ...common, bytes: first };
  const retrieved = files.map(({ stream: _, ...file }, index) => ({
    ...file,
    bytes: contents[index] ?? new Uint8Array(),
  }));
  return { ...common, bytes: note, files: retrieved };
}

function tooLarge(cause?: ApiError): ValidationError {
  return new ValidationError(
    'the secret has more than 64 MB of files: openSecret gives them as streams, and nothing is acknowledged yet',
    'TOO_LARGE_FOR_MEMORY',
    { cause },
  );
}

/** Adds the text of a secret, or where it is not text a getter that says so. Only what is shown once is enumerable. */
function withPlaintext({ bytes, claimed, ...others }: Omit<Whole, 'acknowledge'>): RetrievedSecret {
  const result = { plaintext: '', ...others, bytes, claimed };
  for (const name of ['bytes', 'claimed']) Object.defineProperty(result, name, { enumerable: false });
  try {
    result.plaintext = decodeUtf8(bytes);
  } catch (cause) {
    const get = () => {
      throw new EncryptionError('the secret is not text: take its bytes', 'NOT_TEXT', { cause });
    };
    Object.defineProperty(result, 'plaintext', { get, enumerable: false });
  }
  return result;
}
