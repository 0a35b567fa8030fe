/** What `zephr config` and its commands are and take. */

import { Argument } from 'commander';
import { usageError } from '../../exit/cli-error.js';
import type { CliCommand } from '../../parser/command.js';
import { oneOf } from '../../parser/option.js';
import { CONFIG_KEYS } from '../../settings/choices.js';
import type { ConfigContext, ConfigKeyContext, SetConfigContext } from './config.js';

/** Adds the commands. */
export function addConfig(program: CliCommand): void {
  program.command('config').summary('look at the config file and change it').declares(declare);
}

function declare(config: CliCommand): void {
  config
    .description(
      'Looks at the config file and changes it. Its keys are server, apiKey, expiry, link and record. Flags and ' +
        'environment variables come before it. There is an API key for each server, and it is sent to no other.',
    )
    .example('zephr config set server https://host', 'use your own server')
    .example('zephr config ls', 'each setting, and where it comes from');

  config
    .command('get')
    .summary('print a value')
    .description(
      'Prints a value of the config file; exit 2 where it has none. An API key is that of the server that is ' +
        'set, printed whole into a pipe or file, and masked on a terminal.',
    )
    .addArgument(key())
    .example('zephr config get server')
    .example('zephr config get apiKey > file', 'whole; a terminal shows it masked')
    .runs(async (context: ConfigKeyContext) => {
      const { getConfig } = await import('./config.js');
      return getConfig(context);
    });

  config
    .command('set')
    .summary('check a value and store it')
    .description(
      'Checks a value and stores it in the config file, which only its owner can read. An API key is not ' +
        'given as an argument: it is read from stdin, or asked for. It is stored for the server that is set, or ' +
        'for the one that --server names.',
    )
    .addArgument(key())
    .argument('[value]', 'the value; never an API key')
    .example('zephr config set expiry 1d')
    .example('zephr config set apiKey < file', 'or without < file, to be asked for it')
    .runs(async (context: SetConfigContext) => {
      const { setConfig } = await import('./config.js');
      return setConfig(context);
    });

  config
    .command('unset')
    .summary('remove a value')
    .description(
      'Removes a value from the config file; the default applies again. An API key is that of the server that is set.',
    )
    .addArgument(key())
    .example('zephr config unset apiKey')
    .runs(async (context: ConfigKeyContext) => {
      const { unsetConfig } = await import('./config.js');
      return unsetConfig(context);
    });

  config
    .command('ls')
    .summary('print each setting and where it comes from')
    .description(
      'Prints each setting, a line each: its value, and where that comes from (a flag, a variable, the config ' +
        'file, or the default). An API key is masked; the keys of other servers follow.',
    )
    .example('zephr config ls', 'the API key is masked')
    .runs(async (context: ConfigContext) => {
      const { listConfig } = await import('./list.js');
      return listConfig(context);
    });

  config
    .command('path')
    .summary('print where the config file is')
    .description('Prints where the config file is, or would be.')
    .example('cat "$(zephr config path)"')
    .runs(async (context: ConfigContext) => {
      const { printConfigPath } = await import('./config.js');
      return printConfigPath(context);
    });
}

function key(): Argument {
  return oneOf(new Argument('<key>', 'server, apiKey, expiry, link or record'), CONFIG_KEYS, (near) =>
    usageError(
      'the config file has no key of that name',
      near === undefined ? `the keys are ${CONFIG_KEYS.join(', ')}` : `did you mean ${near}?`,
    ),
  );
}
