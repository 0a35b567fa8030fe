/**
 * An option as commander has it, with what zephr's options have besides: a variable, values that a shell can offer,
 * and words of our own for a wrong value. Help, man page, completions and validation all read it.
 */

import { type Argument, Option } from 'commander';
import { type CliError, usageError } from '../exit/cli-error.js';
import { suggest } from './suggest.js';

/** The values that a shell can offer: some words, or the names of files. */
export type Offered = readonly string[] | 'files';

export class CliOption extends Option {
  /** What a shell offers where no list of choices is declared; any other value is accepted too. */
  offered: Offered | undefined;
  /** The environment variable that is read where the flag is missing. */
  variable: string | undefined;
  /** Makes the error for this option together with the one that it excludes. */
  conflict: (() => CliError) | undefined;

  /** Declares what a shell offers for the value. */
  offers(values: Offered): this {
    this.offered = values;
    return this;
  }

  /**
   * Declares the variable. commander's own `env()` reads `process.env`, takes a blank variable for a value, and takes
   * a switch that is `0` for one that is on.
   */
  readsFrom(variable: string): this {
    this.variable = variable;
    return this;
  }

  /**
   * Declares other options that cannot be given together with this one, and the error for giving both.
   * @param names the attributes of the others among the flags, such as `keyFile`.
   */
  excludes(names: string | readonly string[], message: string, advice?: string): this {
    this.conflict = () => usageError(message, advice);
    return this.conflicts([names].flat());
  }

  /**
   * The value that the text of a variable stands for.
   * @throws CliError exit 2 when it is none.
   */
  parseVariable(text: string): unknown {
    if (this.isBoolean()) return this.#switch(text);
    return this.parseArg === undefined ? text : this.parseArg<unknown>(text, undefined);
  }

  #switch(text: string): boolean {
    if (text === '1' || text === 'true') return true;
    if (text === '0' || text === 'false') return false;
    throw usageError(`${this.variable} is not a switch`, 'set it to 1 or 0');
  }
}

/**
 * Declares that a value is one of some words. commander's own message for another value would repeat it, and it may
 * be a secret in the wrong place.
 * @param wrong the error for another value; `near` is the word that was probably meant.
 */
export function oneOf<Target extends Option | Argument>(
  target: Target,
  values: readonly string[],
  wrong: (near: string | undefined) => CliError,
): Target {
  target.choices(values);
  target.argParser((text: string) => {
    if (!values.includes(text)) throw wrong(suggest(text, values));
    return text;
  });
  return target;
}

/** A parser for a whole number from `min` to `max`, in digits; `message` and `advice` are for everything else. */
export function wholeNumber(
  { min, max }: { readonly min: number; readonly max: number },
  message: string,
  advice?: string,
): (text: string) => number {
  return (text) => {
    const digits = /^[0-9]+$/.test(text) && text.length <= String(max).length;
    const value = digits ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) throw usageError(message, advice);
    return value;
  };
}

/** The values of an option that can be given several times, for `argParser`. */
export function repeated(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
