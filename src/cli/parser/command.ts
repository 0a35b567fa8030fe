/**
 * A command as commander has it, with what zephr's commands have besides: examples, variables for options, and an
 * action that gets one context and returns an exit code.
 */

import { Command, CommanderError, type Option } from 'commander';
import type { CommonFlags } from '../settings/settings.js';
import { blankAsAbsent } from '../terminal/environment.js';
import { createReporter, type Reporter } from '../terminal/reporter.js';
import type { Terminal } from '../terminal/terminal.js';
import { CliOption } from './option.js';

/** One run of the program: the terminal it has, and the exit code that its command returned. */
export interface Run {
  readonly terminal: Terminal;
  exit: number;
}

/** What a command's function gets. */
export interface Context<Flags extends CommonFlags = CommonFlags, Args extends object = object> {
  /** The arguments, by their declared names. */
  readonly args: Args;
  /** The options, from flags, variables and declared defaults. */
  readonly flags: Flags;
  /** The words behind `--`, of a command that takes a command line and was given one. */
  readonly commandLine?: readonly string[] | undefined;
  readonly terminal: Terminal;
  readonly reporter: Reporter;
  /** The clock: milliseconds since 1970. */
  readonly now: () => number;
}

/** A line of a shell, and what it gives. */
export interface Example {
  readonly line: string;
  readonly note: string;
}

/** An id that begins with a hyphen, or its start; with two hyphens the whole of it, as long options begin so. */
const HYPHEN_ID = /^-(?:[A-Za-z0-9_][A-Za-z0-9_-]{4,20}|-[A-Za-z0-9_-]{20})$/;

export class CliCommand extends Command {
  readonly #run: Run;
  readonly #finish: (command: CliCommand) => void;
  #declare: ((command: CliCommand) => void) | undefined;
  #isDeclared = false;
  readonly #examples: Example[] = [];
  #takesIds = false;
  #judgesWords = false;
  /** Null where every `--` begins a command line. */
  #commandLineFlag: string | null | undefined;
  #commandLine: readonly string[] | undefined;
  #failure: (error: unknown) => unknown = (error) => error;

  /** @param finish adds what every command has, once the command's own declaration is there. */
  constructor(name: string, run: Run, finish: (command: CliCommand) => void = () => undefined) {
    super(name);
    this.#run = run;
    this.#finish = finish;
  }

  override createCommand(name = ''): CliCommand {
    return new CliCommand(name, this.#run, this.#finish);
  }

  override createOption(flags: string, description?: string): CliOption {
    return new CliOption(flags, description);
  }

  /**
   * Puts off what the command takes and does until `declareNow`. A run calls one command, and declaring
   * the other twenty costs a create a fortieth of its processor time. Name, aliases and summary suffice to find a command.
   */
  declares(declare: (command: CliCommand) => void): this {
    this.#declare = declare;
    return this;
  }

  /** Declares what was put off, the first time: before the command is called, or looked at. */
  declareNow(): this {
    if (this.#isDeclared) return this;
    this.#isDeclared = true;
    this.#declare?.(this);
    this.#finish(this);
    return this;
  }

  /** How the command is used: help and man page show it. */
  get examples(): readonly Example[] {
    return this.#examples;
  }

  /** Adds an example. */
  example(line: string, note = ''): this {
    this.#examples.push({ line, note });
    return this;
  }

  /**
   * Makes the words behind `--` a command line of their own, untouched, where the flag stands before them.
   * @param flag such as `--exec`, which is declared as an option too; null where none has to.
   */
  takesCommandLine(flag: string | null): this {
    this.#commandLineFlag = flag;
    return this;
  }

  override parseOptions(words: string[]) {
    const end = words.indexOf('--');
    const flag = this.#commandLineFlag;
    const hasCommandLine =
      end >= 0 && flag !== undefined && (flag === null || words.slice(0, end).includes(flag));
    if (hasCommandLine) this.#commandLine = words.slice(end + 1);
    try {
      return this.#parseWithIds(hasCommandLine ? words.slice(0, end) : words);
    } catch (error) {
      // commander's own are put into our words where they are caught.
      throw error instanceof CommanderError ? error : this.failure(error);
    }
  }

  /** Parses options; a word that begins with a hyphen is an id where the command takes one and no option has its name. */
  #parseWithIds(words: string[]): ReturnType<Command['parseOptions']> {
    const end = words.indexOf('--');
    const isId = (word: string, place: number) =>
      this.#takesIds &&
      HYPHEN_ID.test(word) &&
      (end < 0 || place < end) &&
      !this.#isOption(word, words[place - 1]);
    const ids = words.filter(isId);
    const { operands, unknown } = super.parseOptions(words.filter((word, place) => !isId(word, place)));
    return { operands: [...operands, ...ids], unknown };
  }

  /** Whether a word is an option of this command, alone or with its value, or the value of the one before it. */
  #isOption(word: string, before: string | undefined): boolean {
    const isNamed = (option: Option, text: string | undefined) =>
      text !== undefined && (option.short === text || option.long === text);
    return this.options.some(
      (option) =>
        isNamed(option, word) ||
        option.short === word.slice(0, 2) ||
        (option.required && isNamed(option, before)),
    );
  }

