/** What `zephr vault` and its commands are and take. */

import type { CliCommand } from '../../parser/command.js';
import { CliOption, wholeNumber } from '../../parser/option.js';
import { parseSince } from '../../parser/shared-options.js';
import { declarePlace, declarePolicy, declareVault } from '../../vault/flags.js';
import type { BindContext, CopyContext, RemoveContext, RevealContext, TrustContext } from './change.js';
import type { LogContext } from './log.js';
import type { DiffContext, ListContext, StatusContext } from './look.js';
import type { ImportContext, SetContext } from './set.js';
import type { LockContext, UnlockContext } from './unlock.js';

/** Adds the commands. */
export function addVault(program: CliCommand): void {
  program.command('vault').summary('named secrets here, encrypted').declares(declare);
}

function declare(vault: CliCommand): void {
  vault
    .description(
      'Named secrets of yours on this machine, encrypted. zephr run starts commands with them; nothing but reveal ' +
        'shows one. The first set makes the vault, and asks for its passphrase.',
    )
    .example('zephr vault set DB_PASSWORD < file', 'or without < file, to be asked for it')
    .example('zephr vault ls', 'names, and never a value');
  declareWrites(vault);
  declareLooks(vault);
  declareKeys(vault);
  declareLog(vault);
}

function declareWrites(vault: CliCommand): void {
  declareVault(declarePlace(declarePolicy(vault.command('set').summary('keep a value under a name'))))
    .description(
      'Keeps a value: from stdin, without one final line end, or asked for, hidden. A value with --host goes into ' +
        'requests to that host and into no process, unless --run says so; one without is for zephr run.',
    )
    .argument('<name>', 'capital letters, digits and underscores')
    .option('--expires <time>', 'not to be used from then on: 90d, 2027-01-31')
    .option('--new', 'only where there is none of this name')
    .example('openssl rand -base64 24 | zephr vault set DB_PASSWORD')
    .example('zephr vault set API_KEY --host api.example.com --as bearer < file')
    .runs(async (context: SetContext) => (await import('./set.js')).setSecret(context));

  declareVault(declarePlace(vault.command('import').summary('keep all that a .env file names')))
    .description(
      'Keeps every value of a .env file, or none when one does not fit. The file stays as it is, and should go.',
    )
    .argument('<file>', 'the file, or - for stdin')
    .option('--force', 'replace what exists')
    .example('zephr vault import .env')
    .runs(async (context: ImportContext) => (await import('./set.js')).importSecrets(context));

  declareVault(declarePlace(vault.command('cp').summary('copy a secret, with its bindings')))
    .description(
      'Copies a secret to another name, project or environment. What may be done with it stays the same.',
    )
    .argument('<name>', 'the secret')
    .argument('[new-name]', 'what the copy is called')
    .option('--to-project <project>', 'into this project')
    .option('--to-environment <env>', 'into this environment')
    .option('--force', 'replace what exists')
    .example('zephr vault cp API_KEY --to-environment staging')
    .runs(async (context: CopyContext) => (await import('./change.js')).copySecret(context));

  declareVault(declarePlace(vault.command('rm').summary('destroy secrets')))
    .description('Destroys secrets: all that are named, or none when one of them is not there.')
    .argument('<names...>', 'the secrets')
    .example('zephr vault rm OLD_KEY')
    .runs(async (context: RemoveContext) => (await import('./change.js')).removeSecrets(context));

  declareVault(declarePlace(declarePolicy(vault.command('bind').summary('change where a secret may go'))))
    .description('Changes what may be done with a value that is kept. It takes a person at a terminal.')
    .argument('<name>', 'the secret')
    .option('--unbind', 'for processes, and no host')
    .example('zephr vault bind API_KEY --host api.example.com --as bearer')
    .runs(async (context: BindContext) => (await import('./change.js')).bindSecret(context));
}

