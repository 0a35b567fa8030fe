/** `zephr vault set` and `zephr vault import`: values go in, unseen. */

import { boundTo, changeVaultLogged } from '../../../broker/audit/uses.js';
import { decodeUtf8, encodeUtf8 } from '../../../core/bytes.js';
import { type DotenvEntry, parseDotenv } from '../../../vault/dotenv.js';
import { isSecretName, type SecretPlace } from '../../../vault/records.js';
import type { Vault } from '../../../vault/vault.js';
import { CliError, Interrupted, secretAsArgument, usageError } from '../../exit/cli-error.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import { systemReason } from '../../exit/reason.js';
import { isStdin, readUpTo } from '../../files/bounded-read.js';
import type { Context } from '../../parser/command.js';
import { parseExpires } from '../../parser/shared-options.js';
import { jsonLine } from '../../terminal/escape.js';
import { askHidden } from '../../terminal/prompt.js';
import type { Terminal } from '../../terminal/terminal.js';
import { loggedAs, vaultAccess } from '../../vault/access.js';
import type { PlaceFlags, PolicyFlags } from '../../vault/flags.js';
import { placeInWords, placeOf } from '../../vault/place.js';
import { policyOf } from './policy-flags.js';

export type SetContext = Context<
  PlaceFlags & PolicyFlags & { readonly expires?: string; readonly new?: boolean },
  { readonly name: string }
>;

export type ImportContext = Context<PlaceFlags & { readonly force?: boolean }, { readonly file: string }>;

/** The longest value, in bytes. */
export const LONGEST_VALUE = 1_048_576;

/** The longest file of names and values, in bytes. */
const LONGEST_FILE = 4_194_304;

const HOW = 'pipe it in: zephr vault set DB_PASSWORD < file';

/** Keeps a value under a name. Bindings of a value that it takes the place of stay, unless others are given. */
export async function setSecret(context: SetContext): Promise<ExitCode> {
  const { args, flags, terminal, reporter, now } = context;
  const name = checkedName(args.name);
  const policy = policyOf(flags);
  const expiresAt = flags.expires === undefined ? undefined : parseExpires(flags.expires, now());
  const find = await placeOf(flags, terminal);
  const access = vaultAccess(flags, terminal);
  const value = await readValue(name, terminal);
  const set = await changeVaultLogged(
    access,
    loggedAs('vault set', terminal),
    async (vault) => {
      const { project, environment } = await find(vault);
      const place: SecretPlace = { project, environment, name };
      const before = vault.get(place);
      if (before !== null && flags.new) throw exists([name]);
      const kept = policy ?? before?.policy ?? {};
      await vault.set({
        ...place,
        policy: kept,
        changedAt: now(),
        ...(expiresAt === undefined ? {} : { expiresAt }),
        value,
      });
      return { result: { place, isNew: before === null }, use: { secrets: [name], ...boundTo(kept) } };
    },
    { make: true, now },
  );
  value.fill(0);
  if (flags.json) await terminal.stdout.write(jsonLine({ ...set.place, new: set.isNew }));
  else await reporter.info(`${name} is ${set.isNew ? 'kept' : 'replaced'} in ${placeInWords(set.place)}`);
  return EXIT.done;
}

/** Keeps all that a `.env` file names, or nothing of it. */
export async function importSecrets(context: ImportContext): Promise<ExitCode> {
  const { args, flags, terminal, reporter, now } = context;
  const find = await placeOf(flags, terminal);
  const access = vaultAccess(flags, terminal);
  const entries = await readEntries(args.file, terminal);
  const filled = entries.filter(({ value }) => value !== '');
  if (filled.length === 0) throw usageError('there is no name with a value in it');
  const names = filled.map(({ name }) => name);
  const place = await changeVaultLogged(
    access,
    loggedAs('vault import', terminal),
    async (vault) => {
      const where = await find(vault);
      const taken = names.filter((name) => vault.get({ ...where, name }) !== null);
      if (taken.length > 0 && !flags.force) throw exists(taken);
      for (const { name, value } of filled) await setEntry(vault, { ...where, name }, value, now());
      return { result: where, use: { secrets: names } };
    },
    { make: true, now },
  );
  for (const { name, value, line } of entries)
    await reporter.info(`line ${line}: ${name}${value === '' ? ' has no value and was left out' : ''}`);
  if (!isStdin(args.file)) await reporter.advise(`${args.file} still holds them in plain text: remove it`);
  const { project, environment } = place;
  if (flags.json) await terminal.stdout.write(jsonLine({ project, environment, names }));
  return EXIT.done;
}

