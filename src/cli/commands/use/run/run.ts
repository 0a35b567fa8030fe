/** `zephr run`: a command with secrets in its environment, masked in what it prints. */

import { fstatSync, statSync } from 'node:fs';
import { type LoggedUse, logAllowed, logRefused } from '../../../../broker/audit/uses.js';
import { SHORTEST_MASKED } from '../../../../broker/masking/forms.js';
import { maskedForms, type NamedSecret } from '../../../../broker/masking/masker.js';
import {
  type CommandLine,
  type End,
  type RunningCommand,
  startCommand,
} from '../../../../broker/running/command.js';
import { environmentWith } from '../../../../broker/running/environment.js';
import { inheritedDescriptors, rawWords } from '../../../../broker/running/inherited.js';
import { writeMemoryFiles } from '../../../../broker/running/memory-files.js';
import { findProgram } from '../../../../broker/running/program.js';
import { closeWriters, MaskedStream, makePipes } from '../../../../broker/running/streams.js';
import { isSystemError } from '../../../../core/errors.js';
import { requireVault } from '../../../../vault/unlocking/access.js';
import { CliError, usageError } from '../../../exit/cli-error.js';
import { EXIT } from '../../../exit/codes.js';
import { messageOf } from '../../../exit/reason.js';
import type { Context } from '../../../parser/command.js';
import type { Reporter } from '../../../terminal/reporter.js';
import type { Output, Terminal } from '../../../terminal/terminal.js';
import { loggedAs, requirePerson, vaultAccess } from '../../../vault/access.js';
import type { PlaceFlags } from '../../../vault/flags.js';
import { placeOf } from '../../../vault/place.js';
import { type ChoiceFlags, choose, valuesOf } from './chosen.js';
import { maskWithoutUs } from './mask-rest.js';
import { passSignalsOn } from './signals.js';

export type RunContext = Context<
  PlaceFlags &
    ChoiceFlags & {
      readonly cleanEnv?: boolean;
      readonly mask?: 'auto' | 'always' | 'never';
      readonly proxy?: boolean;
      readonly egress: 'open' | 'strict';
    }
>;

/** What is masked of standard output and standard error, and where it goes. */
interface MaskPlan {
  /** Descriptors that share one pipe, because they were one file before. */
  readonly pipes: readonly (readonly (1 | 2)[])[];
}

/** Runs the command. @returns its exit code; where a signal ended it, this process ends by that signal too. */
export async function run(context: RunContext): Promise<number> {
  const { flags, terminal, reporter, now } = context;
  const [name = '', ...args] = commandLineOf(context);
  if (flags.egress === 'strict' && !flags.proxy)
    throw usageError('--egress is what a proxy does', 'give --proxy too');
  if (flags.mask === 'never')
    await requirePerson('zephr run --mask never', context, loggedAs('run', terminal), {
      secrets: [],
      program: name,
    });
  const access = vaultAccess(flags, terminal);
  const [path, find] = await Promise.all([programAt(name, terminal), placeOf(flags, terminal)]);
  const { vault, way } = await requireVault(access);
  const place = await find(vault);
  const choices = await choose(vault, place, flags, reporter, now(), flags.proxy);
  const use = { secrets: [...new Set(choices.map((one) => one.name))], program: name };
  const proxied = flags.proxy ? await import('./proxied.js') : null;
  const placeholders = proxied?.placeholdersFor(choices, vault, place);
  const chosen = await loggingRefusals(use, context, () =>
    valuesOf(choices, vault, place, now(), placeholders),
  );
  const proxy = placeholders && (await proxied?.startForCommand(context, vault, place, placeholders));
  const masked = proxy
    ? [...proxy.masked, ...chosen.filter(({ name: one }) => !placeholders.has(one))]
    : chosen;
  const files = await writeMemoryFiles(
    chosen.filter((one) => one.as === 'file'),
    terminal,
  ).catch(async (error: unknown) => {
    await proxy?.end();
    throw error;
  });
  try {
    const plan = await planFor(masked, flags.mask ?? 'auto', terminal, reporter);
    const variables = [...chosen.filter((one) => one.as === 'value'), ...files.variables];
    const env = environmentWith(variables, terminal.env, {
      isClean: flags.cleanEnv ?? false,
      without: way === 'a systemd credential' ? ['CREDENTIALS_DIRECTORY'] : [],
    });
    Object.assign(env, proxy?.variables);
    const line = { path, name, args, env, ...rawWords(args, env) };
    // Without secrets it is as any other command, and nobody's business.
    const fail = choices.length === 0 ? null : await logAllowed(loggedAs('run', terminal), use, now);
    const end = await runMasked(line, masked, plan, terminal).catch(async (error: unknown) => {
      await fail?.(error);
      throw error;
    });
    files.remove();
    await proxy?.end();
    return 'code' in end ? end.code : terminal.endAs(end.signal);
  } finally {
    files.remove();
    await proxy?.end();
  }
}

