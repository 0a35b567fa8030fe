/** The options that every command takes. */

import type { Command } from 'commander';
import { usageError } from '../exit/cli-error.js';
import { CliOption } from './option.js';

/** Their heading in the help. */
export const EVERYWHERE = 'Everywhere:';

/** Their values. */
export interface CommonFlags {
  readonly server?: string;
  readonly config?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  /** False for `--no-color`. */
  readonly color: boolean;
  /** Milliseconds. */
  readonly timeout: number;
}

/** Declares them. */
export function declareEverywhere(command: Command, version: string): void {
  command
    .optionsGroup(EVERYWHERE)
    .option('--server <url>', 'the server to create on; a link names its own')
    .option('--config <file>', 'the config file to use')
    .option('--json', 'print the result as one JSON object')
    .option('-q, --quiet', 'print errors only')
    .option('--no-color', 'print no colours')
    .addOption(
      new CliOption('--timeout <seconds>', 'give up after this time')
        .default(10_000, '10')
        .argParser(parseTimeout),
    )
    .version(version, '-V, --version', 'print the version');
}

/**
 * Seconds, as `30` or `0.5`, in milliseconds.
 * @throws CliError exit 2 for anything else, and for more than an hour.
 */
export function parseTimeout(text: string): number {
  const seconds = /^[0-9]+(\.[0-9]+)?$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (!(seconds > 0 && seconds <= 3600))
    throw usageError('the timeout is not a number of seconds, up to 3600', 'write it as 30, or 0.5');
  return Math.ceil(seconds * 1000);
}
