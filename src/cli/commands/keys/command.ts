/** What `zephr keys` and its commands are and take. */

import { KEY_TIERS } from '../../../core/protocol/limits.js';
import { usageError } from '../../exit/cli-error.js';
import type { CliCommand } from '../../parser/command.js';
import { CliOption, oneOf } from '../../parser/option.js';
import { storeOption } from '../../parser/shared-options.js';
import type { KeysContext, NamedKeyContext, NewKeyContext } from './keys.js';
import { tiersInWords } from './tiers.js';

/** Adds the commands. */
export function addKeys(program: CliCommand): void {
  program.command('keys').summary('make, list and revoke the API keys of a server').declares(declare);
}

function declare(keys: CliCommand): void {
  keys
    .description(
      'Makes, lists and revokes the API keys of a server, in its store, whether it runs or not. What a key may ' +
        'do depends on its tier: free, dev or pro.',
    )
    .example('zephr keys new --tier pro --name ci', 'the key, this once')
    .example('zephr keys ls', 'which keys there are');

  keys
    .command('new')
    .summary('make a key and print it')
    .description(
      'Makes an API key and prints it, this once: the store keeps only its hash. What each tier allows: ' +
        `${tiersInWords()}.`,
    )
    .addOption(
      oneOf(new CliOption('--tier <tier>', 'what it may do: free, dev or pro'), KEY_TIERS, () =>
        usageError('the tier is not one that a key can have', 'give it one: --tier free, dev or pro'),
      ),
    )
    .option('--name <name>', 'what to call it, such as ci')
    .option('--expires <time>', 'refused from then on: 90d, 1y, 2027-01-31')
    .addOption(store())
    .example('zephr keys new --tier pro --name ci > key', 'for ZEPHR_API_KEY_FILE')
    .example('zephr keys new --tier dev --name ann --expires 90d', 'for a while')
    .runs(async (context: NewKeyContext) => {
      const { newKey } = await import('./keys.js');
      return newKey(context);
    });

  keys
    .command('ls')
    .summary('print which keys there are')
    .description(
      'Prints id, name, tier, dates, quota and last use of each API key, a line each below a header; never a key itself.',
    )
    .addOption(store())
    .example('zephr keys ls --json', 'for a script')
    .runs(async (context: KeysContext) => {
      const { listKeys } = await import('./keys.js');
      return listKeys(context);
    });

  keys
    .command('log')
    .summary('print what became of a key')
    .description(
      'Prints when an API key was made, when it was last used and refused, and from which network, when it expired ' +
        'and when it was revoked. A running server notes uses about once a minute.',
    )
    .argument('<name-or-id>', 'the name or the id of the key; never the key itself')
    .addOption(store())
    .example('zephr keys log ci', 'is it still used, and from where?')
    .runs(async (context: NamedKeyContext) => {
      const { logKey } = await import('./log.js');
      return logKey(context);
    });

  keys
    .command('revoke')
    .summary('refuse a key from now on')
    .description('Revokes an API key: the server refuses it from now on. What was created with it stays.')
    .argument('<name-or-id>', 'the name or the id of the key; never the key itself')
    .addOption(store())
    .example('zephr keys revoke ci', 'by its name, or by its id')
    .runs(async (context: NamedKeyContext) => {
      const { revokeKey } = await import('./keys.js');
      return revokeKey(context);
    });
}

function store(): CliOption {
  return storeOption("the server's store", 'as for zephr serve');
}
