/** Which secrets a command gets, and under which variables. */

import { encodeUtf8 } from '../../../../core/bytes.js';
import { isForProcesses } from '../../../../vault/policy.js';
import { checkPlace, type VaultRecord } from '../../../../vault/records.js';
import type { Vault } from '../../../../vault/vault.js';
import { CliError, usageError } from '../../../exit/cli-error.js';
import { EXIT } from '../../../exit/codes.js';
import type { Reporter } from '../../../terminal/reporter.js';
import { timeInWords } from '../../../terminal/times.js';
import { type Place, secretIn } from '../../../vault/place.js';

/** The options that choose. */
export interface ChoiceFlags {
  readonly only?: string;
  readonly var?: readonly string[];
  readonly file?: readonly string[];
}

/** The name of a secret, the variable that it is for, and whether that holds its value or the path of a file. */
export interface Choice {
  readonly variable: string;
  readonly name: string;
  readonly as: 'value' | 'file';
}

/** With its value. */
export interface Chosen extends Choice {
  readonly value: Uint8Array;
}

/**
 * The secrets that options, `.zephr.json` or else the place name. What `--var` or `--file` name comes under that
 * variable, and not under its own name too.
 * @param withBound whether the place names those that are bound to hosts too.
 * @throws CliError for what is no name.
 */
export async function choose(
  vault: Vault,
  place: Place,
  flags: ChoiceFlags,
  reporter: Reporter,
  now: number,
  withBound = false,
): Promise<Choice[]> {
  const mapped = [
    ...(flags.var ?? []).map((text) => ({ ...pairOf(text, '--var'), as: 'value' as const })),
    ...(flags.file ?? []).map((text) => ({ ...pairOf(text, '--file'), as: 'file' as const })),
  ];
  const taken = new Set(mapped.map(({ name }) => name));
  const named = flags.only === undefined ? place.needs : listOf(flags.only);
  const own = (named ?? (await allIn(vault, place, reporter, now, withBound))).filter(
    (name) => !taken.has(name),
  );
  return [...own.map((name) => ({ variable: name, name, as: 'value' as const })), ...mapped];
}

/**
 * The secrets with their values, or with what stands in for those that are bound to hosts.
 * @param placeholders by name; without them a bound secret is refused.
 * @throws CliError for one that is not there, is expired, or is bound to hosts.
 */
export function valuesOf(
  choices: readonly Choice[],
  vault: Vault,
  place: Place,
  now: number,
  placeholders?: ReadonlyMap<string, string>,
): Chosen[] {
  return choices.map((one) => ({ ...one, value: usableValue(vault, one.name, place, now, placeholders) }));
}

/** All that is for processes, or all; what has expired is left out, and named. */
async function allIn(
  vault: Vault,
  place: Place,
  reporter: Reporter,
  now: number,
  withBound: boolean,
): Promise<string[]> {
  const { project, environment } = place;
  const records = vault
    .list({ project, environment })
    .filter(({ policy }) => withBound || isForProcesses(policy));
  const expired = records.filter((record) => isExpired(record, now)).map(({ name }) => name);
  if (expired.length > 0) await reporter.warn(`expired, and left out: ${expired.join(', ')}`);
  return records.filter((record) => !isExpired(record, now)).map(({ name }) => name);
}

function usableValue(
  vault: Vault,
  name: string,
  place: Place,
  now: number,
  placeholders?: ReadonlyMap<string, string>,
): Uint8Array {
  const record = secretIn(vault, name, place);
  const placeholder = placeholders?.get(name);
  if (placeholder === undefined && !isForProcesses(record.policy)) {
    throw new CliError(EXIT.notAllowed, 'NOT_ALLOWED', `${name} is bound to hosts, and for no process`, {
      advice: `--proxy gives a placeholder; to allow it, a person runs zephr vault bind ${name} --host … --run`,
    });
  }
  if (isExpired(record, now)) {
    throw new CliError(
      EXIT.notAllowed,
      'NOT_ALLOWED',
      `${name} expired ${timeInWords(record.expiresAt ?? 0, now)}`,
      {
        advice: `set it anew: zephr vault set ${name}`,
      },
    );
  }
  return placeholder === undefined ? record.value : encodeUtf8(placeholder);
}

function isExpired({ expiresAt }: VaultRecord, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}

function pairOf(text: string, flag: string): { readonly variable: string; readonly name: string } {
  const [, variable, name] = /^([A-Za-z_][A-Za-z0-9_]*)=([A-Z][A-Z0-9_]*)$/.exec(text) ?? [];
  if (variable === undefined || name === undefined)
    throw usageError(
      `${flag} is a variable, = and the name of a secret`,
      `such as ${flag} PGPASSWORD=DB_PASSWORD`,
    );
  return { variable, name };
}

/** @throws ValidationError `INVALID_NAME`. */
function listOf(text: string): string[] {
  const names = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  for (const name of names) checkPlace({ project: 'default', environment: 'default', name });
  return names;
}
