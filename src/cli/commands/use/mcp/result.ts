/** What tools give: capped, with others' words apart from ours, and errors with what to do about them. */

import type { ToolResult } from '../../../../broker/mcp/tools.js';
import { ApiError } from '../../../../core/errors.js';
import { endingOf } from '../../../exit/ending.js';

/** The most bytes of others' words in a result: about what a model takes in at once. */
export const MOST_BYTES = 65_536;

/** The result for what a tool throws. */
export function failureOf(error: unknown): ToolResult {
  const { code, message, advice } = endingOf(error);
  // The words of a server are not ours.
  if (error instanceof ApiError)
    return { text: `it failed: ${code}`, foreign: { from: 'the server', text: message }, isError: true };
  return { text: `it failed: ${message}${advice === undefined ? '' : `\n${advice}`}`, isError: true };
}

/** Bytes as text, or in base64 where they are none. */
export function asText(
  bytes: Uint8Array,
  isCut: boolean,
): { readonly text: string; readonly isBase64: boolean } {
  try {
    // Where it is cut, the last character may be too.
    const decoder = new TextDecoder('utf-8', { fatal: true });
    return { text: decoder.decode(bytes, { stream: isCut }), isBase64: false };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { text: Buffer.from(bytes).toString('base64'), isBase64: true };
  }
}
