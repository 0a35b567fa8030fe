/** `zephr ls --remote` and `zephr stats --remote`: what an API key made, on whatever machine, as its server tells it. */

import {
  type ListedSecret,
  listSecrets,
  type OwnerOptions,
  type Statistics,
  secretStatistics,
} from '../../../client/sender/lists.js';
import type { TransportOptions } from '../../../client/transport/send.js';
import { PAGE } from '../../../core/protocol/lists.js';
import type { SecretState } from '../../../core/protocol/replies.js';
import { CliError, usageError } from '../../exit/cli-error.js';
import { EXIT } from '../../exit/codes.js';
import type { Context } from '../../parser/command.js';
import { connectionTo } from '../../settings/connection.js';
import { type CommonFlags, loadSettings } from '../../settings/settings.js';

/** Which of the secrets. */
export interface RemoteWanted extends CommonFlags {
  readonly state?: SecretState;
  /** Milliseconds since 1970. */
  readonly since?: number;
  readonly count?: number;
  /** An id, or its start. */
  readonly after?: string;
  readonly search?: string;
}

/** A secret of an API key, and where it is. */
export interface RemoteSecret extends ListedSecret {
  readonly kind: 'secret';
  readonly server: string;
}

type Asking<Flags extends CommonFlags> = Pick<Context<Flags>, 'flags' | 'terminal' | 'reporter'>;

/**
 * The secrets that the options ask for, newest first, a page at a time; a page can be empty.
 * @throws CliError exit 4 without an API key, exit 2 where there is no secret that `--after` names.
 */
export async function* remotePages(
  context: Asking<RemoteWanted>,
): AsyncGenerator<readonly RemoteSecret[], void, undefined> {
  const { flags, reporter } = context;
  const owner = await ownerOf(context);
  const { after, since = Number.NEGATIVE_INFINITY } = flags;
  const search = flags.search?.toLowerCase();
  let left = flags.count ?? Number.POSITIVE_INFINITY;
  let hasBegun = after === undefined;
  let next: string | undefined;
  do {
    // What --after names need not be in that state.
    const state = hasBegun && flags.state !== undefined ? { state: flags.state } : {};
    const from = next === undefined ? {} : { after: next };
    const asked = listSecrets({ ...owner, ...state, ...from, limit: PAGE.most });
    const page = await reporter.waitFor('asking for the list', asked);
    let { secrets } = page;
    if (!hasBegun && after !== undefined) {
      const place = secrets.findIndex(({ id }) => id.startsWith(after));
      hasBegun = place >= 0;
      secrets = hasBegun ? secrets.slice(place + 1) : [];
    }
    const found = secrets
      .filter(({ createdAt }) => Date.parse(createdAt) >= since)
      .filter((one) => flags.state === undefined || one.state === flags.state)
      .filter((one) => search === undefined || isFound(one, owner.server, search))
      .slice(0, left);
    left -= found.length;
    yield found.map((secret) => ({ kind: 'secret', server: owner.server, ...secret }));
    const last = page.secrets.at(-1);
    const isPast = last !== undefined && Date.parse(last.createdAt) < since;
    next = left > 0 && !isPast ? page.next : undefined;
  } while (next !== undefined);
  if (!hasBegun) {
    throw usageError(
      'the API key made no secret of that id',
      '--after takes an id of zephr ls --remote, or its start',
    );
  }
}

/** The server's statistics of the API key. @throws CliError exit 4 without one. */
export async function remoteStatistics(context: Asking<CommonFlags>): Promise<Statistics> {
  const owner = await ownerOf(context);
  return context.reporter.waitFor('asking for the statistics', secretStatistics(owner));
}

/** The server that is set, and its API key. */
async function ownerOf({
  flags,
  terminal,
  reporter,
}: Asking<CommonFlags>): Promise<OwnerOptions & TransportOptions & { readonly server: string }> {
  const { server, apiKey } = await loadSettings(flags, terminal, reporter);
  if (apiKey === null) {
    throw new CliError(
      EXIT.notAllowed,
      'API_KEY_REQUIRED',
      `--remote lists what an API key made, and there is none for ${new URL(server).host}`,
      {
        advice: 'ask whoever runs the server for one, and set ZEPHR_API_KEY_FILE or zephr config set apiKey',
      },
    );
  }
  const { fetch } = await connectionTo(server, flags, terminal);
  return { server, apiKey, fetch, timeout: flags.timeout, signal: terminal.interrupt };
}

function isFound({ id, hint = '' }: ListedSecret, server: string, words: string): boolean {
  return [id, hint, server].join('\n').toLowerCase().includes(words);
}
