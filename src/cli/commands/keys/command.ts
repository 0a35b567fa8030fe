/** The part of the command tree that is for those who run a server: its API keys. */

import type { Command } from 'commander';
import type { Run } from '../../parser/action.js';
import { missingCommand, refuseWords } from '../../parser/usage.js';
import type { Terminal } from '../../terminal/terminal.js';

const STORE = ['--store <where>', "the server's store (default: as for zephr serve)"] as const;

/** Adds `keys` and its commands to `program`, and gives `keys`. */
export function addKeys(program: Command, terminal: Terminal, run: Run): Command {
  const keys = program
    .command('keys')
    .summary('make, list and revoke the API keys of a server')
    .description(
      'Makes, lists and revokes the API keys of a server, in its store, while it runs or not. What a key may do is ' +
        'a matter of its tier: free, dev or pro.',
    )
    .usage('<command>')
    .allowExcessArguments()
    .action(() => {
      refuseWords(keys);
      throw missingCommand(keys);
    });

  keys
    .command('new')
    .summary('make a key and print it')
    .description('Makes an API key and prints it, this once: the store keeps only its hash.')
    .option('--tier <tier>', 'what it may do: free, dev or pro')
    .option('--name <name>', 'what to call it, such as ci')
    .option(...STORE)
    .action(
      run(async (reporter, flags) => {
        const { newKey } = await import('./keys.js');
        await newKey(flags, terminal, reporter);
      }),
    );

  keys
    .command('ls')
    .summary('print which keys there are')
    .description('Prints id, name, tier, dates and use of each API key, a line each; never a key itself.')
    .option(...STORE)
    .action(
      run(async (reporter, flags) => {
        const { listKeys } = await import('./keys.js');
        await listKeys(flags, terminal, reporter);
      }),
    );

  keys
    .command('revoke')
    .summary('refuse a key from now on')
    .description('Revokes an API key: the server refuses it from now on. What was created with it stays.')
    .argument('<name-or-id>', 'the name or the id of the key; never the key itself')
    .option(...STORE)
    .action(
      run(async (reporter, flags, nameOrId) => {
        const { revokeKey } = await import('./keys.js');
        await revokeKey(nameOrId, flags, terminal, reporter);
      }),
    );

  return keys;
}
