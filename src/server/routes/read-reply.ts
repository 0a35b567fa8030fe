/** The reply to a read, which can be a megabyte. */

import { base64urlLength } from '../../core/base64url.js';
import type { Bytes } from '../../core/bytes.js';
import type { ReadReply } from '../../core/protocol/replies.js';
import type { HeaderFields } from '../http/headers.js';
import { type HttpResponse, jsonResponse, jsonTextResponse } from '../http/messages.js';
import type { Reading } from '../store/contracts/secrets.js';
import { isoTime } from './receipts.js';

/** A ciphertext from here on takes milliseconds to put into a reply and to send. */
export const LARGE_BYTES = 65_536;

/** Bytes that are encoded at once, a multiple of three. */
const PIECE_BYTES = 12_288;

/** The response that delivers what was read. */
export function readResponse(read: Reading, headers: HeaderFields): HttpResponse {
  const { blob } = read;
  const rest = restOf(read);
  if (blob.length <= LARGE_BYTES) {
    const reply: ReadReply = { encrypted_blob: viewOf(blob).toString('base64url'), ...rest };
    return jsonResponse(200, reply, headers);
  }
  return jsonTextResponse(200, largeBody(blob, rest), headers);
}

function restOf({ hint, viewsLeft, purgeAt, version, chunks }: Reading): Omit<ReadReply, 'encrypted_blob'> {
  return {
    ...(hint === null ? {} : { hint }),
    purge_at: isoTime(purgeAt),
    ...(version === 2 ? { version, views_left: viewsLeft } : {}),
    ...(chunks === null ? {} : { chunks }),
  };
}

/**
 * The same JSON, put together as bytes: as text it would be in memory three times over, and readers in a row would leave
 * the collector of garbage behind.
 */
function largeBody(blob: Uint8Array, rest: Omit<ReadReply, 'encrypted_blob'>): Bytes {
  const before = '{"encrypted_blob":"';
  const after = `",${JSON.stringify(rest).slice(1)}`;
  const body = Buffer.alloc(before.length + base64urlLength(blob.length) + Buffer.byteLength(after));
  let at = body.write(before);
  for (let start = 0; start < blob.length; start += PIECE_BYTES) {
    at += body.write(viewOf(blob.subarray(start, start + PIECE_BYTES)).toString('base64url'), at, 'latin1');
  }
  body.write(after, at);
  return body;
}

/** The same bytes, as Node's own encoder takes them. */
function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
