/** Whether what is written somewhere may be coloured. */

import type { Environment, Output } from './terminal.js';

/**
 * Colours for a terminal, unless somebody said otherwise: `--no-color` and NO_COLOR (no-color.org) before
 * FORCE_COLOR (force-color.org; `0` and `false` say no, as for Node) before what the stream is. A refusal wins:
 * colours that are missing hurt nobody.
 * @param flag commander's `color`: false for `--no-color`.
 */
export function usesColour(stream: Output, env: Environment, flag: boolean | undefined): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = env;
  if (flag === false || isSet(NO_COLOR)) return false;
  if (isSet(FORCE_COLOR)) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return TERM !== 'dumb' && stream.isTerminal;
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}
