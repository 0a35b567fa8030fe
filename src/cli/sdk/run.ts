/** Commands with secrets, for programs: what they print comes masked. */

import { surroundings } from '../../vault/project.js';
import { requireVault } from '../../vault/unlocking/access.js';
import { loggedAs } from '../vault/access.js';
import { runCommand } from '../vault/command-run.js';
import { accessTo, forPrograms, quietTerminal } from './caller.js';
import type { VaultOptions } from './options.js';

export interface RunOptions extends VaultOptions {
  /** These secrets, and no others. Default: all that are for commands. */
  readonly only?: readonly string[];
  /** Gives back what the command prints, masked. Default: it goes, masked, to this program's own stdout and stderr. */
  readonly capture?: boolean;
}

/** How a command ended. */
export interface RunResult {
  /** Its exit code; null where a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  /** What it printed, as UTF-8, where it was captured. */
  readonly stdout: string | null;
  readonly stderr: string | null;
}

/**
 * Starts a command with secrets in its environment, without a shell, and waits for its end and for all that it prints.
 * @throws VaultLockedError, SecretNotFoundError, UseNotAllowedError, NotLoggedError; ValidationError `NO_COMMAND`; Error
 *   of the system.
 */
export async function runWithSecrets(
  command: string,
  args: readonly string[] = [],
  { only, capture = false, ...options }: RunOptions = {},
): Promise<RunResult> {
  return forPrograms(async () => {
    const terminal = quietTerminal();
    const place = surroundings(options);
    const { vault } = await requireVault(accessTo(options, terminal));
    const printed = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
    const end = await runCommand({
      command,
      args,
      only,
      vault,
      place,
      terminal,
      logged: loggedAs('run', terminal),
      stdin: 0,
      ...(capture && { take: (stream, bytes) => void printed[stream].push(bytes) }),
    });
    return {
      code: 'code' in end ? end.code : null,
      signal: 'signal' in end ? end.signal : null,
      stdout: capture ? Buffer.concat(printed.stdout).toString() : null,
      stderr: capture ? Buffer.concat(printed.stderr).toString() : null,
    };
  });
}
