/** What `zephr run` is and takes. */

import { CliError, Interrupted, usageError } from '../../../exit/cli-error.js';
import { EXIT } from '../../../exit/codes.js';
import { endingOf } from '../../../exit/ending.js';
import type { CliErrorCode } from '../../../exit/error-codes.js';
import type { CliCommand } from '../../../parser/command.js';
import { CliOption, oneOf, repeated } from '../../../parser/option.js';
import { declarePlace, declareVault } from '../../../vault/flags.js';
import { declareEgress } from '../proxy/command.js';
import type { RunContext } from './run.js';

/** Adds the command. */
export function addRun(program: CliCommand): void {
  program.command('run').summary('start a command with secrets, mask output').declares(declare);
}

function declare(command: CliCommand): void {
  declareVault(declarePlace(command))
    .failsWith(notStarted)
    .usage('[options] -- <command> [arguments]')
    .description(
      'Starts a command with secrets of the vault in its environment, and masks them in its output. Its exit code is ' +
        'that of the command, and a signal that ends the command ends zephr too. 125, 126 and 127 are failures before ' +
        'the command has started.',
    )
    .option('--only <names>', 'these secrets and no others: A,B')
    .addOption(
      new CliOption('--var <VAR=NAME>', 'a secret under another name; repeatable').argParser(repeated),
    )
    .addOption(
      new CliOption('--file <VAR=NAME>', 'a secret as a file in memory; repeatable').argParser(repeated),
    )
    .addOption(
      new CliOption('--from-link <VAR=file>', 'the secret of a one-time link; repeatable').argParser(
        repeated,
      ),
    )
    .option('--clean-env', 'pass on only what a command needs to find its way')
    .addOption(
      oneOf(new CliOption('--mask <when>', 'auto, always or never').default(undefined, 'auto'), MASK, () =>
        usageError('--mask is auto, always or never'),
      ),
    )
    .option('--proxy', 'with a proxy that puts bound secrets into its requests')
    .addOption(declareEgress())
    .takesCommandLine(null)
    .example('zephr run -- npm start', 'with all that is for processes')
    .example('zephr run --only DB_PASSWORD -- psql -h db')
    .example('zephr run --proxy -- agent', 'bound secrets stay here')
    .runs(async (context: RunContext) => (await import('./run.js')).run(context), { ownInterrupts: true });
}

/** When output is masked. */
const MASK = ['auto', 'always', 'never'] as const;

/** The error for what went wrong before the command was started: whatever it was, the exit code says only that. */
function notStarted(error: unknown): unknown {
  if (error instanceof Interrupted) return error;
  const { exit, code, message, advice } = endingOf(error);
  const isOurs = exit === EXIT.notExecutable || exit === EXIT.commandNotFound;
  return new CliError(isOurs ? exit : EXIT.notStarted, code as CliErrorCode, message, {
    advice,
    cause: error,
  });
}
