/**
 * `zephr/vault`: the user's vault for programs. They keep secrets, and start commands with them; nothing here gives a
 * value back. Nobody is asked for a passphrase: a key file, `zephr vault unlock` or the keychain opens the vault.
 */

import { boundTo, changeVaultLogged, logAllowed } from '../../broker/audit/uses.js';
import { maskedForms } from '../../broker/masking/masker.js';
import { startCommand } from '../../broker/running/command.js';
import { environmentWith } from '../../broker/running/environment.js';
import { findProgram } from '../../broker/running/program.js';
import { closeWriters, MaskedStream, makePipes } from '../../broker/running/streams.js';
import { encodeUtf8 } from '../../core/bytes.js';
import { ValidationError } from '../../core/errors.js';
import { isForProcesses } from '../../vault/policy.js';
import { surroundings } from '../../vault/project.js';
import { openVault, requireVault } from '../../vault/unlocking/access.js';
import { processTerminal, type Terminal } from '../terminal/terminal.js';
import { loggedAs, vaultAccess } from './access.js';

/** Which secrets, and what opens the vault. */
export interface VaultOptions {
  /** Default: `default`. No `.zephr.json` counts here. */
  readonly project?: string;
  /** Default: `default`. */
  readonly environment?: string;
  /** The file that unlocks the vault. Default: `ZEPHR_VAULT_KEY_FILE`. */
  readonly keyFile?: string;
}

/** A secret without its value. */
export interface ListedSecret {
  readonly name: string;
  readonly project: string;
  readonly environment: string;
  /** The hosts that it is bound to; none where it is for commands. */
  readonly hosts: readonly string[];
  readonly changedAt: Date;
  readonly expiresAt: Date | null;
}

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
 * @throws ZephrError such as `VAULT_LOCKED`, `NO_VAULT`, `NO_SUCH_NAME` or `NO_COMMAND`; Error of the system.
 */
export async function runWithSecrets(
  command: string,
  args: readonly string[] = [],
  { only, capture = false, ...options }: RunOptions = {},
): Promise<RunResult> {
  const terminal = quietTerminal();
  const place = surroundings(options);
  const { vault } = await requireVault(accessTo(options, terminal));
  const names =
    only ??
    vault
      .list(place)
      .filter(({ policy, expiresAt }) => isForProcesses(policy) && !isPast(expiresAt))
      .map(({ name }) => name);
  const secrets = names.map((name) => {
    const record = vault.get({ ...place, name });
    if (record === null || record.value === null)
      throw new ValidationError(`there is no secret ${name}`, 'NO_SUCH_NAME');
    if (!isForProcesses(record.policy) || isPast(record.expiresAt))
      throw new ValidationError(`${name} is for no command`, 'NOT_ALLOWED');
    return { name, variable: name, value: record.value };
  });
  const env = environmentWith(secrets, terminal.env, { isClean: false });
  const found = await findProgram(command, terminal.env.PATH);
  if ('missing' in found) throw new ValidationError(`${command}: ${found.missing}`, 'NO_COMMAND');
  const use = { secrets: names, program: command };
  const fail = names.length === 0 ? null : await logAllowed(loggedAs('run', terminal), use, Date.now);
  const pipes = await makePipes(2);
  const [out, err] = pipes;
  if (out === undefined || err === undefined) throw new Error('there are no pipes');
  const running = await startCommand(
    { path: found.path, name: command, args, env, descriptors: [0, out.write, err.write], ownSession: false },
    terminal.kill,
  )
    .catch(async (error: unknown) => {
      await fail?.(error);
      throw error;
    })
    .finally(() => closeWriters(pipes));
  const printed: readonly Uint8Array[][] = [[], []];
  const forms = maskedForms(secrets);
  const streams = pipes.map((pipe, index) => {
    const own = index === 0 ? terminal.stdout : terminal.stderr;
    return new MaskedStream(pipe, forms, async (bytes) => {
      if (capture) printed[index]?.push(bytes.slice());
      else await own.write(bytes);
    });
  });
  const end = await running.ended;
  await Promise.all(streams.map(({ ended }) => ended));
  const [stdout = null, stderr = null] = capture
    ? printed.map((pieces) => Buffer.concat(pieces).toString())
    : [];
  return {
    code: 'code' in end ? end.code : null,
    signal: 'signal' in end ? end.signal : null,
    stdout,
    stderr,
  };
}

/**
 * The secrets of a project and environment, by name.
 * @throws as {@link runWithSecrets}; where there is no vault there are none.
 */
export async function listSecrets(options: VaultOptions = {}): Promise<ListedSecret[]> {
  const unlocked = await openVault(accessTo(options, quietTerminal()));
  return (unlocked?.vault.list(surroundings(options)) ?? []).map(
    ({ name, project, environment, policy, changedAt, expiresAt }) => ({
      name,
      project,
      environment,
      hosts: policy.hosts ?? [],
      changedAt: new Date(changedAt),
      expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
    }),
  );
}

/**
 * Keeps a value under a name. Bindings of a value that it takes the place of stay.
 * @throws ValidationError `INVALID_NAME` or `EMPTY_SECRET`; as {@link runWithSecrets}.
 */
export async function setSecret(
  name: string,
  value: string | Uint8Array,
  options: VaultOptions = {},
): Promise<void> {
  const place = { ...surroundings(options), name };
  const bytes = typeof value === 'string' ? encodeUtf8(value) : Uint8Array.from(value);
  const terminal = quietTerminal();
  await changeVaultLogged(
    accessTo(options, terminal),
    loggedAs('vault set', terminal),
    async (vault) => {
      const policy = vault.get(place)?.policy ?? {};
      const result = await vault.set({ ...place, policy, changedAt: Date.now(), value: bytes });
      return { result, use: { secrets: [name], ...boundTo(policy) } };
    },
    { make: true, now: Date.now },
  );
}

/**
 * Destroys a secret.
 * @returns whether there was one.
 * @throws as {@link runWithSecrets}.
 */
export async function deleteSecret(name: string, options: VaultOptions = {}): Promise<boolean> {
  const place = { ...surroundings(options), name };
  const terminal = quietTerminal();
  return changeVaultLogged(
    accessTo(options, terminal),
    loggedAs('vault rm', terminal),
    async (vault) => ({ result: await vault.remove(place, Date.now()), use: { secrets: [name] } }),
    { now: Date.now },
  );
}

/** This process, which is another's program: nobody is asked for anything, and its signals are left alone. */
function quietTerminal(): Terminal {
  return { ...processTerminal(), openScreen: async () => null, closeToDebuggers: () => undefined };
}

function accessTo({ keyFile }: VaultOptions, terminal: Terminal) {
  const named = keyFile ?? (terminal.env.ZEPHR_VAULT_KEY_FILE?.trim() || undefined);
  return vaultAccess(named === undefined ? {} : { vaultKeyFile: named }, terminal);
}

function isPast(at: number | undefined): boolean {
  return at !== undefined && at <= Date.now();
}
