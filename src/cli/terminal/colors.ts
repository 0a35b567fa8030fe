/** The colours of what is said on stderr. Loaded when something is coloured, which in a pipe is never. */

import { Chalk } from 'chalk';

// Whether to colour at all is decided elsewhere; the sixteen colours of level 1 are in the person's own palette.
const chalk = new Chalk({ level: 1 });

/** What a word is, for its colour. */
export type Role = 'error' | 'warning' | 'advice' | 'label';

export const paint: Readonly<Record<Role, (text: string) => string>> = {
  error: chalk.red.bold,
  warning: chalk.yellow,
  advice: chalk.cyan,
  label: chalk.bold,
};