async function setEntry(vault: Vault, place: SecretPlace, value: string, now: number): Promise<void> {
  const { project, environment, name } = place;
  const policy = vault.get(place)?.policy ?? {};
  await vault.set({ project, environment, name, policy, changedAt: now, value: encodeUtf8(value) });
}

/**
 * A name that a secret can have.
 * @throws CliError exit 2, which does not repeat it: it may be a secret.
 */
export function checkedName(name: string): string {
  if (isSecretName(name)) return name;
  if (name.includes('=')) throw secretAsArgument('a secret', HOW);
  throw usageError(
    'a name has capital letters, digits and underscores, and begins with a letter',
    'such as DB_PASSWORD',
  );
}

/** The error for names that are taken. */
export function exists(names: readonly string[]): CliError {
  const [verb, what] = names.length === 1 ? ['exists', 'it'] : ['exist', 'them'];
  return new CliError(EXIT.notAllowed, 'NAME_EXISTS', `${names.join(', ')} ${verb}`, {
    advice: `nothing was changed; without --new, or with --force, ${what} would be replaced`,
  });
}

async function readValue(name: string, terminal: Terminal): Promise<Uint8Array<ArrayBuffer>> {
  if (terminal.stdin.isTerminal) {
    const missing = { message: 'there is no value', advice: HOW };
    return notEmpty(encodeUtf8(await askHidden(terminal, `${name} (hidden)`, missing)));
  }
  const { bytes } = await readUpTo('-', LONGEST_VALUE + 1, 'value', terminal);
  if (bytes.length > LONGEST_VALUE) throw usageError(`a value has ${LONGEST_VALUE} bytes at most`);
  return notEmpty(withoutEndOfSingleLine(bytes));
}

/** A line end that a shell or an editor added to the one line; a value of several lines stays as it is. */
export function withoutEndOfSingleLine(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const first = bytes.indexOf(0x0a);
  if (first === -1 || first !== bytes.length - 1) return Uint8Array.from(bytes);
  return Uint8Array.from(bytes.subarray(0, bytes[first - 1] === 0x0d ? first - 1 : first));
}

function notEmpty(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (bytes.length === 0) throw usageError('the value is empty', HOW);
  return bytes;
}

async function readEntries(file: string, terminal: Terminal): Promise<readonly DotenvEntry[]> {
  const { entries, unreadable } = parseDotenv(await readEnvText(file, terminal));
  if (unreadable.length > 0)
    throw usageError(`${linesInWords(unreadable)} cannot be read`, 'a line is NAME=value, or NAME="value"');
  const misnamed = entries.filter(({ name }) => !isSecretName(name)).map(({ line }) => line);
  if (misnamed.length > 0) {
    throw usageError(
      `the names in ${linesInWords(misnamed)} do not fit`,
      'a name has capital letters, digits and underscores, and begins with a letter',
    );
  }
  return entries;
}

async function readEnvText(file: string, terminal: Terminal): Promise<string> {
  try {
    const { bytes } = await readUpTo(file, LONGEST_FILE + 1, 'file', terminal);
    if (bytes.length > LONGEST_FILE) throw usageError(`${file} is too large`);
    return decodeUtf8(bytes);
  } catch (cause) {
    if (cause instanceof Interrupted || cause instanceof CliError) throw cause;
    if (cause instanceof TypeError) throw usageError(`${file} is not UTF-8`, undefined, cause);
    throw usageError(`${file} cannot be read: ${systemReason(cause)}`, undefined, cause);
  }
}

function linesInWords(lines: readonly number[]): string {
  return `${lines.length === 1 ? 'line' : 'lines'} ${lines.join(', ')}`;
}