/** Does what may be refused; a refusal is in the log. */
async function loggingRefusals<T>(use: LoggedUse, { terminal, now }: RunContext, work: () => T): Promise<T> {
  try {
    return work();
  } catch (error) {
    const isRefusal = error instanceof CliError && error.exit === EXIT.notAllowed;
    if (isRefusal) await logRefused(loggedAs('run', terminal), use, error, now);
    throw error;
  }
}

/** @throws CliError where there is none. */
function commandLineOf({ commandLine = [] }: RunContext): readonly string[] {
  if (commandLine[0] === undefined || commandLine[0] === '')
    throw usageError('there is no command to run', 'write it as: zephr run -- command arguments');
  return commandLine;
}

async function programAt(name: string, { env }: Terminal): Promise<string> {
  const found = await findProgram(name, env.PATH);
  if ('path' in found) return found.path;
  if (found.missing === 'no such program')
    throw new CliError(EXIT.commandNotFound, 'NO_COMMAND', `there is no command ${name}`);
  throw new CliError(EXIT.notExecutable, 'NOT_EXECUTABLE', `${name} cannot be executed`);
}

/** What has to be masked, by what the streams are. */
async function planFor(
  chosen: readonly NamedSecret[],
  when: 'auto' | 'always' | 'never',
  terminal: Terminal,
  reporter: Reporter,
): Promise<MaskPlan> {
  const short = chosen.filter(({ value }) => value.length < SHORTEST_MASKED).map(({ name }) => name);
  if (short.length > 0 && when !== 'never')
    await reporter.warn(`too short to be masked: ${[...new Set(short)].join(', ')}`);
  if (when === 'never' || short.length === chosen.length) return { pipes: [] };
  const masked = ([1, 2] as const).filter((descriptor) => {
    const stream = outputAt(descriptor, terminal);
    return !isNullDevice(descriptor) && (when === 'always' || !stream.isTerminal);
  });
  if (when === 'auto' && [1, 2].some((descriptor) => outputAt(descriptor as 1 | 2, terminal).isTerminal))
    await reporter.warn(
      'what goes to the terminal is not masked',
      'with --mask always it is, by way of a pipe',
    );
  const [one, other] = masked;
  if (one === undefined || other === undefined || !isSameFile(one, other))
    return { pipes: masked.map((descriptor) => [descriptor]) };
  return { pipes: [[one, other]] };
}

function outputAt(descriptor: 1 | 2, { stdout, stderr }: Terminal): Output {
  return descriptor === 1 ? stdout : stderr;
}

function isNullDevice(descriptor: number): boolean {
  const found = fstatSync(descriptor);
  return found.isCharacterDevice() && found.rdev === statSync('/dev/null').rdev;
}

function isSameFile(one: number, other: number): boolean {
  const [left, right] = [fstatSync(one), fstatSync(other)];
  return left.dev === right.dev && left.ino === right.ino;
}

/** The descriptors that the command gets: the standard ones, and others that this process was started with. */
function descriptorsOf(): (number | 'closed')[] {
  const all: (number | 'closed')[] = [0, 1, 2];
  for (const descriptor of inheritedDescriptors()) all[descriptor] = descriptor;
  return Array.from(all, (one) => one ?? 'closed');
}

/** Starts the command and waits for its end, and for all that it printed. */
async function runMasked(
  line: Omit<CommandLine, 'descriptors' | 'ownSession'>,
  secrets: readonly NamedSecret[],
  { pipes: groups }: MaskPlan,
  terminal: Terminal,
): Promise<End> {
  const descriptors = descriptorsOf();
  const pipes = await makePipes(groups.length);
  for (const [index, group] of groups.entries()) {
    for (const descriptor of group) descriptors[descriptor] = pipes[index]?.write ?? descriptor;
  }
  const screen = await terminal.openScreen();
  await screen?.close();
  let command: RunningCommand | undefined;
  const release = passSignalsOn(terminal, () => command);
  try {
    command = await startCommand({ ...line, descriptors, ownSession: screen === null }, terminal.kill).catch(
      (error: unknown) => {
        throw couldNotStart(line.name, error);
      },
    );
    closeWriters(pipes);
    const forms = maskedForms(secrets);
    const streams = pipes.map((pipe, index) => {
      const sink = outputAt(groups[index]?.[0] ?? 1, terminal);
      return {
        pipe,
        descriptor: groups[index]?.[0] ?? 1,
        stream: new MaskedStream(pipe, forms, (bytes) => sink.write(bytes)),
      };
    });
    const end = await command.ended;
    const left = await Promise.all(
      streams.map(async ({ stream, pipe, descriptor }) => ({
        position: await stream.leave(),
        pipe,
        descriptor,
      })),
    );
    await maskWithoutUs(secrets, left, terminal);
    return end;
  } finally {
    release();
  }
}

function couldNotStart(name: string, cause: unknown): CliError {
  const isMissing = isSystemError(cause, 'ENOENT');
  return new CliError(
    isMissing ? EXIT.commandNotFound : EXIT.notExecutable,
    isMissing ? 'NO_COMMAND' : 'NOT_EXECUTABLE',
    isMissing
      ? `${name} names an interpreter that is not there`
      : `${name} could not be started: ${messageOf(cause)}`,
    { cause },
  );
}
