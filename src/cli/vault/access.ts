/** The user's vault, as the commands open it, and the log of its uses. */

import { join } from 'node:path';
import { AuditLog, type AuditStorage } from '../../broker/audit/log.js';
import { type Logged, type LoggedUse, logRefused } from '../../broker/audit/uses.js';
import { parseDuration } from '../../core/duration.js';
import { vaultPath } from '../../vault/places.js';
import type { VaultAccess } from '../../vault/unlocking/access.js';
import { findKeyFile, type Unlocking } from '../../vault/unlocking/unlock.js';
import { CliError, usageError } from '../exit/cli-error.js';
import { EXIT } from '../exit/codes.js';
import { stateFolder } from '../files/folders.js';
import type { Context } from '../parser/command.js';
import { childEnvironment } from '../terminal/clipboard/child-environment.js';
import { escapeText } from '../terminal/escape.js';
import type { Terminal } from '../terminal/terminal.js';
import type { VaultFlags } from './flags.js';

/**
 * The vault of this user.
 * @throws CliError exit 2 for a user without a place for one.
 */
export function vaultAccess(
  { vaultKeyFile: keyFile }: Pick<VaultFlags, 'vaultKeyFile'>,
  terminal: Terminal,
): VaultAccess {
  const path = vaultPath(terminal);
  if (path === null)
    throw usageError(
      'there is no place for a vault: this user has no home directory',
      'set HOME or XDG_DATA_HOME',
    );
  refuseForeignCode(terminal);
  terminal.closeToDebuggers();
  const unlocking: Unlocking = {
    user: terminal,
    keyFile,
    toolEnvironment: childEnvironment(terminal.env),
    async askPassphrase(isAgain) {
      if (!(await hasScreen(terminal))) return null;
      const { askHidden } = await import('../terminal/prompt.js');
      return askHidden(
        terminal,
        isAgain ? 'That was wrong. Vault passphrase' : 'Vault passphrase',
        NO_SCREEN,
      );
    },
  };
  return {
    storage: {
      path,
      replace: async (at, text) => (await import('../files/temporary-file.js')).replaceFile(at, text),
      pid: terminal.pid,
      isRunning: (pid) => terminal.isRunning(pid),
    },
    unlocking,
    async chooseOpener() {
      const found = await findKeyFile(unlocking);
      if (found !== null) return found.opener;
      if (!(await hasScreen(terminal))) return null;
      const question = 'New vault: choose its passphrase';
      const { choosePassphrase } = await import('../terminal/prompt.js');
      return { kind: 'passphrase', passphrase: await choosePassphrase(terminal, NO_SCREEN.advice, question) };
    },
  };
}

/** The longest time that a vault stays unlocked, in milliseconds: 30 days. */
const LONGEST_MS = 2_592_000_000;

/**
 * Reads `--ttl`, in milliseconds.
 * @throws CliError exit 2.
 */
export function parseTtl(text: string): number {
  const milliseconds = (parseDuration(text.trim()) ?? 0) * 1000;
  if (milliseconds > 0 && milliseconds <= LONGEST_MS) return milliseconds;
  throw usageError('the time to stay unlocked is not 1s to 30d', 'write it as 30m, 8h or 1d');
}

/** Options of Node that load code into a process, open it to a debugger, or write its memory to files. */
const FOREIGN =
  /(?:^|\s)["']?(?:-r|--require|--import|--loader|--experimental-loader|--inspect[\w-]*|--heap-?prof[\w-]*|--heapsnapshot[\w-]*|--report-[\w-]*|--experimental-report|--redirect-warnings|--trace-event[\w-]*)(?=[=\s"']|$)/;

/**
 * Makes sure that the environment loads no code into this process: an agent that reports what programs do would report
 * secrets.
 * @throws CliError exit 2.
 */
function refuseForeignCode({ env }: Terminal): void {
  if (!FOREIGN.test(env.NODE_OPTIONS ?? '')) return;
  throw usageError(
    'NODE_OPTIONS would load code into the process that opens the vault, or show its memory',
    'unset it; for a command of Node alone: zephr run -- env NODE_OPTIONS=… command',
  );
}

const NO_SCREEN = { message: 'the vault is locked', advice: 'name a key file with --vault-key-file' };

/**
 * Makes sure that a person sits at a terminal. A program that was started without one must not widen what may be done
 * with secrets, and that it tried is in the log.
 * @param what cannot be done otherwise, such as `zephr vault bind`.
 * @throws CliError exit 4 without a terminal; AuditError.
 */
export async function requirePerson(
  what: string,
  { terminal, now }: Pick<Context, 'terminal' | 'now'>,
  logged: Logged,
  use: LoggedUse,
): Promise<void> {
  if (await hasScreen(terminal)) return;
  const error = new CliError(EXIT.notAllowed, 'NO_TERMINAL', `${what} needs a person at a terminal`, {
    advice: 'run it there yourself: it changes what programs may do with your secrets',
  });
  await logRefused(logged, use, error, now);
  throw error;
}

/**
 * Asks the person at the terminal to allow what `question` says. Some of its words are of whoever wants it, so that no
 * terminal takes anything in it for a command.
 * @throws CliError exit 2 without a terminal.
 */
export async function isAllowedByPerson(question: string, terminal: Terminal): Promise<boolean> {
  const missing = { message: 'there is no terminal to ask on', advice: 'run it at one' };
  const { askHidden } = await import('../terminal/prompt.js');
  const answer = await askHidden(terminal, `${escapeText(question)}. Type yes to allow it`, missing);
  return answer.trim().toLowerCase() === 'yes';
}

/**
 * Who writes to the log of this user.
 * @param command such as `vault bind`.
 * @throws as {@link auditStorage}.
 */
export function loggedAs(command: string, terminal: Terminal): Logged {
  return { log: new AuditLog(auditStorage(terminal)), command, pid: terminal.pid };
}

/** Whether somebody may sit at a terminal. */
export async function hasScreen(terminal: Terminal): Promise<boolean> {
  const screen = await terminal.openScreen();
  await screen?.close();
  return screen !== null;
}

/**
 * Where the log of this user is.
 * @throws CliError exit 2 for a user without a place for one: what cannot be logged is refused.
 */
export function auditStorage(terminal: Terminal): AuditStorage {
  const folder = stateFolder(terminal);
  if (folder === null) {
    throw usageError(
      'there is no place for the log of uses: this user has no home directory',
      'set HOME or XDG_STATE_HOME',
    );
  }
  const isRunning = (pid: number) => terminal.isRunning(pid);
  return { path: join(folder, 'audit.jsonl'), pid: terminal.pid, isRunning };
}
