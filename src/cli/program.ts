/**
 * The command tree: what there is, declared; what it does is in commands/, loaded when it is called. The man
 * page, the completions and their tests are made from this tree.
 */

import { Command, type OutputConfiguration } from 'commander';
import { addSetupCommands } from './commands/config/command.js';
import { addKeys } from './commands/keys/command.js';
import { type Run, runOn } from './parser/action.js';
import { addHelp, EVERYWHERE } from './parser/help.js';
import { complaint, refuseWords } from './parser/usage.js';
import type { Terminal } from './terminal/terminal.js';

/**
 * The program, ready to parse. commander's own output goes where `output` says. The options that every command
 * takes are declared when it is called, for most runs call one; {@link declareInFull} declares them all.
 */
export function createProgram(terminal: Terminal, version: string, output: OutputConfiguration): Command {
  const run = runOn(terminal);
  let called = new Command('zephr');
  const onCall = (_: Command, command: Command) => {
    called = command;
    // What is no command of a command that has some is refused in words of our own.
    command.allowExcessArguments(command.commands.length > 0);
    declareCommon(command, version);
  };
  const program = called
    .exitOverride((error) => {
      throw error.exitCode === 0 ? error : complaint(error, called);
    })
    .configureOutput(output)
    .enablePositionalOptions()
    .optionsGroup(EVERYWHERE)
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .optionsGroup('Options:')
    .hook('preSubcommand', onCall);
  addHelp(program);
  addCreate(program, terminal, run);
  declareCommon(program, version);
  addLinkCommands(program, terminal, run);
  addServe(program, terminal, run);
  addKeys(program, terminal, run).hook('preSubcommand', onCall);
  addSetupCommands(program, terminal, run, onCall);
  return program;
}

/** What the program does without a command. */
function addCreate(program: Command, terminal: Terminal, run: Run): void {
  program
    .description('Hand a secret from one process to another exactly once.')
    .usage('[options]            (reads a secret, prints a link)\n       zephr <command> [options]')
    .allowExcessArguments()
    .option('-e, --expiry <time>', 'how long to keep it: 5m, 1h, 30d (default: 1h)')
    .option('-s, --split', 'print URL and key apart, on two lines')
    .option('-H, --hint <label>', 'clear-text label, which the server sees')
    .option('-p, --passphrase', 'ask for a passphrase; the reader needs it too')
    .option('--passphrase-file <file>', 'take the passphrase from a file')
    .option('--views <n>', 'readers allowed, 1 to 1000 (default: 1)')
    .option('--name <file name>', 'file name for the reader, encrypted')
    .option('--message <text>', 'message to the reader, encrypted')
    .option('--callback-url <url>', 'https URL that gets a webhook when it is read')
    .option('--callback-secret-file <file>', 'signs the webhook; or ZEPHR_CALLBACK_SECRET')
    .option('-c, --copy', 'put the link (split: the URL) on the clipboard')
    .option('--qr', 'draw the link as a QR code on stderr')
    .option('--link <v1|v2>', 'link version (default: v2, v1 for zephr.io)')
    .action(
      run(async (reporter, flags) => {
        refuseWords(program);
        const { create } = await import('./commands/create/create.js');
        await create(flags, terminal, reporter);
      }),
    );
}

/** The commands that take a link. */
function addLinkCommands(program: Command, terminal: Terminal, run: Run): void {
  linkCommand(program, 'get')
    .alias('retrieve')
    .summary('take a secret back')
    .description(
      'Takes a secret back from the server that the link names, and prints its exact bytes. It is gone from the server then.',
    )
    .option('-o, --output <file>', 'write to this file (0600) or directory; - is stdout')
    .option('--force', 'overwrite the file')
    .option('-c, --copy', 'put it on the clipboard instead of stdout')
    .action(
      run(async (reporter, flags, link) => {
        const { get } = await import('./commands/get/get.js');
        await get(link, flags, terminal, reporter);
      }),
    );

  linkCommand(program, 'status')
    .summary('has it been read? uses up nothing')
    .description('Says whether a secret waits, was read, has expired or was revoked. Needs a version 2 link.')
    .action(
      run(async (reporter, flags, link) => {
        const { status } = await import('./commands/status/status.js');
        await status(link, flags, terminal, reporter);
      }),
    );

  linkCommand(program, 'revoke')
    .summary('destroy it unread')
    .description('Destroys a secret: nobody can read it any more. Needs a version 2 link.')
    .action(
      run(async (reporter, flags, link) => {
        const { revoke } = await import('./commands/status/status.js');
        await revoke(link, flags, terminal, reporter);
      }),
    );
}

function linkCommand(program: Command, name: string): Command {
  return program
    .command(name)
    .argument('[link]', 'the link, or - for stdin')
    .option('-k, --key <key>', 'the key of a split pair')
    .option('--key-file <file>', 'take the key from a file')
    .option('--url <url>', 'the URL of a split pair')
    .option('-p, --passphrase', 'ask for the passphrase on the terminal')
    .option('--passphrase-file <file>', 'take the passphrase from a file');
}

function addServe(program: Command, terminal: Terminal, run: Run): void {
  program
    .command('serve')
    .summary('run a server')
    .description('Runs a server. When it is ready it prints its URL; its log, in JSON, goes to stderr.')
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <n>', 'port to listen on, 0 picks one (default: 8787)')
    .option(
      '--store <where>',
      'a file for SQLite, memory: or postgres://host/database (default: ~/.local/state/zephr/zephr.db)',
    )
    .option('--access <mode>', 'what callers without an API key may do: open, tiered, closed (default: open)')
    .option(
      '--rate-limit <n>',
      'creates per minute and address without an API key, with --access open; 0: any number (default: 60)',
    )
    .option('--trust-proxy <cidr,...>', 'proxies whose X-Forwarded-For is believed, such as 10.0.0.0/8')
    .option('--base-url <url>', 'address that clients use, such as https://host/zephr')
    .option('--tls-cert <file>', 'certificate, in PEM: speak HTTPS; SIGHUP reads it again')
    .option('--tls-key <file>', 'its key, in PEM')
    .option('--max-connections <n>', 'connections at once (default: 1000)')
    .option('--metrics', 'count, and show the numbers to Prometheus at /metrics')
    .option('--allow-private-callbacks', 'webhooks may go to private addresses, and over http')
    .action(
      run(
        async (_, flags) => {
          const { serve } = await import('./commands/serve/serve.js');
          await serve(flags, terminal);
        },
        { ownInterrupts: true },
      ),
    );
}

/** Declares every option of every command, for those who look at the whole tree. */
export function declareInFull(program: Command): Command {
  const declareBelow = (command: Command) => {
    for (const one of command.commands) {
      declareCommon(one, program.version() ?? '');
      declareBelow(one);
    }
  };
  declareBelow(program);
  return program;
}

/** Declares the options that every command takes, once. */
function declareCommon(command: Command, version: string): void {
  if (command.optionsGroup() === EVERYWHERE) return;
  command
    .optionsGroup(EVERYWHERE)
    .option('--server <url>', 'the server to create on; a link names its own')
    .option('--config <file>', 'the config file to use')
    .option('--json', 'print the result as one JSON object')
    .option('-q, --quiet', 'print errors only')
    .option('--no-color', 'print no colours')
    .option('--timeout <seconds>', 'give up after this time (default: 10)')
    .version(version, '-V, --version', 'print the version');
}
