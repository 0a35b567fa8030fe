/** The replies to calls about uploads (PROTOCOL.md section 4.1), as clients check them before they use them. */

import { isSecretId } from '../link.js';
import { CHUNK_BYTES, type ChunkRange, type UploadReply, type UploadStateReply } from './chunks.js';
import { invalidReply, object } from './replies.js';

/**
 * Checks the reply to the begin of an upload. An upload's name has the form of a secret's id.
 * @throws ValidationError `INVALID_REPLY`; for chunks of another length too, since no reader would take them.
 */
export function parseUploadReply(json: unknown): Omit<UploadReply, 'expires_at'> {
  const { upload, chunk_bytes, max_bytes } = object(json);
  if (typeof upload !== 'string' || !isSecretId(upload)) throw invalidReply('upload');
  if (chunk_bytes !== CHUNK_BYTES) throw invalidReply('chunk_bytes');
  if (!isWhole(max_bytes)) throw invalidReply('max_bytes');
  return { upload, chunk_bytes, max_bytes };
}

/**
 * Checks the reply about the state of an upload.
 * @throws ValidationError `INVALID_REPLY`.
 */
export function parseUploadStateReply(json: unknown): Pick<UploadStateReply, 'chunks'> {
  const { chunks } = object(json);
  if (!Array.isArray(chunks) || !chunks.every(isRange)) throw invalidReply('chunks');
  return { chunks };
}

function isRange(value: unknown): value is ChunkRange {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [first, last]: unknown[] = value;
  return isWhole(first) && isWhole(last) && first <= last;
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
