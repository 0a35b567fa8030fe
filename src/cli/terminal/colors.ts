/** The colors of messages on stderr. Loaded for the first colored word; in a pipe there is none. */

import { Chalk } from 'chalk';

// color-support.ts decides whether there are colors at all. Level 1 is the sixteen colors of the person's own palette.
const chalk = new Chalk({ level: 1 });

/** What a word is for, which decides its color. */
export type Role = 'error' | 'warning' | 'advice' | 'label';

export const paint: Readonly<Record<Role, (text: string) => string>> = {
  error: chalk.red.bold,
  warning: chalk.yellow,
  advice: chalk.cyan,
  label: chalk.bold,
};
