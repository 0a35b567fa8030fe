/** `zephr keys log`: what is known of one key, in the order in which it happened. */

import { isApiKey } from '../../../core/protocol/requests.js';
import { type ApiKey, isValidKey } from '../../../server/store/contracts/keys.js';
import { secretAsArgument, usageError } from '../../exit/cli-error.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import { jsonLine } from '../../terminal/escape.js';
import { existingStore, type NamedKeyContext, shown, withStore } from './keys.js';
import { inTimeFor, isoTime, table } from './table.js';

/** Something that happened to a key, or was done with it. */
interface Event {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly event: 'created' | 'used' | 'refused' | 'expired' | 'revoked';
  /** From where, the last time. */
  readonly network?: string;
  /** How often in all. */
  readonly count?: number;
}

/** Prints when a key was made, used and refused last, and how it ended. */
export async function logKey({ args, flags, terminal, now }: NamedKeyContext): Promise<ExitCode> {
  if (isApiKey(args.nameOrId)) throw secretAsArgument('an API key', 'give its name or id: zephr keys ls');
  await withStore(await existingStore(flags, terminal), async ({ keys }) => {
    const key = keyNamed(args.nameOrId, await keys.listKeys());
    if (key === null) throw usageError('there is no API key of that name or id', 'see zephr keys ls');
    const events = eventsOf(key, now());
    if (flags.json) {
      const inIso = events.map(({ at, ...event }) => ({ at: isoTime(at), ...event }));
      await terminal.stdout.write(jsonLine({ ...shown(key), events: inIso }));
      return;
    }
    const inTime = inTimeFor(terminal, now());
    const rows = events.map((event) => [inTime(event.at), event.event, detailOf(event, key, inTime)]);
    await terminal.stdout.write(table([['TIME', 'EVENT', 'DETAIL'], ...rows]));
  });
  return EXIT.done;
}

/** The key of this id; else the one of this name that is not revoked, or was made last. */
function keyNamed(nameOrId: string, keys: readonly ApiKey[]): ApiKey | null {
  const newestFirst = keys.toReversed();
  const named = newestFirst.filter(({ name }) => name === nameOrId);
  const live = named.find(({ revokedAt }) => revokedAt === null);
  return newestFirst.find(({ id }) => id === nameOrId) ?? live ?? named[0] ?? null;
}

function eventsOf(key: ApiKey, now: number): Event[] {
  const { createdAt, expiresAt, revokedAt, lastUse, refusals } = key;
  const events: Event[] = [{ at: createdAt, event: 'created' }];
  if (lastUse !== null) events.push({ ...lastUse, event: 'used' });
  if (expiresAt !== null && !isValidKey({ expiresAt, revokedAt: null }, now)) {
    events.push({ at: expiresAt, event: 'expired' });
  }
  if (revokedAt !== null) events.push({ at: revokedAt, event: 'revoked' });
  if (refusals !== null) events.push({ ...refusals, event: 'refused' });
  return events.toSorted((one, other) => one.at - other.at);
}

function detailOf(
  { event, network, count = 0 }: Event,
  { tier, expiresAt }: ApiKey,
  inTime: (ms: number) => string,
): string {
  if (event === 'created') return `tier ${tier}${expiresAt === null ? '' : `, expires ${inTime(expiresAt)}`}`;
  if (event === 'used') return `last from ${network}`;
  if (event === 'refused') return `${count === 1 ? 'once' : `${count} times`}, last from ${network}`;
  return '';
}
