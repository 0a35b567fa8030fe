/** Sending a secret with files, or one that is too large for a blob: the chunks first, then the blob that lists them. */

import { decodeBase64url, encodeBase64url } from '../../core/base64url.js';
import { type Bytes, concatBytes, encodeUtf8 } from '../../core/bytes.js';
import { MAX_FILES } from '../../core/crypto/file-list.js';
import { proofHash, type UnlockedKey, unlockKey } from '../../core/crypto/key-schedule.js';
import { encodeMeta, type Meta } from '../../core/crypto/meta.js';
import { maxSecretBytesV2 } from '../../core/crypto/seal-v2.js';
import { ApiError, NetworkError, ValidationError } from '../../core/errors.js';
import { formatKey, generateKey, type LinkKey, parseKey, type Version } from '../../core/key.js';
import type { ChunkRange, UploadBody } from '../../core/protocol/chunks.js';
import { MAX_BLOB_LENGTH } from '../../core/protocol/limits.js';
import { HEADERS } from '../../core/protocol/requests.js';
import { webCrypto } from '../../core/web-crypto.js';
import { type Attachment, type Content, type FileToSend, isContent, piecesOf } from '../files/content.js';
import { type BrokenOffCreate, type CreateJournal, SourceChanged } from '../files/journal.js';
import { beginUpload, forgetUpload, presentChunks, type Upload, uploadFiles } from '../files/upload.js';
import { receiptTerms } from '../sender/receipts.js';
import type { TransportOptions } from '../transport/send.js';
import { type CreateSecretOptions, contentOf, type SecretContent } from './options.js';
import {
  type CreateTerms,
  createFromBytes,
  metaOf,
  postSecret,
  type SealedUnder,
  type SecretLink,
  sealedV2,
} from './posting.js';

/** Where a secret goes that was sealed: to be one of its own, or the answer to a request. */
export interface Target<Sent> extends Sender {
  readonly server: string;
  /** What the begin of its upload says of it. */
  readonly upload: Pick<UploadBody, 'request'>;
  /** The most bytes that go as a blob. More of them are a file. */
  readonly blobBytes: number;
  /** Seals and sends what a blob carries. */
  sendBlob(content: Uint8Array): Promise<Sent>;
  /** What its body has beside what is sealed. @param key under which that is */
  termsFor(key: LinkKey): Promise<object>;
  /** Posts its body. The same body, sent again, makes nothing new. */
  post(body: string, sealed: SealedUnder, sender: Sender): Promise<Sent>;
}

/** What is the sender's alone. */
interface Sender {
  /** Of the begin of an upload and of the post, with an idempotency key. */
  readonly headers: Record<string, string>;
  /** For the sender to keep; null where the server is told of none. */
  readonly receipt: Bytes | null;
}

/** What is said of a secret beside where it goes. */
export type SendingOptions = Pick<
  CreateSecretOptions,
  'name' | 'message' | 'passphrase' | 'attachments' | 'idempotencyKey' | 'onProgress' | keyof TransportOptions
>;

/**
 * Creates a secret with attachments, or one that is large or may be.
 * @param secret with attachments, the text that goes with them, which may be empty
 * @throws as `createSecret` does.
 */
export async function createWithFiles(
  secret: SecretContent,
  terms: CreateTerms,
  version: Version,
  options: CreateSecretOptions,
  journal?: CreateJournal,
): Promise<SecretLink> {
  if (version === 2) return sendWithFiles(secret, targetOf(terms, options), options, journal);
  const { head, rest } = await beginningOf(secret, MAX_BLOB_LENGTH);
  await rest?.return?.();
  return createFromBytes(head, version, terms, options);
}

/**
 * Creates a secret as a file without a name, where its blob was refused for its size. The key is a new one.
 * @param refused is thrown where the server takes no files.
 */
export async function createAsFile(
  content: Uint8Array,
  terms: CreateTerms,
  options: CreateSecretOptions,
  refused: unknown,
): Promise<SecretLink> {
  try {
    return await sendAsFile(content, targetOf(terms, options), options);
  } catch (error) {
    throw error instanceof NetworkError && error.code === 'UNSUPPORTED_BY_SERVER' ? refused : error;
  }
}

/**
 * Sends a secret with attachments, or one that is large or may be.
 * @param secret with attachments, the text that goes with them, which may be empty
 * @throws as `createSecret` does.
 */
