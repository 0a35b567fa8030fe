/** `zephr vault unlock` and `lock`: a process holds the key for a time, so that nobody has to be asked. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { changeVaultLogged, logAllowed } from '../../../broker/audit/uses.js';
import { encodeBase64url } from '../../../core/base64url.js';
import { randomBytes } from '../../../core/bytes.js';
import { agentSocket, privateFolder, proxySockets } from '../../../vault/places.js';
import { requireVault } from '../../../vault/unlocking/access.js';
import { stopAgent } from '../../../vault/unlocking/agent.js';
import { keychainOf } from '../../../vault/unlocking/keychain.js';
import type { Unlocked } from '../../../vault/unlocking/unlock.js';
import { CliError, usageError } from '../../exit/cli-error.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import type { Context } from '../../parser/command.js';
import { jsonLine } from '../../terminal/escape.js';
import type { Terminal } from '../../terminal/terminal.js';
import { timeInWords } from '../../terminal/times.js';
import { loggedAs, parseTtl, requirePerson, vaultAccess } from '../../vault/access.js';
import type { VaultFlags } from '../../vault/flags.js';

export type UnlockContext = Context<VaultFlags & { readonly ttl: string; readonly keychain?: boolean }>;
export type LockContext = Context<VaultFlags>;

declare const __ZEPHR_VAULT_AGENT__: string | undefined;

/** The agent's program, beside the bundle; run from source, that of the last build. */
const AGENT =
  typeof __ZEPHR_VAULT_AGENT__ === 'string'
    ? join(__dirname, __ZEPHR_VAULT_AGENT__)
    : new URL('../../../../dist/cli/vault-agent.cjs', import.meta.url).pathname;

/** All of them, and none by its name. */
const NO_SECRETS = { secrets: [] };

/** Unlocks the vault for a time, or in the keychain for good. */
export async function unlockVault(context: UnlockContext): Promise<ExitCode> {
  const { flags, terminal, reporter, now } = context;
  const access = vaultAccess(flags, terminal);
  if (flags.keychain) return addKeychain(context);
  const ttl = parseTtl(flags.ttl);
  const socket = agentSocket(terminal);
  if (socket === null)
    throw usageError('nothing can keep the vault unlocked here', 'use --keychain, or a key file');
  // An agent is no reason for another: who unlocks has to be able to do it without.
  const unlocking = { ...access.unlocking, withoutAgent: true };
  const unlocked = await requireVault({ ...access, unlocking });
  const until = now() + ttl;
  await privateFolder(dirname(socket), terminal.uid);
  const fail = await logAllowed(loggedAs('vault unlock', terminal), NO_SECRETS, now);
  await startAgent(socket, unlocked, until, terminal).catch(async (error: unknown) => {
    await fail(error);
    throw error;
  });
  if (flags.json) await terminal.stdout.write(jsonLine({ until: new Date(until).toISOString() }));
  else
    await reporter.info(
      `the vault is unlocked; it locks ${timeInWords(until, now())}, or with zephr vault lock`,
    );
  return EXIT.done;
}

/** Makes the agent forget the key, and proxies give it to nobody any more: they go on with the secrets that they have. */
export async function lockVault({ flags, terminal, reporter }: LockContext): Promise<ExitCode> {
  const agent = agentSocket(terminal);
  const wasAgent = agent !== null && (await stopAgent(agent));
  const asked = (await proxySockets(terminal)).map(({ socket }) => stopAgent(socket));
  const wereProxies = (await Promise.all(asked)).includes(true);
  const wasUnlocked = wasAgent || wereProxies;
  if (flags.json) await terminal.stdout.write(jsonLine({ wasUnlocked }));
  else await reporter.info(wasUnlocked ? 'the vault is locked' : 'nothing kept the vault unlocked');
  if (wereProxies) await reporter.info('a proxy still has its secrets: zephr proxy stop ends it');
  return EXIT.done;
}

async function addKeychain({ flags, terminal, reporter, now }: UnlockContext): Promise<ExitCode> {
  const logged = loggedAs('vault unlock', terminal);
  await requirePerson('zephr vault unlock --keychain', { terminal, now }, logged, NO_SECRETS);
  const access = vaultAccess(flags, terminal);
  const keychain = keychainOf({ platform: terminal.platform, env: access.unlocking.toolEnvironment });
  const unlocking = { ...access.unlocking, withoutAgent: true };
  await changeVaultLogged(
    { ...access, unlocking },
    logged,
    async (vault) => {
      const bytes = randomBytes(32);
      await keychain.write(vault.id, bytes);
      return { result: await vault.addSlot({ kind: 'keychain', bytes }), use: NO_SECRETS };
    },
    { now },
  );
  if (flags.json) await terminal.stdout.write(jsonLine({ keychain: true }));
  else await reporter.info(`${keychain.name} opens the vault from now on`);
  return EXIT.done;
}

/** The key goes to the agent's stdin: arguments and environment can be seen by others. */
async function startAgent(
  socket: string,
  { vault }: Unlocked,
  until: number,
  terminal: Terminal,
): Promise<void> {
  const child = spawn(terminal.nodePath, [AGENT], {
    detached: true,
    cwd: dirname(socket),
    env: {},
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.on('error', () => undefined);
  const [vaultId, key] = [encodeBase64url(vault.id), encodeBase64url(vault.key)];
  child.stdin.end(JSON.stringify({ socket, vault: vaultId, key, until }));
  const said = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  if (String(said[0]) !== 'ready\n')
    throw new CliError(EXIT.bug, 'NOT_STARTED', `nothing can listen at ${socket}`);
  child.stdout.destroy();
  child.unref();
}
