/** Having the code sent that the reader of a secret needs (core/protocol/PROTOCOL.md section 9). */

import { ValidationError } from '../../core/errors.js';
import { type CodeReply, isCode } from '../../core/protocol/gates.js';
import { invalidReply, isMasked, object } from '../../core/protocol/replies.js';
import { checkReply } from '../transport/network-errors.js';
import { send, type TransportOptions } from '../transport/send.js';

/**
 * Asks a server to send a code.
 * @param secret the secret's URL in the server's API. @param headers what shows that the reader has its key, and has solved
 *   a puzzle where that comes first; and the languages that it understands.
 * @throws ApiError, NetworkError; the reason of `signal`.
 */
export async function askForCode(
  secret: string,
  headers: Record<string, string>,
  options: TransportOptions,
): Promise<CodeReply> {
  const url = `${secret}/code`;
  const json = { 'Content-Type': 'application/json' };
  const reply = await send({ method: 'POST', url, headers: { ...json, ...headers }, body: '{}' }, options);
  return checkReply(url, () => parseCodeReply(reply.json));
}

/** @throws ValidationError `INVALID_REPLY`. */
function parseCodeReply(json: unknown): CodeReply {
  const { sent_to, retry_after } = object(json);
  if (!isMasked(sent_to)) throw invalidReply('sent_to');
  const isSeconds = typeof retry_after === 'number' && retry_after >= 0 && retry_after <= 86_400;
  if (!isSeconds) throw invalidReply('retry_after');
  return { sent_to, retry_after };
}

/** The digits of a code as people type them: white space and hyphens do not count. @throws ValidationError `INVALID_CODE`. */
export function digitsOf(code: string): string {
  const digits = code.replace(/[\s-]/g, '');
  if (!isCode(digits)) throw new ValidationError('the code is not six digits', 'INVALID_CODE');
  return digits;
}