export async function sendWithFiles<Sent>(
  secret: SecretContent,
  target: Target<Sent>,
  options: SendingOptions,
  journal?: CreateJournal,
): Promise<Sent> {
  const { attachments } = options;
  if (attachments === undefined) {
    const beginning = await beginningOf(secret, target.blobBytes);
    if (beginning.rest === null) return target.sendBlob(beginning.head);
    return sendAsFile(joinedAgain(beginning), target, options, journal);
  }
  checkFiles(attachments, options);
  const { head: note, rest } = await beginningOf(secret, target.blobBytes, true);
  if (rest === null) return new FilesCreate(note, attachments, target, options).run(journal);
  await rest.return?.();
  throw new ValidationError(
    'the text beside the files is larger than a blob: attach it as a file',
    'SECRET_TOO_LARGE',
  );
}

/** Sends a secret as a file without a name. */
export function sendAsFile<Sent>(
  content: Content,
  target: Target<Sent>,
  options: SendingOptions,
  journal?: CreateJournal,
): Promise<Sent> {
  return new FilesCreate(new Uint8Array(), [{ content }], target, options).run(journal);
}

/** Where a create goes. */
function targetOf(terms: CreateTerms, options: CreateSecretOptions): Target<SecretLink> {
  return {
    ...terms,
    upload: {},
    blobBytes: maxSecretBytesV2(MAX_BLOB_LENGTH, encodeMeta(metaOf(options)).length),
    sendBlob: (content) => createFromBytes(content, 2, terms, options),
    termsFor: async () => terms.terms,
    post: (body, sealed, sender) => postSecret(body, sealed, { ...terms, ...sender }, options),
  };
}

/** A secret whose files go before it. */
class FilesCreate<Sent> {
  readonly #note: Uint8Array;
  readonly #files: readonly FileToSend[];
  readonly #target: Target<Sent>;
  readonly #options: SendingOptions;
  readonly #uploads: string;

  constructor(note: Uint8Array, files: readonly FileToSend[], target: Target<Sent>, options: SendingOptions) {
    this.#note = note;
    this.#files = files;
    this.#target = target;
    this.#options = options;
    this.#uploads = `${target.server}/api/uploads`;
  }

