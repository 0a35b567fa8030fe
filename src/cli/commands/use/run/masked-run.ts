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
import { closeWriters, MaskedStream, makePipes } from '../../../../broker/running/streams.js';
import { isSystemError } from '../../../../core/errors.js';
import { CliError } from '../../../exit/cli-error.js';
import { EXIT } from '../../../exit/codes.js';
import { messageOf } from '../../../exit/reason.js';
import type { Reporter } from '../../../terminal/reporter.js';
import type { Output, Terminal } from '../../../terminal/terminal.js';
import { maskWithoutUs } from './mask-rest.js';
import { passSignalsOn } from './signals.js';

/** What is masked of standard output and standard error, and where it goes. */
export interface MaskPlan {
  /** Descriptors that share one pipe, because they were one file before. */
  readonly pipes: readonly (readonly (1 | 2)[])[];
}

/** What has to be masked, by what the streams are. */
export async function planFor(
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

/** A command that was started. */
export interface MaskedRun {
  /** Resolves once it has ended, and all that it printed is passed on. */
  readonly ended: Promise<End>;
}

/**
 * Starts the command. Signals are passed on to it from here on.
 * @throws CliError exit 126 or 127.
 */
export async function startMasked(
  line: Omit<CommandLine, 'descriptors' | 'ownSession'>,
  secrets: readonly NamedSecret[],
  { pipes: groups }: MaskPlan,
  terminal: Terminal,
): Promise<MaskedRun> {
  const descriptors = descriptorsOf();
  const pipes = await makePipes(groups.length);
  for (const [index, group] of groups.entries()) {
    for (const descriptor of group) descriptors[descriptor] = pipes[index]?.write ?? descriptor;
  }
  const screen = await terminal.openScreen();
  await screen?.close();
  let command: RunningCommand | undefined;
  const release = passSignalsOn(terminal, () => command);
  const started = await startCommand(
    { ...line, descriptors, ownSession: screen === null },
    terminal.kill,
  ).catch((error: unknown) => {
    release();
    throw couldNotStart(line.name, error);
  });
  command = started;
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
  const finish = async (): Promise<End> => {
    const end = await started.ended;
    const left = await Promise.all(
      streams.map(async ({ stream, pipe, descriptor }) => ({
        position: await stream.leave(),
        pipe,
        descriptor,
      })),
    );
    await maskWithoutUs(secrets, left, terminal);
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
