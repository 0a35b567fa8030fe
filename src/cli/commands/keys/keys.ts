/** `zephr keys`: the API keys of a server, in its store. A running server knows at once of what changes. */

import type { KeyTier } from '../../../core/protocol/limits.js';
import { isApiKey } from '../../../core/protocol/requests.js';
import { checkKeyName, issueKey } from '../../../server/secrets/api-keys.js';
import { type Usage, usageOf } from '../../../server/secrets/quotas.js';
import type { ApiKey } from '../../../server/store/contracts/keys.js';
import type { Store } from '../../../server/store/contracts/store.js';
import { openStore, storeExists } from '../../../server/store/open.js';
import { CliError, Interrupted, secretAsArgument, usageError } from '../../exit/cli-error.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import { systemReason } from '../../exit/reason.js';
import type { Context } from '../../parser/command.js';
import { parseExpires } from '../../parser/shared-options.js';
import type { CommonFlags } from '../../settings/settings.js';
import { newStoreLocation, storeLocation } from '../../settings/store-location.js';
import { jsonLine } from '../../terminal/escape.js';
import type { Terminal } from '../../terminal/terminal.js';
import { timeInWords } from '../../terminal/times.js';
import { type InTime, inTimeFor, isoTime, table } from './table.js';
import { tierInWords } from './tiers.js';

export interface KeysFlags extends CommonFlags {
  readonly store?: string;
}

export interface NewKeyFlags extends KeysFlags {
  readonly tier?: KeyTier;
  readonly name?: string;
  /** How long from now, or a time in ISO 8601. */
  readonly expires?: string;
}

export type KeysContext = Context<KeysFlags>;
export type NewKeyContext = Context<NewKeyFlags>;
/** Of a command that is about one key. */
export type NamedKeyContext = Context<KeysFlags, { readonly nameOrId: string }>;

/** `keys new`: makes a key and prints it, the only time that it is shown. A store that is missing is made. */
export async function newKey({ flags, terminal, reporter, now }: NewKeyContext): Promise<ExitCode> {
  const { name, tier, json } = flags;
  if (name === undefined) throw usageError('the key has no name', 'give it one: --name ci');
  checkKeyName(name);
  if (tier === undefined) throw usageError('the key has no tier', 'give it one: --tier free, dev or pro');
  const expiresAt = flags.expires === undefined ? null : parseExpires(flags.expires, now());
  if (terminal.stdout.wasClosed) throw keyNotDelivered('stdout is closed', 'no key was made');
  await withStore(await newStoreLocation(flags.store, terminal), async ({ keys }) => {
    const { key, ...issued } = await issueKey(keys, { name, tier, expiresAt }, now());
    try {
      await terminal.stdout.write(json ? jsonLine({ ...shown(issued), key }) : `${key}\n`);
      await terminal.stdout.flush();
    } catch (cause) {
      // Without its output the key is lost, so it shall not stay valid.
      await keys.revokeKey(issued.id, now());
      if (cause instanceof Interrupted) throw cause;
      throw keyNotDelivered(systemReason(cause), 'it is revoked: make another one', cause);
    }
    if (!json) {
      await reporter.info(`${inWords(issued)}: keep it now, it is not shown again`);
      await reporter.info(`the tier ${tier} allows ${tierInWords(tier)}`);
      if (expiresAt !== null) await reporter.info(`it is refused ${timeInWords(expiresAt, now())}`);
    }
  });
  return EXIT.done;
}

/**
 * `keys ls`: a line for each key that was ever made, how much of its quota it has used and when it was used last; never
 * the key itself.
 */
