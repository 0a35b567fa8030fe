/** The options that every command takes. */

import type { Command } from 'commander';
import { parseDuration } from '../../core/duration.js';
import { usageError } from '../exit/cli-error.js';
import { CliOption } from './option.js';

/** Their heading in the help. */
export const EVERYWHERE = 'Everywhere:';

/**
 * Gives what declares them for a command. The declarations are shared: a command has its own values, not its own options.
 */
export function declareEverywhere(version: string): (command: Command) => void {
  const options = [
    new CliOption('--server <url>', 'the server to create on; a link names its own'),
    new CliOption('--config <file>', 'the config file to use'),
    new CliOption('--ca-file <pem>', 'trust these certificate authorities and no others').readsFrom(
      'ZEPHR_CA_FILE',
    ),
    new CliOption('--json', 'print the result as one JSON object'),
    new CliOption('-q, --quiet', 'print errors only'),
    new CliOption('--no-color', 'print no colors'),
    new CliOption('--timeout <seconds>', 'give up after this time')
      .default(10_000, '10')
      .argParser(parseTimeout),
  ];
  return (command) => {
    command.optionsGroup(EVERYWHERE);
    for (const option of options) command.addOption(option);
    command.version(version, '-V, --version', 'print the version');
  };
}

/**
 * A number of seconds, as `30` or `0.5`, or a duration, as `90s` or `2m`, in milliseconds.
 * @throws CliError exit 2 for anything else, and for more than an hour.
 */
export function parseTimeout(text: string): number {
  const trimmed = text.trim();
  const seconds = /^[0-9]+(\.[0-9]+)?$/.test(trimmed) ? Number(trimmed) : parseDuration(trimmed);
  if (seconds === null || !(seconds > 0 && seconds <= 3600))
    throw usageError('the timeout is not a number of seconds, up to 3600', 'write it as 30, 0.5 or 2m');
  return Math.ceil(seconds * 1000);
}
