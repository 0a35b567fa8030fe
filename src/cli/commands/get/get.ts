/**
 * `zephr get`: everything that can fail first, then the one read, then the acknowledgement. What comes after the first
 * is in `take.ts`.
 */

import { EXIT, type ExitCode } from '../../exit/codes.js';
import { openLink } from '../../parser/link.js';
import { openDestination } from './destination.js';
import { type GetContext, take } from './take.js';

/**
 * Reads a secret, delivers it, and acknowledges it.
 * @throws CliError or ValidationError (exit 2 or 4) before anything is sent; the errors of `readSecret`; an error with
 *   advice when the secret came and could not be delivered.
 */
export async function get(context: GetContext): Promise<ExitCode> {
  const { flags, terminal, commandLine } = context;
  const opened = await openLink(context);
  const destination = await openDestination(flags, terminal, commandLine);
  try {
    await take(opened, destination, context);
    return EXIT.done;
  } finally {
    await destination.discard();
  }
}
