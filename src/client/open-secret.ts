/** Opening a secret that may have files: what its sender wrote is here at once, and the files come as streams. */

import type { Bytes } from '../core/bytes.js';
import type { FilePart } from '../core/crypto/files.js';
import { decryptionFailed } from '../core/errors.js';
import type { LinkOrPair } from '../core/links/link-or-pair.js';
import type { SecretFile, SecretFiles } from './files/download.js';
import { type Reading, type RetrieveSecretOptions, takeView } from './read.js';

/** A secret that is open. It stays at the server until it is acknowledged, or its lease is over. */
export interface OpenedSecret extends Omit<Reading, 'bytes' | 'files' | 'purgeAt'> {
  /**
   * The secret itself, where there are no files; else the text that came with them. Empty where the secret is a stream,
   * which is then the only file, and has no name.
   */
  readonly note: Bytes;
  /** The files in their order; none for most secrets. */
  readonly files: readonly SecretFile[];
  /** Bytes of all files together. */
  readonly totalBytes: number;
  /** Until when the same claim can read; ISO 8601. Each chunk that is fetched makes it ten minutes again. */
  readonly purgeAt?: string | undefined;
  /**
   * The content of all files in their order, each chunk fetched once: `index` says to which file some bytes belong. Only
   * its normal end says that nothing is missing. It fails as the stream of a file does.
   * @param from how many bytes are not wanted, for a reader that has them from an earlier call with the same claim
   */
  parts(from?: number): AsyncGenerator<FilePart, void, undefined>;
}

/**
 * Takes one view of a secret and opens it. Files are fetched when their streams are read, in constant memory; while
 * chunks are fetched the lease goes on, for up to a day. Acknowledge it when all that is wanted has arrived.
 * @throws as `readSecret` does.
 * @example
 * const secret = await openSecret(link);
 * for (const file of secret.files) await pipeline(file.stream(), createWriteStream(join(folder, String(number++))));
 * await secret.acknowledge();
 */
export async function openSecret(
  link: LinkOrPair,
  options: RetrieveSecretOptions = {},
): Promise<OpenedSecret> {
  const view = await takeView(link, options, true);
  const { bytes, files: list, chunks, unlocked, chunkRequests, purgeAt, ...others } = view;
  if (list === undefined && chunks === undefined) return withoutFiles({ ...others, bytes, purgeAt });
  if (unlocked === null) throw decryptionFailed('version 1 has no files');
  const { filesOf } = await import('./files/download.js');
  const meta = list === undefined ? {} : { files: list };
  const found: SecretFiles = await filesOf(
    { content: bytes, meta, chunks, unlocked, ...chunkRequests },
    options,
  );
  return {
    ...others,
    note: bytes,
    files: found.files,
    totalBytes: found.totalBytes,
    get purgeAt() {
      return found.readableUntil ?? purgeAt;
    },
    parts: (from) => found.parts(from),
  };
}

/** A secret that was read and has no files. */
export function withoutFiles({ bytes, files: _, ...reading }: ReadWithoutFiles): OpenedSecret {
  return { ...reading, note: bytes, files: [], totalBytes: 0, parts: noParts };
}

type ReadWithoutFiles = Omit<Reading, 'purgeAt'> & { readonly purgeAt?: string | undefined };

async function* noParts(): AsyncGenerator<FilePart, void, undefined> {
  // A secret without files.
}
