/** What may be written to a terminal besides plain text: colors, other escape sequences, more than ASCII. */

import type { Environment, Output } from './terminal.js';

/**
 * Whether to write in colors. `--no-color` and NO_COLOR (no-color.org) say no. Next, FORCE_COLOR (force-color.org)
 * says yes, or no with `0` and `false`, as for Node. Otherwise a terminal gets colors, and a pipe or a file does not.
 * @param flag false for `--no-color`.
 */
export function usesColor(stream: Output, env: Environment, flag: boolean | undefined): boolean {
  const { NO_COLOR, FORCE_COLOR } = env;
  if (flag === false || isSet(NO_COLOR)) return false;
  if (isSet(FORCE_COLOR)) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return supportsEscapes(env) && stream.isTerminal;
}

/**
 * Whether a terminal gets escape sequences at all, such as a spinner's. A terminal that is `dumb` or has no name in
 * TERM gets none. NO_COLOR means none of any kind: it is set where the output is recorded or read aloud.
 */
export function supportsEscapes({ NO_COLOR, TERM, OS }: Environment): boolean {
  // Windows has no TERM, and does have OS.
  const named = isSet(TERM) || isSet(OS);
  return named && TERM !== 'dumb' && !isSet(NO_COLOR);
}

/** Whether text may be more than ASCII: not where the locale (POSIX, section 8.2) names an encoding other than UTF-8. */
export function supportsUnicode({ LC_ALL, LC_CTYPE, LANG }: Environment): boolean {
  const locale = [LC_ALL, LC_CTYPE, LANG].find(isSet);
  return locale === undefined || /utf-?8/i.test(locale);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}