  /** Leaves it to the command's action what words behind its arguments mean. */
  judgesWords(): this {
    this.#judgesWords = true;
    return this;
  }

  /** Whether words behind the arguments are no wrong usage by themselves. */
  get mayHaveMoreWords(): boolean {
    return this.#judgesWords;
  }

  /** Takes arguments for ids that begin with a hyphen, as some do. */
  takesIds(): this {
    this.#takesIds = true;
    return this;
  }

  /**
   * Makes every failure of this command end in one way: the exit codes of a program that starts others are those of
   * the others.
   * @param failure from an error to the one that is reported.
   */
  failsWith(failure: (error: unknown) => unknown): this {
    this.#failure = failure;
    return this;
  }

  /** The error that is reported for a failure of this command. */
  failure(error: unknown): unknown {
    return this.#failure(error);
  }

  /**
   * Declares what the command does.
   * @param action is called in its context, and returns the exit code. The types of flags and arguments are those
   *   that the declaration gives.
   * @param ownInterrupts the command deals with interrupts itself. Otherwise one fires `terminal.interrupt`.
   */
  runs<Flags extends CommonFlags, Args extends object>(
    action: (context: Context<Flags, Args>) => Promise<number>,
    { ownInterrupts = false } = {},
  ): this {
    return this.action(async () => {
      const { terminal } = this.#run;
      this.#readVariables();
      const flags = this.opts<Flags>();
      const { quiet = false, json, color } = flags;
      const reporter = createReporter(terminal, { quiet, json, color });
      const commandLine = this.#commandLine;
      const context = {
        args: this.#arguments<Args>(),
        flags,
        commandLine,
        terminal,
        reporter,
        now: Date.now,
      };
      const release = ownInterrupts ? () => undefined : terminal.catchInterrupts();
      try {
        this.#run.exit = await action(context);
      } catch (error) {
        throw this.failure(error);
      } finally {
        release();
      }
    });
  }

  /** Takes over the options that were given before the name of this command, as in `zephr --json get`. */
  inherit(ancestor = this.parent): void {
    if (ancestor === null) return;
    this.inherit(ancestor.parent);
    for (const option of this.options) {
      const name = option.attributeName();
      const source = ancestor.getOptionValueSource(name);
      if (source === 'cli') this.setOptionValueWithSource(name, ancestor.getOptionValue(name), source);
    }
  }

  /** Sets the options that were not given as flags from their variables. A blank variable counts as absent. */
  #readVariables(): void {
    for (const option of this.options) {
      if (!(option instanceof CliOption) || option.variable === undefined) continue;
      const name = option.attributeName();
      const text = blankAsAbsent(this.#run.terminal.env[option.variable]);
      if (text === undefined || this.getOptionValueSource(name) === 'cli') continue;
      this.setOptionValueWithSource(name, option.parseVariable(text), 'env');
    }
  }

  #arguments<Args>(): Args {
    const entries = this.registeredArguments.map((argument, index) => {
      const name = argument.name().replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
      return [name, this.processedArgs[index]];
    });
    return Object.fromEntries(entries);
  }
}

/** The examples of a command of the tree. */
export function examplesOf(command: Command): readonly Example[] {
  return command instanceof CliCommand ? command.examples : [];
}
