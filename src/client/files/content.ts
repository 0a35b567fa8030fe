/** Content in the forms that programs have it in, as bytes in pieces. */

import type { FileEntry } from '../../core/crypto/file-list.js';
import type { ByteSource } from '../../core/crypto/stream.js';
import { ValidationError } from '../../core/errors.js';

/** Bytes of any number. A stream is read once, to its end; where reading fails, it is cancelled. */
export type Content = Uint8Array | Blob | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

/** A file to send. Its name and its length are encrypted, as its content is. */
export interface Attachment {
  /**
   * Its base name: no `/`, `\` or control character. The names of one secret differ, even when case and Unicode
   * normalization are ignored.
   */
  readonly name: string;
  /** A media type (RFC 6838), not checked. */
  readonly type?: string;
  readonly content: Content;
  /** The length of a stream in bytes, if it is known: then the server says beforehand whether it has room. */
  readonly size?: number;
}

/** A file whose length is certain when its content has passed. Only the first one of a secret may have no name. */
export interface FileToSend extends Omit<FileEntry, 'size'> {
  readonly content: Content;
  readonly size?: number;
}

/** Bytes of the content; undefined for a stream of which nobody knows. */
export function sizeOf({ content, size }: FileToSend): number | undefined {
  if (content instanceof Uint8Array) return content.length;
  return isBlob(content) ? content.size : size;
}

/**
 * The content in pieces. A piece is not changed while it is used.
 * @throws ValidationError `INVALID_SECRET` when it is none of the forms.
 */
export function piecesOf(content: Content): ByteSource {
  // Callers in plain JavaScript can pass anything.
  if (!isContent(content)) {
    throw new ValidationError('the content is not bytes, a Blob or a stream', 'INVALID_SECRET');
  }
  if (content instanceof Uint8Array) return [content];
  if (isBlob(content)) return piecesOfStream(content.stream());
  if (isStream(content)) return piecesOfStream(content);
  return checked(content);
}

/** Whether it is one of the forms, or may be. */
export function isContent(value: unknown): value is Content {
  const form = Object(value);
  return value instanceof Uint8Array || isBlob(form) || isStream(form) || Symbol.asyncIterator in form;
}

/** The content of all files, one after another. @param sizes becomes the length of each. */
export async function* joined(
  files: readonly FileToSend[],
  sizes: number[],
): AsyncGenerator<Uint8Array, void, undefined> {
  for (const [index, { content }] of files.entries()) {
    let size = 0;
    for await (const piece of piecesOf(content)) {
      size += piece.length;
      yield piece;
    }
    sizes[index] = size;
  }
}

/** Not by its class: a Blob may be of another realm, and Node loads the class when it is named. */
function isBlob(content: object): content is Blob {
  return 'arrayBuffer' in content && 'stream' in content && 'size' in content;
}

function isStream(content: object): content is ReadableStream<Uint8Array> {
  return 'getReader' in content;
}

/** Not by `for await`: not every browser's streams have it. */
async function* piecesOfStream(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield bytesOf(next.value);
  } finally {
    // A stream that failed has nothing to cancel.
    await reader.cancel().catch(() => undefined);
  }
}

async function* checked(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of content) yield bytesOf(piece);
}

/** @throws ValidationError `INVALID_SECRET` for a piece of something else, such as the strings of a text stream. */
function bytesOf(piece: unknown): Uint8Array {
  if (piece instanceof Uint8Array) return piece;
  throw new ValidationError('the content is a stream of something else than bytes', 'INVALID_SECRET');
}
