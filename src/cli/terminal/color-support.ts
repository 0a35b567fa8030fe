/** What may be written to a terminal besides plain text: colours, other escape sequences, more than ASCII. */

import type { Environment, Output } from './terminal.js';

/**
 * Colours for a terminal, unless somebody said otherwise: `--no-color` and NO_COLOR (no-color.org) before
 * FORCE_COLOR (force-color.org; `0` and `false` say no, as for Node) before what the stream is. A refusal wins:
 * colours that are missing hurt nobody.
 * @param flag commander's `color`: false for `--no-color`.
 */
export function usesColor(stream: Output, env: Environment, flag: boolean | undefined): boolean {
  const { NO_COLOR, FORCE_COLOR } = env;
  if (flag === false || isSet(NO_COLOR)) return false;
  if (isSet(FORCE_COLOR)) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return supportsEscapes(env) && stream.isTerminal;
}

/**
 * Whether a terminal is sent escape sequences at all, such as a spinner's. One that is dumb or that nobody has named
 * takes none; and NO_COLOR, for whoever records or reads aloud what a terminal shows, means none of any kind.
 */
export function supportsEscapes({ NO_COLOR, TERM, OS }: Environment): boolean {
  // Windows has no TERM, and does have OS.
  const named = isSet(TERM) || isSet(OS);
  return named && TERM !== 'dumb' && !isSet(NO_COLOR);
}

/** Whether text may be more than ASCII: unless the locale (POSIX, section 8.2) is one of another encoding. */
export function supportsUnicode({ LC_ALL, LC_CTYPE, LANG }: Environment): boolean {
  const locale = [LC_ALL, LC_CTYPE, LANG].find(isSet);
  return locale === undefined || /utf-?8/i.test(locale);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}
