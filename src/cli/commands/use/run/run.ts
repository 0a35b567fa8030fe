/** `zephr run`: a command with secrets in its environment, masked in what it prints. */

import { type LoggedUse, logAllowed, logRefused } from '../../../../broker/audit/uses.js';
import type { NamedSecret } from '../../../../broker/masking/masker.js';
import { environmentWith } from '../../../../broker/running/environment.js';
import { rawWords } from '../../../../broker/running/inherited.js';
import type { MemoryFiles } from '../../../../broker/running/memory-files.js';
import { findProgram } from '../../../../broker/running/program.js';
import { openVault, requireVault } from '../../../../vault/unlocking/access.js';
import { CliError, usageError } from '../../../exit/cli-error.js';
import { EXIT } from '../../../exit/codes.js';
import type { Context } from '../../../parser/command.js';
import type { Terminal } from '../../../terminal/terminal.js';
import { loggedAs, requirePerson, vaultAccess } from '../../../vault/access.js';
import type { PlaceFlags } from '../../../vault/flags.js';
import { placeOf } from '../../../vault/place.js';
import { type ChoiceFlags, type Chosen, choose, valuesOf } from './chosen.js';
import type { LinkedSecret } from './from-link.js';
import { becomeCommand, isMasked, prepare, startMasked, type When } from './masked-run.js';
import type { CommandProxy } from './proxied.js';

export type RunContext = Context<
  PlaceFlags &
    ChoiceFlags & {
      /** Variables, each with a file that holds a link. */
      readonly fromLink?: readonly string[];
      readonly cleanEnv?: boolean;
      readonly mask?: When;
      readonly proxy?: boolean;
      readonly egress: 'open' | 'strict';
    }
>;

/** Runs the command. @returns its exit code; where a signal ended it, this process ends by that signal too. */
export async function run(context: RunContext): Promise<number> {
  const { flags, terminal, reporter, now } = context;
  const [name = '', ...args] = commandLineOf(context);
  if (flags.egress === 'strict' && !flags.proxy)
    throw usageError('--egress is what a proxy does', 'give --proxy too');
  if (flags.mask === 'never')
    await requirePerson('zephr run --mask never', context, loggedAs('run', terminal), {
      secrets: [],
      program: name,
    });
  const path = programAt(name, terminal);
  const linking = flags.fromLink === undefined ? null : await import('./from-link.js');
  const prepared = prepare(flags.mask ?? 'auto', terminal);
  const links = (await linking?.openLinks(flags.fromLink ?? [], context)) ?? [];
  const { chosen, masked, use, proxy, without } = await secretsFor(name, context);
  const files = await memoryFiles(chosen, terminal).catch(async (error: unknown) => {
    await proxy?.end();
    throw error;
  });
  const start = async (linked: readonly LinkedSecret[]) => {
    const all = [...masked, ...linked];
    const hasMask = await isMasked(all, flags.mask ?? 'auto', prepared, terminal, reporter);
    const variables = [...chosen.filter((one) => one.as === 'value'), ...files.variables, ...linked];
    const env = environmentWith(variables, terminal.env, { isClean: flags.cleanEnv ?? false, without });
    Object.assign(env, proxy?.variables);
    const line = { path, name, args, env, ...rawWords(args, env) };
    // Without secrets it is as any other command, and nobody's business.
    const fail = use.secrets.length === 0 ? null : await logAllowed(loggedAs('run', terminal), use, now);
    if (!hasMask && proxy === null && linking === null && files.variables.length === 0)
      await becomeCommand(line, prepared, terminal);
    return startMasked(line, hasMask ? all : null, prepared, terminal).catch(async (error: unknown) => {
      await fail?.(error);
      throw error;
    });
  };
  try {
    const running = linking === null ? await start([]) : await linking.startTaking(links, context, start);
    const end = await running.ended;
    files.remove();
    await proxy?.end();
    return 'code' in end ? end.code : terminal.endAs(end.signal);
  } finally {
    files.remove();
    await proxy?.end();
  }
}

/** The secrets that the command gets as files. */
async function memoryFiles(chosen: readonly Chosen[], terminal: Terminal): Promise<MemoryFiles> {
  const asFiles = chosen.filter((one) => one.as === 'file');
  if (asFiles.length === 0) return { variables: [], remove: () => undefined };
  const { writeMemoryFiles } = await import('../../../../broker/running/memory-files.js');
  return writeMemoryFiles(asFiles, terminal);
}

/** What the vault has for a command. */
interface VaultSecrets {
  readonly chosen: readonly Chosen[];
  /** Those that the command has, and with a proxy those that it has not. */
  readonly masked: readonly NamedSecret[];
  readonly use: LoggedUse;
  readonly proxy: CommandProxy | null;
  /** Variables that are not passed on. */
  readonly without: readonly string[];
}

/** Opens the vault, and what the options ask for. Who has a link, and asks for nothing else, needs no vault. */
async function secretsFor(name: string, context: RunContext): Promise<VaultSecrets> {
  const { flags, terminal, reporter, now } = context;
  const access = vaultAccess(flags, terminal);
  const find = await placeOf(flags, terminal);
  const asksForLinks =
    flags.fromLink !== undefined && !flags.only && !flags.var && !flags.file && !flags.proxy;
  const unlocked = asksForLinks ? await openVault(access) : await requireVault(access);
  const nothing = { secrets: [], program: name };
  if (unlocked === null) return { chosen: [], masked: [], use: nothing, proxy: null, without: [] };
  const { vault, way } = unlocked;
  const place = await find(vault);
  const choices = await choose(vault, place, flags, reporter, now(), flags.proxy);
  const use = { secrets: [...new Set(choices.map((one) => one.name))], program: name };
  const proxied = flags.proxy ? await import('./proxied.js') : null;
  const placeholders = proxied?.placeholdersFor(choices, vault, place);
  const chosen = await loggingRefusals(use, context, () =>
    valuesOf(choices, vault, place, now(), placeholders),
  );
  const proxy =
    (placeholders && (await proxied?.startForCommand(context, vault, place, placeholders))) ?? null;
  const own = chosen.filter((one) => !placeholders?.has(one.name));
  const without = way === 'a systemd credential' ? ['CREDENTIALS_DIRECTORY'] : [];
  return { chosen, masked: [...(proxy?.masked ?? []), ...own], use, proxy, without };
}

/** Does what may be refused; a refusal is in the log. */
async function loggingRefusals<T>(use: LoggedUse, { terminal, now }: RunContext, work: () => T): Promise<T> {
  try {
    return work();
  } catch (error) {
    const isRefusal = error instanceof CliError && error.exit === EXIT.notAllowed;
    if (isRefusal) await logRefused(loggedAs('run', terminal), use, error, now);
    throw error;
  }
}

/** @throws CliError where there is none. */
function commandLineOf({ commandLine = [] }: RunContext): readonly string[] {
  if (commandLine[0] === undefined || commandLine[0] === '')
    throw usageError('there is no command to run', 'write it as: zephr run -- command arguments');
  return commandLine;
}

function programAt(name: string, { env }: Terminal): string {
  const found = findProgram(name, env.PATH);
  if ('path' in found) return found.path;
  if (found.missing === 'no such program')
    throw new CliError(EXIT.commandNotFound, 'NO_COMMAND', `there is no command ${name}`);
  throw new CliError(EXIT.notExecutable, 'NOT_EXECUTABLE', `${name} cannot be executed`);
}