  /** Goes on with what an earlier process left, if that is possible, or else begins. */
  async run(journal: CreateJournal | undefined): Promise<Sent> {
    if (journal === undefined || journal.earlier === null) return this.#begin(journal);
    const { earlier } = journal;
    const sent = await this.#goOn(earlier, journal);
    if (sent !== null) return sent;
    await forgetUpload(this.#uploads, earlier.upload, this.#options);
    return this.#begin(journal);
  }

  /** Begins under a new key. */
  async #begin(journal: CreateJournal | undefined): Promise<Sent> {
    const { passphrase, idempotencyKey } = this.#options;
    const key = generateKey(2, passphrase !== undefined);
    const unlocked = await unlockKey(key, passphrase);
    // A create that begins again must not be taken for the one before.
    const id = idempotencyKey ?? webCrypto().randomUUID();
    const sender = withIdempotencyKey(this.#target, id);
    const begun = { url: this.#uploads, headers: sender.headers, body: this.#target.upload };
    const upload = await beginUpload(begun, this.#files, this.#options);
    await journal?.begin({
      key: formatKey(key),
      proofHash: await proofHash(unlocked),
      idempotencyKey: id,
      upload: upload.upload,
      maxBytes: upload.max_bytes,
      ...(sender.receipt === null ? {} : { receipt: encodeBase64url(sender.receipt) }),
    });
    try {
      const sealed = { key, unlocked };
      const body = await this.#upload(upload, sealed, [], sender, journal);
      return await this.#post(body, sealed, sender, journal);
    } catch (error) {
      if (journal === undefined) await forgetUpload(this.#uploads, upload.upload, this.#options);
      throw error;
    }
  }

  /** @returns null when it cannot go on: server, passphrase or source have changed. */
  async #goOn(earlier: BrokenOffCreate, journal: CreateJournal): Promise<Sent | null> {
    const { passphrase } = this.#options;
    const key = parseKey(earlier.key);
    if (key.passphrase !== (passphrase !== undefined)) return null;
    const unlocked = await unlockKey(key, passphrase);
    if ((await proofHash(unlocked)) !== earlier.proofHash) return null;
    const present = await this.#presentOf(earlier);
    if (present === null) return null;
    const upload = { upload: earlier.upload, max_bytes: earlier.maxBytes };
    const sealed = { key, unlocked };
    try {
      const receipt = earlier.receipt === undefined ? null : decodeBase64url(earlier.receipt);
      const sender = { ...withIdempotencyKey(this.#target, earlier.idempotencyKey), receipt };
      const body = earlier.body ?? (await this.#upload(upload, sealed, present, sender, journal));
      if (earlier.body !== undefined) await this.#upload(upload, sealed, present, sender, journal);
      return await this.#post(body, sealed, sender, earlier.body === undefined ? journal : undefined);
    } catch (error) {
      const isForgotten =
        error instanceof ApiError &&
        (error.code === 'UPLOAD_NOT_FOUND' || error.code === 'UPLOAD_INCOMPLETE');
      if (error instanceof SourceChanged || isForgotten) return null;
      throw error;
    }
  }

  /** The chunks that need not be sent again. When a create was sent, all of them were there. */
  async #presentOf({ upload, body }: BrokenOffCreate): Promise<readonly ChunkRange[] | null> {
    if (body !== undefined) return [[0, Number.MAX_SAFE_INTEGER]];
    return presentChunks(this.#uploads, upload, this.#options);
  }

  /** Sends the chunks. @returns the body of the create. */
  async #upload(
    upload: Upload,
    { key, unlocked }: Sealed,
    present: readonly ChunkRange[],
    { receipt }: Sender,
    journal: CreateJournal | undefined,
  ): Promise<string> {
    const filesKey = await unlocked.deriveFilesKey();
    const options = { ...this.#options, journal, present };
    const { chunks, files } = await uploadFiles(this.#uploads, upload, this.#files, filesKey, options);
    const meta: Meta = { ...metaOf(this.#options), files };
    const sealed = await sealedV2(this.#note, meta, unlocked);
    const terms = await this.#target.termsFor(key);
    const bound = { upload: upload.upload, chunks };
    return JSON.stringify({ ...sealed, ...terms, ...(await receiptTerms(receipt)), ...bound });
  }

  async #post(
    body: string,
    sealed: Sealed,
    sender: Sender,
    journal: CreateJournal | undefined,
  ): Promise<Sent> {
    await journal?.noteBody(body);
    return this.#target.post(body, sealed, sender);
  }
}

/** A key of version 2. */
type Sealed = SealedUnder & { readonly unlocked: UnlockedKey };

function withIdempotencyKey({ headers, receipt }: Sender, id: string): Sender {
  return { receipt, headers: { ...headers, [HEADERS.idempotencyKey]: id } };
}

/** The most bytes that a file of a hundred can have, so that all of them together can be counted. */
const LARGEST = Math.floor(Number.MAX_SAFE_INTEGER / MAX_FILES);

/** Checks names and kinds of contents, before anything is sent. @throws ValidationError `INVALID_META`, `INVALID_SECRET`. */
export function checkFiles(
  attachments: readonly Attachment[],
  options: Pick<CreateSecretOptions, 'name' | 'message'>,
): void {
  if (!Array.isArray(attachments)) throw new ValidationError('the attachments are no list', 'INVALID_META');
  for (const attachment of attachments) {
    if (typeof attachment?.name !== 'string') {
      throw new ValidationError('an attachment has no name', 'INVALID_META');
    }
    if (!isContent(attachment.content)) {
      throw new ValidationError('an attachment is not bytes, a Blob or a stream', 'INVALID_SECRET');
    }
  }
  const files = attachments.map(({ content: _, ...file }) => ({ ...file, size: LARGEST }));
  encodeMeta({ ...metaOf(options), files });
}

/** The beginning of a secret, and what follows it; null when that is nothing. */
interface Beginning {
  readonly head: Uint8Array;
  readonly rest: AsyncIterator<Uint8Array> | Iterator<Uint8Array> | null;
}

/**
 * Reads a secret up to its end, or until it has more than `limit` bytes.
 * @param mayBeEmpty for the text beside files
 */
async function beginningOf(secret: SecretContent, limit: number, mayBeEmpty = false): Promise<Beginning> {
  const content = typeof secret === 'string' ? textOf(secret, mayBeEmpty) : secret;
  const source = piecesOf(content);
  const pieces = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  const read: Uint8Array[] = [];
  for (let length = 0; length <= limit; ) {
    const next = await pieces.next();
    if (next.done) {
      if (length === 0 && !mayBeEmpty) throw new ValidationError('the secret is empty', 'EMPTY_SECRET');
      return { head: concatBytes(...read), rest: null };
    }
    read.push(next.value);
    length += next.value.length;
  }
  return { head: concatBytes(...read), rest: pieces };
}

function textOf(text: string, mayBeEmpty: boolean): Uint8Array {
  return mayBeEmpty && text.trim() === '' ? encodeUtf8(text) : contentOf(text);
}

/** The whole content again, once its beginning has been read. */
async function* joinedAgain({ head, rest }: Beginning): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield head;
    for (let next = await rest?.next(); next?.done === false; next = await rest?.next()) yield next.value;
  } finally {
    await rest?.return?.();
  }
}
