/** The part of the command tree that is about the command itself: config, doctor, completion, help. */

import type { Command } from 'commander';
import type { Run } from '../../parser/action.js';
import { commandNamed, missingCommand, refuseWords } from '../../parser/usage.js';
import type { Terminal } from '../../terminal/terminal.js';

/** Adds the commands to `program`. `onCall` has to hear of every command that is called. */
export function addSetupCommands(
  program: Command,
  terminal: Terminal,
  run: Run,
  onCall: (parent: Command, called: Command) => void,
): void {
  addConfig(program, terminal, run).hook('preSubcommand', onCall);

  program
    .command('doctor')
    .summary('check configuration, network, server and key')
    .description(
      'Checks configuration, network, server and API key, then creates a secret, reads it, and reads it again. ' +
        'It counts as one create.',
    )
    .option('--link <v1|v2>', 'link version to try (default: as for zephr)')
    .action(
      run(async (_, flags) => {
        const { doctor } = await import('../doctor/doctor.js');
        await doctor(flags, terminal);
      }),
    );

  program
    .command('completion')
    .summary('print the completion script of a shell')
    .description('Prints what makes a shell complete zephr: bash, zsh or fish.')
    .argument('<shell>', 'bash, zsh or fish')
    .action(
      run(async (_, __, shell) => {
        const { completion } = await import('../completion/completion.js');
        await completion(shell, terminal);
      }),
    );

  program
    .command('help')
    .summary('print the help of a command')
    .argument('[command...]')
    .action((words: string[]) => {
      const command = commandNamed(words, program);
      if (command.parent !== null) onCall(command.parent, command);
      command.help();
    });
}

function addConfig(program: Command, terminal: Terminal, run: Run): Command {
  const config = program
    .command('config')
    .summary('look at the config file and change it')
    .description(
      'Looks at the config file and changes it. Its keys are server, apiKey, expiry and link: what flags and ' +
        'environment leave open.',
    )
    .usage('<command>')
    .action(() => {
      refuseWords(config);
      throw missingCommand(config);
    });

  config
    .command('get')
    .summary('print a value')
    .description(
      'Prints a value of the config file; exit 2 where it has none. An API key is printed whole into a pipe or ' +
        'file, and masked on a terminal.',
    )
    .argument('<key>', 'server, apiKey, expiry or link')
    .action(
      run(async (reporter, flags, key) => {
        const { getConfig } = await import('./config.js');
        await getConfig(key, flags, terminal, reporter);
      }),
    );

  config
    .command('set')
    .summary('check a value and store it')
    .description(
      'Checks a value and stores it in the config file, which only its owner can read. An API key is no ' +
        'argument: it is read from stdin, or asked for.',
    )
    .argument('<key>', 'server, apiKey, expiry or link')
    .argument('[value]', 'the value; never an API key')
    .action(
      run(async (reporter, flags, key, value) => {
        const { setConfig } = await import('./config.js');
        await setConfig(key, value, flags, terminal, reporter);
      }),
    );

  config
    .command('unset')
    .summary('remove a value')
    .description('Removes a value from the config file; the default holds again.')
    .argument('<key>', 'server, apiKey, expiry or link')
    .action(
      run(async (reporter, flags, key) => {
        const { unsetConfig } = await import('./config.js');
        await unsetConfig(key, flags, terminal, reporter);
      }),
    );

  config
    .command('ls')
    .summary('print what is set')
    .description('Prints what the config file sets, a line each. An API key is masked.')
    .action(
      run(async (reporter, flags) => {
        const { listConfig } = await import('./config.js');
        await listConfig(flags, terminal, reporter);
      }),
    );

  config
    .command('path')
    .summary('print where the config file is')
    .description('Prints where the config file is, or would be.')
    .action(
      run(async (_, flags) => {
        const { printConfigPath } = await import('./config.js');
        await printConfigPath(flags, terminal);
      }),
    );

  return config;
}
