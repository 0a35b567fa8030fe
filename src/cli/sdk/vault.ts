/**
 * `zephr/vault`: the user's vault for programs. They keep secrets, start commands with them and make requests with them;
 * nothing here gives a value back. Nobody is asked for a passphrase: a key file, `zephr vault unlock` or the keychain
 * opens the vault.
 */

export { ValidationError, ZephrError } from '../../core/errors.js';
export { type CallOptions, type CallResponse, callWithSecret } from './call.js';
export {
  HostNotAllowedError,
  NotLoggedError,
  SecretNotFoundError,
  UpstreamError,
  UseNotAllowedError,
  VaultError,
  VaultLockedError,
} from './errors.js';
export type { VaultOptions } from './options.js';
export { type RunOptions, type RunResult, runWithSecrets } from './run.js';
export { deleteSecret, type ListedSecret, listSecrets, setSecret } from './secrets.js';