function declareLooks(vault: CliCommand): void {
  declareVault(declarePlace(vault.command('ls').summary('print which secrets there are')))
    .description(
      'Prints a line for each secret: its name, where it may go, its age and expiry. Never a value.',
    )
    .option('--all', 'of all projects and environments')
    .example('zephr vault ls --json', 'for a script')
    .runs(async (context: ListContext) => (await import('./look.js')).listSecrets(context));

  declareVault(vault.command('diff').summary('compare two environments'))
    .description(
      'Compares the names and values of two environments: = the same, ! another value, < and > in one only. No value ' +
        'is shown.',
    )
    .option('-P, --project <project>', 'the project (default: that of .zephr.json)')
    .addOption(
      new CliOption('-E, --environment <env>', 'an environment; give two').argParser(
        (value: string, before: readonly string[] = []) => [...before, value],
      ),
    )
    .example('zephr vault diff -E staging -E production')
    .runs(async (context: DiffContext) => (await import('./look.js')).diffEnvironments(context));

  declareVault(declarePlace(vault.command('status').summary('print which vault, and whether it is open')))
    .description(
      'Prints which vault, project and environment it is, how it is unlocked, and until when. Asks nothing.',
    )
    .example('zephr vault status')
    .runs(async (context: StatusContext) => (await import('./look.js')).vaultStatus(context));

  declareVault(declarePlace(vault.command('reveal').summary('print a value on your terminal')))
    .description('Prints a value to a person at a terminal, and nowhere else.')
    .argument('<name>', 'the secret')
    .example('zephr vault reveal DB_PASSWORD')
    .runs(async (context: RevealContext) => (await import('./change.js')).revealSecret(context));
}

function declareKeys(vault: CliCommand): void {
  declareVault(vault.command('unlock').summary('keep the vault open for a time'))
    .description(
      'Unlocks the vault, and starts a process that holds its key for a time and gives it to this user only. With ' +
        "--keychain the system's keychain opens it from now on, which takes a person at a terminal.",
    )
    .addOption(new CliOption('--ttl <time>', 'how long').default('8h'))
    .option('--keychain', "have the system's keychain open it")
    .example('zephr vault unlock --ttl 1h')
    .runs(async (context: UnlockContext) => (await import('./unlock.js')).unlockVault(context));

  declareVault(vault.command('lock').summary('forget the key'))
    .description('Ends the process that keeps the vault unlocked. To lock again is no error.')
    .example('zephr vault lock')
    .runs(async (context: LockContext) => (await import('./unlock.js')).lockVault(context));

  declareVault(vault.command('trust').summary("let a repository's .zephr.json count"))
    .description(
      'Trusts the .zephr.json of this folder, or of one above it, as it is now: look at it first. A file that ' +
        'changes has to be trusted anew. It takes a person at a terminal.',
    )
    .example('zephr vault trust')
    .runs(async (context: TrustContext) => (await import('./change.js')).trustProject(context));
}

function declareLog(vault: CliCommand): void {
  const ONE = 'the log is shown, followed or checked: one of them';
  vault
    .command('log')
    .summary('print what secrets were used for')
    .description(
      'Prints what secrets of the vault were used for, and what was changed in it: when, by which command, where to, ' +
        'and how it ended. The log has names and never a value. It asks for no key.',
    )
    .addOption(
      new CliOption('--last <n>', 'so many lines at most')
        .default(undefined, '20; all with --since or --export')
        .argParser(wholeNumber({ min: 1, max: 999_999_999 }, '--last is not a whole number from 1')),
    )
    .option('--secret <NAME>', 'those with this secret')
    .option('--agent <name>', 'those of this agent')
    .option('--blocked', 'those that were refused')
    .addOption(new CliOption('--since <time>', 'within: 90m, 2d, or since 2026-12-05').argParser(parseSince))
    .addOption(new CliOption('--tail', 'then print each line as it is written').excludes('verify', ONE))
    .addOption(new CliOption('--verify', 'check that no line was edited, dropped, moved or added'))
    .addOption(new CliOption('--export', 'print the lines as they are written').excludes('verify', ONE))
    .example('zephr vault log --blocked', 'what was refused, and why')
    .example('zephr vault log --tail', 'each use as it happens')
    .example('zephr vault log --verify', 'was the log touched?')
    .runs(async (context: LogContext) => (await import('./log.js')).showLog(context));
}
