/** The code that a sender asks readers for: given with `--code`, or sent and asked for on the terminal. */

import { ApiError } from '../../../core/errors.js';
import { AdvisedError } from '../../exit/cli-error.js';
import type { CodedRead } from './ask-code.js';

export interface CodeFlags {
  readonly code?: string;
}

/** What a read is given of a code. */
type CodePart = { readonly code?: string };

/**
 * Does a read. Where it needs a code it has one sent, asks for it, and reads again; after a wrong one it asks again.
 * What that takes is loaded then.
 * @throws what `read` throws; CliError exit 2 where a code was sent, and there is no terminal to ask for it on.
 */
export async function withCode<T>(
  coded: CodedRead,
  flags: CodeFlags,
  read: (code: CodePart) => Promise<T>,
): Promise<T> {
  let code = await givenIn(flags);
  for (;;) {
    try {
      return await read(code);
    } catch (error) {
      if (!isAboutCode(error)) throw error;
      if (flags.code !== undefined) throw ofFlag(error);
      const { nextCode } = await import('./ask-code.js');
      code = { code: await nextCode(error, coded, code.code !== undefined) };
    }
  }
}

/** @throws ValidationError `INVALID_CODE`. */
async function givenIn({ code }: CodeFlags): Promise<CodePart> {
  if (code === undefined) return {};
  const { digitsOf } = await import('../../../client/gates/code.js');
  return { code: digitsOf(code) };
}

/** Whether all that is missing is a code, or the right one. */
function isAboutCode(error: unknown): error is ApiError {
  return error instanceof ApiError && ['CODE_REQUIRED', 'WRONG_CODE'].includes(error.code) && error.isVerdict;
}

/** The error for a code that was given and is of no use. */
function ofFlag(error: ApiError): Error {
  const advice =
    error.code === 'WRONG_CODE'
      ? 'look at it again; after 5 wrong ones it takes a new code'
      : 'that code is over: without --code a new one is sent';
  return new AdvisedError(error, advice);
}
