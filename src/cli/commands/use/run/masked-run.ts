/** A command that is started, masked in what it prints, and waited for. */

import { fstatSync, statSync } from 'node:fs';
import { SHORTEST_MASKED } from '../../../../broker/masking/forms.js';
import { maskedForms, type NamedSecret } from '../../../../broker/masking/masker.js';
import {
  type CommandLine,
  type End,
  type RunningCommand,
  startCommand,
} from '../../../../broker/running/command.js';
import { inheritedDescriptors } from '../../../../broker/running/inherited.js';
import { launcherFor } from '../../../../broker/running/launcher.js';
import {
  closePipes,
  closeWriters,
  MaskedStream,
  makePipes,
  type Pipe,
} from '../../../../broker/running/streams.js';
import { isSystemError } from '../../../../core/errors.js';
import { CliError } from '../../../exit/cli-error.js';
import { EXIT } from '../../../exit/codes.js';
import { messageOf } from '../../../exit/reason.js';
import type { Reporter } from '../../../terminal/reporter.js';
import type { Output, Terminal } from '../../../terminal/terminal.js';
import type { LeftStream } from './mask-rest.js';
import { passSignalsOn } from './signals.js';

/** Of standard output and standard error those that a pipe is for: both, where they are one file. */
type Group = readonly (1 | 2)[];

/** When output is masked. */
export type When = 'auto' | 'always' | 'never';

/** What a command's streams will be. */
export interface Preparation {
  /** The descriptors that it gets where nothing is masked: those that this process was started with. */
  readonly descriptors: readonly (number | 'closed')[];
  /** The streams that are masked if there is something to mask. */
  readonly groups: readonly Group[];
  /** A pipe for each of these. */
  readonly pipes: Promise<readonly Pipe[]>;
}

/** Looks at the streams, and has pipes made while the vault is opened: that takes another program. */
export function prepare(when: When, terminal: Terminal): Preparation {
  // Before this process has files of its own.
  const descriptors = descriptorsOf();
  const groups = groupsFor(when, terminal);
  const pipes = makePipes(groups.length);
  // Who uses them is told.
  pipes.catch(() => undefined);
  return { descriptors, groups, pipes };
}

function groupsFor(when: When, terminal: Terminal): readonly Group[] {
  const masked = ([1, 2] as const).filter(
    (descriptor) =>
      when !== 'never' &&
      !isNullDevice(descriptor) &&
      (when === 'always' || !outputAt(descriptor, terminal).isTerminal),
  );
  const [one, other] = masked;
  if (one !== undefined && other !== undefined && isSameFile(one, other)) return [[one, other]];
  return masked.map((descriptor) => [descriptor]);
}

/** Whether something will be masked. What will not be is said. */
export async function isMasked(
  chosen: readonly NamedSecret[],
  when: When,
  { groups }: Preparation,
  terminal: Terminal,
  reporter: Reporter,
): Promise<boolean> {
  const short = chosen.filter(({ value }) => value.length < SHORTEST_MASKED).map(({ name }) => name);
  if (short.length > 0 && when !== 'never')
    await reporter.warn(`too short to be masked: ${[...new Set(short)].join(', ')}`);
  if (when === 'never' || short.length === chosen.length) return false;
  const shown = ([1, 2] as const).filter((descriptor) => outputAt(descriptor, terminal).isTerminal);
  if (when === 'auto' && shown.length > 0) {
    const names = shown.map((descriptor) => (descriptor === 1 ? 'stdout' : 'stderr')).join(' and ');
    await reporter.warn(
      `${names} ${shown.length === 1 ? 'is' : 'are'} the terminal, and not masked there`,
      'with --mask always a terminal is masked too, by way of a pipe',
    );
  }
  return groups.length > 0;
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

/**
 * Becomes the command, where nothing of it is masked and nothing is left to do for it. By way of a shell, which says what
 * cannot be executed, and is the command then.
 */
export async function becomeCommand(
  { name, args, env, ...line }: Omit<CommandLine, 'descriptors' | 'ownSession'>,
  { pipes }: Preparation,
  { become }: Terminal,
): Promise<void> {
  if (become === undefined) return;
  closePipes(await pipes.catch(() => []));
  const script = launcherFor({ ...line, args }) ?? 'exec "$@"';
  become('/bin/sh', ['sh', '-c', script, 'sh', name, ...args], env);
}

/** A command that was started. */
export interface MaskedRun {
  /** Resolves once it has ended, and all that it printed is passed on. */
  readonly ended: Promise<End>;
}

/**
 * Starts the command. Signals are passed on to it from here on.
 * @param secrets those that are masked; null where nothing is.
 * @throws CliError exit 126 or 127.
 */
export async function startMasked(
  line: Omit<CommandLine, 'descriptors' | 'ownSession'>,
  secrets: readonly NamedSecret[] | null,
  prepared: Preparation,
  terminal: Terminal,
): Promise<MaskedRun> {
  const { groups } = prepared;
  const descriptors = [...prepared.descriptors];
  const pipes = secrets === null ? [] : await prepared.pipes;
  for (const [index, pipe] of pipes.entries()) {
    for (const descriptor of groups[index] ?? []) descriptors[descriptor] = pipe.write;
  }
  const screen = await terminal.openScreen();
  await screen?.close();
  let command: RunningCommand | undefined;
  let streams: { pipe: Pipe; descriptor: 1 | 2; stream: MaskedStream }[] = [];
  const settled = () => Promise.all(streams.map(({ stream }) => stream.settled()));
  const release = passSignalsOn(terminal, () => command, settled);
  const started = await startCommand(
    { ...line, descriptors, ownSession: screen === null },
    terminal.kill,
  ).catch((error: unknown) => {
    release();
    throw couldNotStart(line.name, error);
  });
  command = started;
  closeWriters(pipes);
  const forms = maskedForms(secrets ?? []);
  streams = pipes.map((pipe, index) => {
    const sink = outputAt(groups[index]?.[0] ?? 1, terminal);
    return {
      pipe,
      descriptor: groups[index]?.[0] ?? 1,
      stream: new MaskedStream(pipe, forms, (bytes) => sink.write(bytes)),
    };
  });
  const finish = async (): Promise<End> => {
    const end = await started.ended;
    const left: LeftStream[] = [];
    const leave = async ({ stream, pipe, descriptor }: (typeof streams)[number]) => {
      const position = await stream.leave();
      if (position !== null) left.push({ position, pipe, descriptor });
    };
    await Promise.all(streams.map(leave));
    if (left.length > 0) await (await import('./mask-rest.js')).maskWithoutUs(secrets ?? [], left, terminal);
    return end;
  };
  const ended = finish().finally(release);
  // Whoever has started it waits for the end a little later.
  ended.catch(() => undefined);
  return { ended };
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
