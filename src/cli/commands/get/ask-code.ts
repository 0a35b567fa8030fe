/** Having a code sent to the reader of a secret, and asking for it on the terminal. Loaded where a server asks for one. */

import { digitsOf } from '../../../client/gates/code.js';
import { requestCode, type SentCode } from '../../../client/read.js';
import { ApiError, ValidationError } from '../../../core/errors.js';
import { inWords } from '../../../core/waiting-time.js';
import type { Context } from '../../parser/command.js';
import type { LinkOptions, OpenedLink } from '../../parser/link.js';
import { blankAsAbsent } from '../../terminal/environment.js';
import { askHidden } from '../../terminal/prompt.js';
import type { Environment } from '../../terminal/terminal.js';

/** A read that may need a code. */
export interface CodedRead {
  readonly opened: OpenedLink;
  readonly options: LinkOptions;
  readonly context: Pick<Context, 'terminal' | 'reporter'>;
  /** The command that takes the code where there is no terminal. Default: the same one, with `--code`. */
  readonly codeCommand?: string | undefined;
}

/**
 * The code that its reader types, once one was sent.
 * @param error by which the server asked for a code, or for another one. @param wasGiven whether it was given one before.
 * @throws CliError exit 2 where a code was sent, and there is no terminal to ask for it on; what asking for one throws.
 */
export async function nextCode(error: ApiError, coded: CodedRead, wasGiven: boolean): Promise<string> {
  if (error.code === 'WRONG_CODE') {
    const again = await askForCode('Wrong code, try again', coded, null);
    if (again !== null) return again;
  } else if (wasGiven) await coded.context.reporter.info('that code does not count any more');
  for (;;) {
    const sent = await sendCode(coded);
    const question = sent === null ? 'Code' : `Code, sent to ${sent.sentTo}`;
    const code = await askForCode(`${question} (Enter alone sends another)`, coded, sent);
    if (code !== null) return code;
  }
}

/** Has a code sent; null where one was sent a moment ago, which its reader may have. */
async function sendCode({ opened, options, context }: CodedRead): Promise<SentCode | null> {
  const { terminal, reporter } = context;
  const language = languageOf(terminal.env);
  const asking = requestCode(opened.link, { ...options, ...(language === undefined ? {} : { language }) });
  try {
    return await reporter.waitFor(opened.waiting, asking);
  } catch (error) {
    if (!(error instanceof ApiError && error.code === 'RATE_LIMIT_EXCEEDED' && error.isVerdict)) throw error;
    await reporter.info(`a code was sent before; another can be sent ${inWords(error.retryAfter ?? 60)}`);
    return null;
  }
}

/** Asks until it is six digits; null for an empty line. */
async function askForCode(
  question: string,
  { context: { terminal }, codeCommand = 'the same command with --code' }: CodedRead,
  sent: SentCode | null,
): Promise<string | null> {
  const message = sent === null ? 'it takes a code' : `a code was sent to ${sent.sentTo}`;
  const missing = { message, advice: `give it within 10 minutes: ${codeCommand}` };
  for (let asked = question; ; asked = 'It is six digits. Code') {
    const answer = await askHidden(terminal, asked, missing);
    if (answer.trim() === '') return null;
    try {
      return digitsOf(answer);
    } catch (error) {
      if (!(error instanceof ValidationError)) throw error;
    }
  }
}

/** The language of the user, as `Accept-Language` has it. */
function languageOf(env: Environment): string | undefined {
  const locale = [env.LC_ALL, env.LC_MESSAGES, env.LANG].map(blankAsAbsent).find((one) => one !== undefined);
  return /^[a-z]{2}(?=[_.@]|$)/.exec(locale ?? '')?.[0];
}
