/**
 * The command tree: what there is, declared; what it does is in commands/, loaded when it is called. The man
 * page, the completions and their tests are made from this tree.
 */

import { Command, type OutputConfiguration } from 'commander';
import { usageError } from './exit.js';
import type { CommonFlags } from './settings.js';
import { createTalk, type Talk } from './talk.js';
import type { Terminal } from './terminal.js';

/** The program, ready to parse. commander's own output goes where `output` says. */
export function createProgram(terminal: Terminal, version: string, output: OutputConfiguration): Command {
  const program = new Command('zephr')
    .exitOverride()
    .configureOutput(output)
    .enablePositionalOptions()
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false);

  program
    .description('Hand a secret from one process to another exactly once. Reads it on stdin, prints a link.')
    .usage('[options]')
    .addHelpText('after', EXAMPLES)
    .argument('[words...]')
    .option('-e, --expiry <time>', 'how long it can be read: 5m, 90m, 1h, 7d (default: 1h)')
    .option('-s, --split', 'print URL and key on two lines, for two channels')
    .option('-H, --hint <label>', 'clear-text label, which the server sees')
    .option('-p, --passphrase', 'ask for a passphrase on the terminal')
    .option('--passphrase-file <file>', 'take the passphrase from a file')
    .option('--views <n>', 'readers allowed, 1 to 1000 (default: 1)')
    .option('--name <file name>', 'file name for the reader, encrypted')
    .option('--message <text>', 'message to the reader, encrypted')
    .option('--link <v1|v2>', 'link version (default: v1 for https://zephr.io, v2 elsewhere)')
    .action(
      run(async (talk, flags) => {
        const { create } = await import('./commands/create.js');
        refuseWords(program.args);
        await create(flags, terminal, talk);
      }),
    );
  common(program);

  linkCommand('get', 'take a secret back')
    .alias('retrieve')
    .option('-o, --output <file>', 'write it to a file (0600), or - for stdout')
    .option('--force', 'overwrite the file')
    .action(
      run(async (talk, flags, link) => {
        const { get } = await import('./commands/get.js');
        await get(link, flags, terminal, talk);
      }),
    );

  linkCommand('status', 'has it been read? uses up nothing (version 2 links)').action(
    run(async (_, flags, link) => {
      const { status } = await import('./commands/status.js');
      await status(link, flags, terminal);
    }),
  );

  linkCommand('revoke', 'destroy it unread (version 2 links)').action(
    run(async (talk, flags, link) => {
      const { revoke } = await import('./commands/status.js');
      await revoke(link, flags, terminal, talk);
    }),
  );

  common(program.command('serve').description('run a server'))
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <n>', 'port to listen on, 0 picks one (default: 8787)')
    .option(
      '--store <where>',
      'path of the SQLite file, or memory: (default: $XDG_STATE_HOME/zephr/zephr.db)',
    )
    .option('--access <mode>', 'who may create: open (default: open)')
    .action(
      run(async (_, flags) => {
        const { serve } = await import('./commands/serve.js');
        await serve(flags, terminal);
      }),
    );

  return program;

  function linkCommand(name: string, description: string): Command {
    return common(
      program.command(name).description(description).argument('[link]', 'the link, or - for stdin'),
    )
      .option('-k, --key <key>', 'the key of a split pair')
      .option('--key-file <file>', 'take the key from a file')
      .option('--url <url>', 'the URL of a split pair')
      .option('-p, --passphrase', 'ask for the passphrase on the terminal')
      .option('--passphrase-file <file>', 'take the passphrase from a file');
  }

  /** A commander action: its flags with those given before the command's name, and its first argument. */
  function run<Flags extends CommonFlags>(
    action: (talk: Talk, flags: Flags, argument: string | undefined) => Promise<void>,
  ) {
    return async (...parameters: unknown[]): Promise<void> => {
      const command = parameters.at(-1);
      if (!(command instanceof Command))
        throw new TypeError('commander calls an action with its command last');
      const flags = command.optsWithGlobals<Flags>();
      await action(createTalk(terminal, { quiet: flags.quiet ?? false }), flags, command.args[0]);
    };
  }
}

function common(command: Command): Command {
  return command
    .option('--server <url>', 'the server to use')
    .option('--config <file>', 'the config file to use')
    .option('--json', 'print one JSON object')
    .option('-q, --quiet', 'print errors only')
    .option('--no-color', 'print no colours')
    .option('--timeout <seconds>', 'give up after this time (default: 10)');
}

const EXAMPLES = `
Examples:
  printf %s "$PASSWORD" | zephr                a link, readable once
  zephr get < link                             the secret, on stdout
  tar cz conf | zephr --split                  URL and key, for two channels
  zephr get "$URL" --key-file key > conf.tgz

The link's fragment is the key: whoever has the whole link can read the secret.`;

/** A secret given as an argument would show in `ps` and in the history: it is refused, and not repeated. */
function refuseWords(words: readonly string[]): void {
  const [first] = words;
  if (first === undefined) return;
  if (/^https?:\/\//i.test(first)) throw usageError('to take a secret back, use zephr get <link>');
  throw usageError(
    'a secret is not given as an argument: arguments show in ps and in the history',
    'pipe it in: printf %s "$PASSWORD" | zephr',
  );
}
