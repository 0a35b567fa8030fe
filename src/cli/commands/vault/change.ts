/** `zephr vault rm`, `cp`, `bind`, `reveal` and `trust`. */

import { boundTo, changeVaultLogged, logAllowed } from '../../../broker/audit/uses.js';
import { decodeUtf8 } from '../../../core/bytes.js';
import { findProjectFile, PROJECT_FILE, surroundings, trustFile } from '../../../vault/project.js';
import { requireVault } from '../../../vault/unlocking/access.js';
import { CliError, usageError } from '../../exit/cli-error.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import type { Context } from '../../parser/command.js';
import { isPrintable, jsonLine } from '../../terminal/escape.js';
import { loggedAs, requirePerson, vaultAccess } from '../../vault/access.js';
import type { PlaceFlags, PolicyFlags, VaultFlags } from '../../vault/flags.js';
import { noSuchName, placeInWords, placeOf, secretIn } from '../../vault/place.js';
import { policyInWords, policyOf } from './policy-flags.js';
import { checkedName, exists } from './set.js';

interface NameArguments {
  readonly name: string;
}

export type RemoveContext = Context<PlaceFlags, { readonly names: readonly string[] }>;
export type CopyContext = Context<
  PlaceFlags & { readonly toProject?: string; readonly toEnvironment?: string; readonly force?: boolean },
  NameArguments & { readonly newName?: string }
>;
export type BindContext = Context<PlaceFlags & PolicyFlags & { readonly unbind?: boolean }, NameArguments>;
export type RevealContext = Context<PlaceFlags, NameArguments>;
export type TrustContext = Context<VaultFlags>;

/** Destroys secrets: all that are named, or none when one of them is not there. */
export async function removeSecrets({
  args,
  flags,
  terminal,
  reporter,
  now,
}: RemoveContext): Promise<ExitCode> {
  const names = args.names.map(checkedName);
  const find = await placeOf(flags, terminal);
  const access = vaultAccess(flags, terminal);
  const place = await changeVaultLogged(
    access,
    loggedAs('vault rm', terminal),
    async (vault) => {
      const where = await find(vault);
      for (const name of new Set(names)) {
        if (!(await vault.remove({ ...where, name }, now()))) throw noSuchName(name, where);
      }
      return { result: where, use: { secrets: names } };
    },
    { now },
  );
  const { project, environment } = place;
  if (flags.json) await terminal.stdout.write(jsonLine({ project, environment, removed: names }));
  else await reporter.info(`${names.join(', ')}: removed from ${placeInWords(place)}`);
  return EXIT.done;
}

/** Copies a secret with its bindings: what may be done with it stays the same. */
export async function copySecret({ args, flags, terminal, reporter, now }: CopyContext): Promise<ExitCode> {
  const [name, newName] = [checkedName(args.name), checkedName(args.newName ?? args.name)];
  const find = await placeOf(flags, terminal);
  const access = vaultAccess(flags, terminal);
  const target = await changeVaultLogged(
    access,
    loggedAs('vault cp', terminal),
    async (vault) => {
      const from = await find(vault);
      const record = vault.get({ ...from, name });
      if (record === null) throw noSuchName(name, from);
      const to = surroundings({
        project: flags.toProject ?? from.project,
        environment: flags.toEnvironment ?? from.environment,
      });
      if (to.project === from.project && to.environment === from.environment && newName === name)
        throw usageError('a secret cannot be copied onto itself', 'give it a new name, or --to-environment');
      if (vault.get({ ...to, name: newName }) !== null && !flags.force) throw exists([newName]);
      await vault.set({ ...record, ...to, name: newName, changedAt: now() });
      return { result: to, use: { secrets: [name, newName], ...boundTo(record.policy) } };
    },
    { now },
  );
  if (flags.json) await terminal.stdout.write(jsonLine({ ...target, name: newName }));
  else await reporter.info(`${name} is copied to ${newName} in ${placeInWords(target)}`);
  return EXIT.done;
}

/** Changes what may be done with a value that is kept. */
export async function bindSecret({ args, flags, terminal, reporter, now }: BindContext): Promise<ExitCode> {
  const name = checkedName(args.name);
  const policy = flags.unbind ? {} : policyOf(flags);
  if (policy === null) throw usageError('there is nothing to bind it to', 'name a --host, or --unbind it');
  const [logged, use] = [loggedAs('vault bind', terminal), { secrets: [name], ...boundTo(policy) }];
  await requirePerson('zephr vault bind', { terminal, now }, logged, use);
  const find = await placeOf(flags, terminal);
  const access = vaultAccess(flags, terminal);
  const place = await changeVaultLogged(
    access,
    logged,
    async (vault) => {
      const where = await find(vault);
      const record = vault.get({ ...where, name });
      if (record === null) throw noSuchName(name, where);
      await vault.set({ ...record, policy, changedAt: now() });
      return { result: { project: where.project, environment: where.environment }, use };
    },
    { now },
  );
  if (flags.json) await terminal.stdout.write(jsonLine({ ...place, name, ...policy }));
  else await reporter.info(`${name} in ${placeInWords(place)}: ${policyInWords(policy)}`);
  return EXIT.done;
}

/** Prints a value to the person who asks for it. */
export async function revealSecret({ args, flags, terminal, now }: RevealContext): Promise<ExitCode> {
  const name = checkedName(args.name);
  const [logged, use] = [loggedAs('vault reveal', terminal), { secrets: [name] }];
  await requirePerson('zephr vault reveal', { terminal, now }, logged, use);
  if (!terminal.stdout.isTerminal) {
    throw new CliError(EXIT.notAllowed, 'NO_TERMINAL', 'a value is revealed on a terminal only', {
      advice: `a program gets it with zephr run --only ${name} -- command`,
    });
  }
  const find = await placeOf(flags, terminal);
  const { vault } = await requireVault(vaultAccess(flags, terminal));
  const where = await find(vault);
  const shown = printable(secretIn(vault, name, where).value);
  await logAllowed(logged, use, now);
  await terminal.stdout.write(`${shown}\n`);
  return EXIT.done;
}

function printable(value: Uint8Array): string {
  let text: string | null = null;
  try {
    text = decodeUtf8(value);
  } catch {
    // Not every value is a text.
  }
  if (text !== null && isPrintable(text)) return text;
  throw new CliError(
    EXIT.notAllowed,
    'BINARY_TO_TERMINAL',
    'the value is binary and does not go to a terminal',
    {
      advice: 'a program gets it as a file: zephr run --file VAR=NAME -- command',
    },
  );
}

/** Trusts the repository's file as it is now. */
export async function trustProject({ flags, terminal, reporter, now }: TrustContext): Promise<ExitCode> {
  const logged = loggedAs('vault trust', terminal);
  await requirePerson('zephr vault trust', { terminal, now }, logged, { secrets: [] });
  const file = await findProjectFile(terminal.folder);
  if (file === null)
    throw usageError(
      `there is no ${PROJECT_FILE} here`,
      'one looks like {"project":"shop","secrets":["DB_URL"]}',
    );
  await changeVaultLogged(
    vaultAccess(flags, terminal),
    logged,
    async (vault) => ({ result: await trustFile(vault, file, now()), use: { secrets: file.secrets } }),
    { make: true, now },
  );
  const { path, project, environment, secrets } = file;
  if (flags.json) await terminal.stdout.write(jsonLine({ path, project, environment, secrets }));
  else
    await reporter.info(
      `${path} is trusted as it is now: zephr run here gives ${secrets.join(', ') || 'nothing'} of ${placeInWords(file)}`,
    );
  return EXIT.done;
}
