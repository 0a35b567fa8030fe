/** `zephr get`: everything that can fail first, then the one read, then the acknowledgement. */

import { ValidationError } from '../../../core/errors.js';
import { looksLikeLink } from '../../../core/links/reader.js';
import { kindOfLink } from '../../../core/links/request-links.js';
import { usageError } from '../../exit/cli-error.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import { findLinkText, openLink } from '../../parser/link.js';
import { openDestination } from './destination.js';
import { type AnswerFlags, type GetContext, take } from './take.js';

/**
 * Reads a secret, or an answer to a request, delivers it, and acknowledges it.
 * @throws CliError or ValidationError (exit 2 or 4) before anything is sent; the errors of `readSecret`; an error
 *   with advice when the secret came and could not be delivered.
 */
export async function get(context: GetContext): Promise<ExitCode> {
  const { flags, terminal, commandLine } = context;
  const given = await findLinkText(context);
  if (isOfRequest(given.text)) {
    const { getAnswers } = await import('./answers.js');
    return getAnswers(given.text, context);
  }
  const opened = await openLink(context, () => rejectAnswerFlags(flags), given);
  const destination = await openDestination(flags, terminal, commandLine);
  try {
    await take(opened, destination, context);
    return EXIT.done;
  } finally {
    await destination.discard();
  }
}

/** Whether a text names a request that was made here, by its id or the beginning of it, or is a link to its answers. */
function isOfRequest(text: string): boolean {
  return REQUEST_ID.test(text.trim()) || (looksLikeLink(text) && isCollectLink(text));
}

const REQUEST_ID = /^[A-Za-z0-9_-]{6,22}$/;

function isCollectLink(text: string): boolean {
  try {
    return kindOfLink(text) === 'collect';
  } catch (error) {
    // What is wrong with it is said when it is read.
    if (error instanceof ValidationError) return false;
    throw error;
  }
}

function rejectAnswerFlags({ all, wait, for: longest }: AnswerFlags): void {
  if (!all && !wait && longest === undefined) return;
  throw usageError('--all, --wait and --for are for the answers to a request', 'a secret is there at once');
}
