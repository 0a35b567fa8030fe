/** Options of the commands that use the vault. What they mean is read when such a command is called. */

import type { CliCommand } from '../parser/command.js';
import { CliOption } from '../parser/option.js';
import type { CommonFlags } from '../settings/settings.js';

/** The options of commands that use the vault. */
export interface VaultFlags extends CommonFlags {
  readonly vaultKeyFile?: string;
}

/** The options of commands that look for secrets by project and environment. */
export interface PlaceFlags extends VaultFlags {
  readonly project?: string;
  readonly environment?: string;
}

/** Which secret of which vault, for commands of another kind. */
export type SecretPlaceFlags = Pick<PlaceFlags, 'project' | 'environment' | 'vaultKeyFile'>;

/** The option `--vault-key-file`. */
export function vaultKeyOption(): CliOption {
  return new CliOption('--vault-key-file <file>', 'unlock the vault with this file').readsFrom(
    'ZEPHR_VAULT_KEY_FILE',
  );
}

/** Declares the option of a command that uses the vault. */
export function declareVault(command: CliCommand): CliCommand {
  return command.addOption(vaultKeyOption());
}

/** Declares the options that say which secrets are meant. */
export function declarePlace(command: CliCommand): CliCommand {
  return command
    .option('-P, --project <project>', 'the project (default: that of .zephr.json)')
    .option('-E, --environment <env>', 'the environment (default: that of .zephr.json)');
}

/** The options that say what may be done with a secret, as they are typed. */
export interface PolicyFlags {
  readonly host?: string;
  readonly as?: string;
  readonly methods?: string;
  readonly approve?: boolean;
  readonly run?: boolean;
}

/** Declares the options of a binding. */
export function declarePolicy(command: CliCommand): CliCommand {
  return command
    .option('--host <host,...>', 'bind it: requests carry it to these hosts only')
    .option('--as <slot>', 'where it goes: bearer, basic, header:N, query:p, body:a.b, form:k')
    .option('--methods <GET,...>', 'with these methods only')
    .option('--approve', 'ask a person before each use')
    .option('--run', 'bound, and for processes too');
}
