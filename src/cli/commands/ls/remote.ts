/** `zephr ls --remote` and `zephr stats --remote`: what an API key made, on whatever machine, as its server tells it. */

import {
  type ListedRequest,
  type ListedSecret,
  listRequests,
  listSecrets,
  type OwnerOptions,
  type Statistics,
  secretStatistics,
} from '../../../client/sender/lists.js';
import type { TransportOptions } from '../../../client/transport/send.js';
import { PAGE } from '../../../core/protocol/lists.js';
import { SECRET_STATES, type SecretState } from '../../../core/protocol/replies.js';
import { REQUEST_STATES, type RequestState } from '../../../core/protocol/secret-requests.js';
import { CliError, usageError } from '../../exit/cli-error.js';
import { EXIT } from '../../exit/codes.js';
import type { Context } from '../../parser/command.js';
import { transportTo } from '../../settings/connection.js';
import { type CommonFlags, loadSettings } from '../../settings/settings.js';

/** Which of what the API key made. */
export interface RemoteWanted extends CommonFlags {
  readonly state?: SecretState | RequestState;
  /** Milliseconds since 1970. */
  readonly since?: number;
  readonly count?: number;
  /** An id, or its start. */
  readonly after?: string;
  readonly search?: string;
}

/** A secret or a request of an API key, and where it is. */
export type RemoteRecord = { readonly server: string } & (
  | ({ readonly kind: 'secret' } & ListedSecret)
  | ({ readonly kind: 'request' } & ListedRequest)
);

type Asking<Flags extends CommonFlags> = Pick<Context<Flags>, 'flags' | 'terminal' | 'reporter'>;

/** Whose lists, and how a page of them is waited for. */
interface Source {
  readonly owner: OwnerOptions & { readonly server: string };
  readonly state: SecretState | RequestState | undefined;
  readonly waitFor: <Page>(page: Promise<Page>) => Promise<Page>;
}

/**
 * What the options ask for, newest first. A page is asked for when what came before was taken.
 * @throws CliError exit 4 without an API key, exit 2 where there is nothing that `--after` names.
 */
export async function* remoteRecords(
  context: Asking<RemoteWanted>,
): AsyncGenerator<RemoteRecord, void, undefined> {
  const { flags, reporter } = context;
  const { after, state, since = Number.NEGATIVE_INFINITY, count = Number.POSITIVE_INFINITY } = flags;
  const owner = await ownerOf(context);
  const search = flags.search?.toLowerCase();
  const source: Source = {
    owner,
    // What --after names need not be in that state.
    state: after === undefined ? state : undefined,
    waitFor: (page) => reporter.waitFor('asking for the list', page),
  };
  let hasBegun = after === undefined;
  let found = 0;
  for await (const record of newestFirst(secretsOf(source), requestsOf(source))) {
    if (!hasBegun) {
      hasBegun = record.id.startsWith(after ?? '');
      continue;
    }
    if (Date.parse(record.createdAt) < since) return;
    if (state !== undefined && record.state !== state) continue;
    if (search !== undefined && !isFound(record, search)) continue;
    yield record;
    found += 1;
    if (found === count) return;
  }
  if (!hasBegun) {
    throw usageError(
      'the API key made nothing of that id',
      '--after takes an id of zephr ls --remote, or its start',
    );
  }
}

async function* secretsOf({ owner, state, waitFor }: Source): AsyncGenerator<RemoteRecord, void, undefined> {
  const known = SECRET_STATES.find((one) => one === state);
  if (state !== undefined && known === undefined) return;
  let next: string | undefined;
  do {
    const page = await waitFor(listSecrets({ ...owner, ...pageOf(known, next) }));
    for (const secret of page.secrets) yield { kind: 'secret', server: owner.server, ...secret };
    next = page.next;
  } while (next !== undefined);
}

async function* requestsOf({ owner, state, waitFor }: Source): AsyncGenerator<RemoteRecord, void, undefined> {
  const known = REQUEST_STATES.find((one) => one === state);
  if (state !== undefined && known === undefined) return;
  let next: string | undefined;
  do {
    const page = await waitFor(listRequests({ ...owner, ...pageOf(known, next) }));
    for (const request of page.requests) yield { kind: 'request', server: owner.server, ...request };
    next = page.next;
  } while (next !== undefined);
}

function pageOf<State>(state: State | undefined, next: string | undefined) {
  return {
    limit: PAGE.most,
    ...(state === undefined ? {} : { state }),
    ...(next === undefined ? {} : { after: next }),
  };
}

/** Two lists as one, each of them newest first. */
async function* newestFirst(
  one: AsyncGenerator<RemoteRecord, void, undefined>,
  other: AsyncGenerator<RemoteRecord, void, undefined>,
): AsyncGenerator<RemoteRecord, void, undefined> {
  let [first, second] = [await one.next(), await other.next()];
  while (!first.done || !second.done) {
    // Times are spelled alike, so that text tells which is later.
    if (!first.done && (second.done || first.value.createdAt >= second.value.createdAt)) {
      yield first.value;
      first = await one.next();
    } else if (!second.done) {
      yield second.value;
      second = await other.next();
    }
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
  return { server, apiKey, ...(await transportTo(server, flags, terminal)) };
}

function isFound(record: RemoteRecord, words: string): boolean {
  const hint = record.kind === 'secret' ? (record.hint ?? '') : '';
  return [record.id, hint, record.server].join('\n').toLowerCase().includes(words);
}
