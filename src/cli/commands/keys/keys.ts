/** `zephr keys`: the API keys of a server, in its store. A running server knows at once of what changes. */

import { KEY_TIERS, type KeyTier } from '../../../core/protocol/limits.js';
import { isApiKey } from '../../../core/protocol/requests.js';
import { checkKeyName, issueKey } from '../../../server/secrets/api-keys.js';
import { type Usage, usageOf } from '../../../server/secrets/quotas.js';
import type { ApiKey } from '../../../server/store/contracts/keys.js';
import type { Store } from '../../../server/store/contracts/store.js';
import { openStore, storeExists } from '../../../server/store/open.js';
import { usageError } from '../../exit/exit.js';
import { storePlace } from '../../settings/serve-settings.js';
import type { CommonFlags } from '../../settings/settings.js';
import { jsonLine } from '../../terminal/escape.js';
import type { Reporter } from '../../terminal/reporter.js';
import type { Terminal } from '../../terminal/terminal.js';

export interface KeysFlags extends CommonFlags {
  readonly store?: string;
}

export interface NewKeyFlags extends KeysFlags {
  readonly tier?: string;
  readonly name?: string;
}

/** `keys new`: makes a key and prints it, the only time that anybody sees it. The store is made where there is none. */
export async function newKey(flags: NewKeyFlags, terminal: Terminal, reporter: Reporter): Promise<void> {
  const { name } = flags;
  if (name === undefined) throw usageError('the key has no name', 'give it one: --name ci');
  checkKeyName(name);
  const tier = keyTier(flags.tier);
  await withStore(storePlace(flags.store, terminal), async ({ keys }) => {
    const { key, ...issued } = await issueKey(keys, { name, tier }, Date.now());
    try {
      await terminal.stdout.write(flags.json ? jsonLine({ ...shown(issued), key }) : `${key}\n`);
      await terminal.stdout.flush();
    } catch (error) {
      // A key that nobody got to see shall not be valid.
      await keys.revokeKey(issued.id, Date.now());
      throw error;
    }
    if (!flags.json) await reporter.info(`${inWords(issued)}: keep it now, it is not shown again`);
  });
}

/** `keys ls`: every key there is and was, and how much it has used, a line each, without the key itself. */
export async function listKeys(flags: KeysFlags, terminal: Terminal, reporter: Reporter): Promise<void> {
  await withStore(await existingStore(flags, terminal), async (store) => {
    const keys = await store.keys.listKeys();
    const usage = await usageOf(store.quotas, keys, Date.now());
    const listed = keys.map((key, index) => ({ key, usage: usage[index] ?? null }));
    if (flags.json) {
      const objects = listed.map(({ key, usage }) => ({
        ...shown(key),
        ...(usage && { creates: told(usage) }),
      }));
      await terminal.stdout.write(jsonLine({ keys: objects }));
    } else if (keys.length === 0) await reporter.info('there are no API keys');
    else await terminal.stdout.write(table(listed));
  });
}

/** `keys revoke`: whoever creates with the key from now on gets 401. To revoke one again is no error. */
export async function revokeKey(
  nameOrId: string | undefined,
  flags: KeysFlags,
  terminal: Terminal,
  reporter: Reporter,
): Promise<void> {
  const wanted = nameOrId ?? '';
  if (isApiKey(wanted)) {
    throw usageError(
      'an API key is not given as an argument: arguments show in ps and in the history',
      'give its name or id: zephr keys ls',
    );
  }
  await withStore(await existingStore(flags, terminal), async ({ keys }) => {
    const revoked = await keys.revokeKey(wanted, Date.now());
    if (revoked === null) throw usageError('there is no API key of that name or id', 'see zephr keys ls');
    if (flags.json) await terminal.stdout.write(jsonLine(shown(revoked)));
    else await reporter.info(`${inWords(revoked)}: revoked, it is refused from now on`);
  });
}

/** Opens the store for as long as `work` takes. */
async function withStore(place: string, work: (store: Store) => Promise<void>): Promise<void> {
  if (place === 'memory:') {
    throw usageError(
      'a store in memory is within its server: its keys cannot be reached from here',
      'name a file or a database: --store /var/lib/zephr/zephr.db',
    );
  }
  const store = await openStore(place);
  try {
    await work(store);
  } finally {
    await store.close();
  }
}

/** Where the store is. One that is not there has no keys: more likely its name is mistyped. */
async function existingStore(flags: KeysFlags, terminal: Terminal): Promise<string> {
  const place = storePlace(flags.store, terminal);
  if (!(await storeExists(place))) {
    throw usageError(`there is no store at ${place}`, 'name the one that zephr serve uses: --store');
  }
  return place;
}

function keyTier(text: string | undefined): KeyTier {
  const tier = KEY_TIERS.find((one) => one === text);
  const what = text === undefined ? 'the key has no tier' : 'the tier is not one that a key can have';
  if (tier === undefined) throw usageError(what, 'give it one: --tier free, dev or pro');
  return tier;
}

/** What can be shown of a key. */
function shown({ id, name, tier, createdAt, revokedAt }: ApiKey) {
  return {
    id,
    name,
    tier,
    createdAt: isoTime(createdAt),
    ...(revokedAt === null ? {} : { revokedAt: isoTime(revokedAt) }),
  };
}

function inWords({ id, name, tier }: ApiKey): string {
  return `API key ${name} (${id}) of tier ${tier}`;
}

/** What a script is told of a quota. */
function told({ used, limit, per, endsAt }: Usage) {
  return { used, limit, per, until: isoTime(endsAt) };
}

/** A key and how much it has used; `null` where its tier may create any number. */
interface Listed {
  readonly key: ApiKey;
  readonly usage: Usage | null;
}

/** A line for each key: id, name, tier, when it was made, what it has used, and when it was revoked. */
function table(listed: readonly Listed[]): string {
  const usages = listed.map(({ usage }) =>
    usage === null ? '' : `${usage.used} of ${usage.limit} this ${usage.per}`,
  );
  const usageWidth = longest(usages);
  const nameWidth = longest(listed.map(({ key }) => key.name));
  const tierWidth = longest(KEY_TIERS);
  const lines = listed.map(({ key: { id, name, tier, createdAt, revokedAt } }, index) => {
    const usage = usages[index]?.padStart(usageWidth) ?? '';
    const columns = [id, name.padEnd(nameWidth), tier.padEnd(tierWidth), isoTime(createdAt), usage];
    return [...columns, ...(revokedAt === null ? [] : [`revoked ${isoTime(revokedAt)}`])].join('  ');
  });
  return `${lines.join('\n')}\n`;
}

function longest(texts: readonly string[]): number {
  return Math.max(...texts.map(({ length }) => length));
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