export async function listKeys({ flags, terminal, reporter, now }: KeysContext): Promise<ExitCode> {
  await withStore(await existingStore(flags, terminal), async (store) => {
    const keys = await store.keys.listKeys();
    const usage = await usageOf(store.quotas, keys, now());
    const listed = keys.map((key, index) => ({ key, usage: usage[index] ?? null }));
    if (flags.json) {
      const objects = listed.map(({ key, usage }) => ({
        ...shown(key),
        ...(key.lastUse && { lastUse: { at: isoTime(key.lastUse.at), network: key.lastUse.network } }),
        ...(usage && { creates: asJson(usage) }),
      }));
      await terminal.stdout.write(jsonLine({ keys: objects }));
    } else if (keys.length === 0) await reporter.info('there are no API keys');
    else {
      await terminal.stdout.write(keyTable(listed, inTimeFor(terminal, now())));
    }
  });
  return EXIT.done;
}

function keyNotDelivered(reason: string, advice: string, cause?: unknown): CliError {
  const message = `the API key was not delivered: ${reason}`;
  return new CliError(EXIT.notDelivered, 'NOT_DELIVERED', message, { advice, cause });
}

/** `keys revoke`: a create with the key gets 401 from now on. A key that is revoked already is no error. */
export async function revokeKey(context: NamedKeyContext): Promise<ExitCode> {
  const { args, flags, terminal, reporter, now } = context;
  if (isApiKey(args.nameOrId)) {
    throw secretAsArgument('an API key', 'give its name or id: zephr keys ls');
  }
  await withStore(await existingStore(flags, terminal), async ({ keys }) => {
    const revoked = await keys.revokeKey(args.nameOrId, now());
    if (revoked === null) throw usageError('there is no API key of that name or id', 'see zephr keys ls');
    if (flags.json) await terminal.stdout.write(jsonLine(shown(revoked)));
    else await reporter.info(`${inWords(revoked)}: revoked, it is refused from now on`);
  });
  return EXIT.done;
}

/** Opens the store for as long as `work` takes. */
export async function withStore(location: string, work: (store: Store) => Promise<void>): Promise<void> {
  if (location === 'memory:') {
    throw usageError(
      'a store in memory is within its server: its keys cannot be reached from here',
      'name a file or a database: --store /var/lib/zephr/zephr.db',
    );
  }
  const store = await openStore(location);
  try {
    await work(store);
  } finally {
    await store.close();
  }
}

/** Where the store is. One that does not exist has no keys: most likely its name is mistyped. */
export async function existingStore(flags: KeysFlags, terminal: Terminal): Promise<string> {
  const location = storeLocation(flags.store, terminal);
  if (!(await storeExists(location))) {
    throw usageError(`there is no store at ${location}`, 'name the one that zephr serve uses: --store');
  }
  return location;
}

/** What can be shown of a key. */
export function shown({ id, name, tier, createdAt, expiresAt, revokedAt }: ApiKey) {
  return {
    id,
    name,
    tier,
    createdAt: isoTime(createdAt),
    ...(expiresAt === null ? {} : { expiresAt: isoTime(expiresAt) }),
    ...(revokedAt === null ? {} : { revokedAt: isoTime(revokedAt) }),
  };
}

function inWords({ id, name, tier }: ApiKey): string {
  return `API key ${name} (${id}) of tier ${tier}`;
}

/** A key's use of its quota, for programs. */
function asJson({ used, limit, per, endsAt }: Usage) {
  return { used, limit, per, until: isoTime(endsAt) };
}

/** A key and how much it has used; null where its tier has no limit. */
interface Listed {
  readonly key: ApiKey;
  readonly usage: Usage | null;
}

const HEADER = ['ID', 'NAME', 'TIER', 'CREATED', 'EXPIRES', 'USED', 'LAST USE', 'REVOKED'] as const;

/** A header, and a line for each key in columns. */
function keyTable(listed: readonly Listed[], inTime: InTime): string {
  const rows = listed.map(({ key, usage }) => [
    ...[key.id, key.name, key.tier, inTime(key.createdAt)],
    key.expiresAt === null ? 'never' : inTime(key.expiresAt),
    usage === null ? 'any number' : `${usage.used} of ${usage.limit} this ${usage.per}`,
    key.lastUse === null ? 'never' : inTime(key.lastUse.at),
    key.revokedAt === null ? '' : inTime(key.revokedAt),
  ]);
  return table([HEADER, ...rows]);
}
