/** `zephr vault ls`, `diff` and `status`: what is there, and never a value. */

import { equalBytes } from '../../../core/bytes.js';
import { isUserSecret } from '../../../vault/project.js';
import type { VaultRecord } from '../../../vault/records.js';
import { openVault, requireVault } from '../../../vault/unlocking/access.js';
import type { Vault } from '../../../vault/vault.js';
import { usageError } from '../../exit/cli-error.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import { endingOf } from '../../exit/ending.js';
import type { Context } from '../../parser/command.js';
import { jsonLine } from '../../terminal/escape.js';
import { clockTime, durationInWords, timeInWords } from '../../terminal/times.js';
import { vaultAccess } from '../../vault/access.js';
import type { PlaceFlags, VaultFlags } from '../../vault/flags.js';
import { placeInWords, placeOf } from '../../vault/place.js';
import { policyInWords } from './policy-flags.js';

export type ListContext = Context<PlaceFlags & { readonly all?: boolean }>;
export type StatusContext = Context<PlaceFlags>;
export type DiffContext = Context<
  VaultFlags & { readonly project?: string; readonly environment?: readonly string[] }
>;

/** Prints a line for each secret of a project and environment, or of all. */
export async function listSecrets(context: ListContext): Promise<ExitCode> {
  const { flags, terminal, now } = context;
  const find = await placeOf(flags, terminal);
  const unlocked = await openVault(vaultAccess(flags, terminal));
  const records = unlocked === null ? [] : await recordsIn(unlocked.vault, flags.all === true, find);
  await terminal.stdout.write(
    flags.json ? jsonLine({ secrets: records.map(described) }) : table(records, flags.all === true, now()),
  );
  return EXIT.done;
}

async function recordsIn(vault: Vault, all: boolean, find: Awaited<ReturnType<typeof placeOf>>) {
  if (all) return vault.list().filter(isUserSecret);
  const { project, environment } = await find(vault);
  return vault.list({ project, environment });
}

function described({ project, environment, name, policy, changedAt, expiresAt }: VaultRecord) {
  return {
    name,
    project,
    environment,
    ...policy,
    changedAt: new Date(changedAt).toISOString(),
    ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt).toISOString() }),
  };
}

function table(records: readonly VaultRecord[], all: boolean, now: number): string {
  const rows = records.map((record) => [
    ...(all ? [`${record.project}/${record.environment}`] : []),
    record.name,
    policyInWords(record.policy),
    `changed ${durationInWords(Math.max(0, now - record.changedAt))} ago`,
    record.expiresAt === undefined ? '' : expiryInWords(record.expiresAt, now),
  ]);
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

function expiryInWords(at: number, now: number): string {
  return `${at > now ? 'expires' : 'expired'} ${timeInWords(at, now)}`;
}

/** Compares two environments by name and, without showing them, by value. */
export async function diffEnvironments(context: DiffContext): Promise<ExitCode> {
  const { flags, terminal } = context;
  const { environment = [], ...rest } = flags;
  const [one, other, ...more] = environment;
  if (one === undefined || other === undefined || more.length > 0)
    throw usageError('two environments are compared', 'zephr vault diff -E staging -E production');
  const find = await placeOf({ ...rest, environment: one }, terminal);
  // The second one is checked like the first.
  await placeOf({ ...rest, environment: other }, terminal);
  const { vault } = await requireVault(vaultAccess(flags, terminal));
  const { project } = await find(vault);
  const [left, right] = [one, other].map(
    (name) =>
      new Map(vault.list({ project, environment: name }).map((record) => [record.name, record.value])),
  );
  const names = [...new Set([...(left?.keys() ?? []), ...(right?.keys() ?? [])])].sort();
  const rows = names.map((name) => ({ name, state: stateOf(left?.get(name), right?.get(name)) }));
  const text = rows.map(({ name, state }) => `${MARKS[state]} ${name}\n`).join('');
  await terminal.stdout.write(
    flags.json ? jsonLine({ project, environments: [one, other], names: rows }) : text,
  );
  return EXIT.done;
}

const MARKS = { first: '<', second: '>', different: '!', same: '=' } as const;

function stateOf(
  left: Uint8Array | null | undefined,
  right: Uint8Array | null | undefined,
): keyof typeof MARKS {
  if (!left) return 'second';
  if (!right) return 'first';
  return equalBytes(left, right) ? 'same' : 'different';
}

/** Says which vault it is, and whether it is open. It asks nobody for a passphrase. */
export async function vaultStatus(context: StatusContext): Promise<ExitCode> {
  const { flags, terminal, now } = context;
  const access = vaultAccess(flags, terminal);
  const find = await placeOf(flags, terminal);
  const silent = { ...access, unlocking: { ...access.unlocking, askPassphrase: async () => null } };
  const { path } = access.storage;
  try {
    const unlocked = await openVault(silent);
    if (unlocked === null) return await say({ path, exists: false }, [`no vault yet, in ${path}`], context);
    const { vault, way, until } = unlocked;
    const place = await find(vault).catch((error: unknown) => ({ problem: endingOf(error).message }));
    const where = 'problem' in place ? place.problem : placeInWords(place);
    const secrets =
      'problem' in place ? null : vault.list({ project: place.project, environment: place.environment });
    const times = until === undefined ? {} : { until: new Date(until).toISOString() };
    const labels = 'problem' in place ? {} : { project: place.project, environment: place.environment };
    return await say(
      {
        path,
        exists: true,
        unlockedBy: way,
        ...times,
        ...labels,
        ...(secrets === null ? {} : { secrets: secrets.length }),
        opens: [...new Set(vault.slotKinds)],
      },
      [
        `vault     ${path}`,
        `unlocked  by ${way}${until === undefined ? '' : `, until ${clockTime(until, now())}`}`,
        `secrets   ${where}${secrets === null ? '' : `: ${secrets.length}`}`,
        `opens by  ${[...new Set(vault.slotKinds)].join(', ')}`,
      ],
      context,
    );
  } catch (error) {
    if (endingOf(error).code !== 'VAULT_LOCKED') throw error;
    return say({ path, exists: true, unlockedBy: null }, [`vault     ${path}`, 'locked'], context);
  }
}

async function say(
  json: Readonly<Record<string, unknown>>,
  lines: readonly string[],
  { flags, terminal }: StatusContext,
): Promise<ExitCode> {
  await terminal.stdout.write(flags.json ? jsonLine(json) : `${lines.join('\n')}\n`);
  return EXIT.done;
}
