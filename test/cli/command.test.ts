/** What a command gets of its declaration: arguments, options and variables in one context, and what it returns. */

import { Argument } from 'commander';
import { describe, expect, it } from 'vitest';
import { usageError } from '../../src/cli/exit/cli-error.js';
import { EXIT, type ExitCode } from '../../src/cli/exit/codes.js';
import { CliCommand, type Context, type Run } from '../../src/cli/parser/command.js';
import { declareEverywhere } from '../../src/cli/parser/everywhere.js';
import { CliOption, oneOf, wholeNumber } from '../../src/cli/parser/option.js';
import { optionsOf, pathOf, withCommands } from '../../src/cli/parser/tree.js';
import { commandNamed } from '../../src/cli/parser/usage.js';
import { createProgram } from '../../src/cli/program.js';
import type { CommonFlags } from '../../src/cli/settings/settings.js';
import { fakeTerminal } from '../support/fake-terminal.js';

interface Flags extends CommonFlags {
  readonly count: number;
  readonly loud?: boolean;
  readonly shape?: string;
}

interface Args {
  readonly firstOne: string;
  readonly second?: string;
}

/** Runs a program with one command, `try`, and gives what that command got and how the run ended. */
async function run(args: string[], env: Record<string, string> = {}, code: ExitCode = EXIT.done) {
  const one: Run = { terminal: fakeTerminal({ env }), exit: EXIT.done };
  const program = new CliCommand('program', one).enablePositionalOptions().option('--loud', '');
  let got: Context<Flags, Args> | undefined;
  const command = program
    .command('try')
    .argument('<first-one>', '')
    .addArgument(oneOf(new Argument('[second]', ''), ['left', 'right'], (near) => usageError(`near ${near}`)))
    .addOption(
      new CliOption('--count <n>', '')
        .default(7)
        .readsFrom('COUNT')
        .argParser(wholeNumber({ min: 1, max: 99 }, 'not from 1 to 99')),
    )
    .addOption(new CliOption('--loud', '').readsFrom('LOUD'))
    .addOption(new CliOption('--shape <shape>', '').excludes('loud', 'a shape is not loud', 'leave one out'))
    .runs(async (context: Context<Flags, Args>) => {
      got = context;
      return code;
    });
  withCommands(program).forEach(declareEverywhere('1.2.3'));
  for (const each of [program, command]) each.exitOverride();
  program.hook('preSubcommand', () => command.inherit());
  await program.parseAsync(args, { from: 'user' });
  return { args: got?.args, flags: got?.flags, exit: one.exit };
}

describe('a command', () => {
  it('gets its arguments by name', async () => {
    expect((await run(['try', 'x', 'left'])).args).toEqual({ firstOne: 'x', second: 'left' });
    expect((await run(['try', 'x'])).args).toEqual({ firstOne: 'x', second: undefined });
  });

  it('gets flags before variables before defaults, each as what it stands for', async () => {
    expect((await run(['try', 'x'])).flags).toMatchObject({ count: 7, timeout: 10_000, color: true });
    expect((await run(['try', 'x'], { COUNT: ' 8 ', LOUD: '1' })).flags).toMatchObject({
      count: 8,
      loud: true,
    });
    expect((await run(['try', 'x', '--count', '9'], { COUNT: '8' })).flags).toMatchObject({ count: 9 });
    expect((await run(['try', 'x'], { COUNT: ' ', LOUD: '' })).flags).toMatchObject({ count: 7 });
    expect((await run(['try', 'x'], { LOUD: 'false' })).flags).toMatchObject({ loud: false });
    expect((await run(['try', 'x', '--loud'], { LOUD: 'perhaps' })).flags).toMatchObject({ loud: true });
  });

  it.each([
    [{ COUNT: '0' }, 'not from 1 to 99'],
    [{ COUNT: '007' }, 'not from 1 to 99'],
    [{ COUNT: '1e1' }, 'not from 1 to 99'],
    [{ LOUD: 'perhaps' }, 'LOUD is not a switch'],
  ])('refuses variables that say nothing: %o', async (env, message) => {
    await expect(run(['try', 'x'], env)).rejects.toMatchObject({ message, exit: EXIT.usage });
  });

  it('gets options that stand before its name, and its own where both are given', async () => {
    expect((await run(['--loud', 'try', 'x'])).flags).toMatchObject({ loud: true });
    expect((await run(['--timeout', '5', '--no-color', 'try', 'x'])).flags).toMatchObject({
      timeout: 5_000,
      color: false,
    });
    expect((await run(['--timeout', '5', 'try', 'x', '--timeout', '6'])).flags?.timeout).toBe(6_000);
    expect((await run(['try', 'x', '--no-color'])).flags?.color).toBe(false);
  });

  it.each([
    ['lift', 'near left'],
    ['hunter2', 'near undefined'],
  ])('refuses %s, which is no choice, in words of its own', async (word, message) => {
    await expect(run(['try', 'x', word])).rejects.toMatchObject({ message });
  });

  it('decides the exit code by what it returns', async () => {
    expect((await run(['try', 'x'], {}, EXIT.gone)).exit).toBe(EXIT.gone);
  });
});

describe('options that exclude each other', () => {
  it.each([
    [['get', 'x', '--copy', '-o', 'y'], 'the secret goes to one place: the clipboard or the output'],
    [['--copy', 'get', 'x', '-o', 'y'], 'the secret goes to one place: the clipboard or the output'],
    [['status', 'x', '--key-file', 'a', '--key', 'b'], 'the key is given twice: with --key and --key-file'],
  ])('%j are refused in the words of the declaration', async (args, message) => {
    const program = createProgram({ terminal: fakeTerminal(), exit: EXIT.done }, '1.2.3', {
      writeErr: () => undefined,
    });
    await expect(program.parseAsync(args, { from: 'user' })).rejects.toMatchObject({
      message,
      exit: EXIT.usage,
    });
  });
});

describe('the program', () => {
  const program = () => createProgram({ terminal: fakeTerminal(), exit: EXIT.done }, '1.2.3', {});

  /** The commands whose options are declared. */
  const declaredIn = ({ commands }: CliCommand) =>
    commands.filter(({ options }) => options.length > 0).map((one) => one.name());

  it('declares no command before it is called or looked at', () => {
    const tree = program();
    expect(tree.commands.map((one) => one.name())).toContain('get');
    expect(declaredIn(tree)).toEqual([]);
    optionsOf(commandNamed(['get'], tree));
    expect(declaredIn(tree)).toEqual(['get']);
    expect(pathOf(commandNamed(['config', 'set'], tree))).toBe('zephr config set');
    expect(declaredIn(tree)).toEqual(['get', 'config']);
  });

  it('declares only the command that is called, with what was given before its name', async () => {
    const tree = program();
    const called = tree.parseAsync(['--json', 'status', '--is', 'gone'], { from: 'user' });
    await expect(called).rejects.toMatchObject({ exit: EXIT.usage });
    expect(declaredIn(tree)).toEqual(['status']);
    expect(tree.commands.find((one) => one.name() === 'status')?.opts()).toMatchObject({ json: true });
  });
});
