/** Which records of the list a command is about, and what became of them. */

import { parseServer } from '../../core/link.js';
import { AdvisedError, usageError } from '../exit/cli-error.js';
import type { Context } from '../parser/command.js';
import type { CommonFlags } from '../settings/settings.js';
import { keepStates } from './list.js';
import type { Listed } from './record.js';
import { type Refreshed, refresh } from './refresh.js';

/** The options that say which. */
export interface Wanted extends CommonFlags {
  /** Milliseconds since 1970. */
  readonly since?: number;
  /** An id, or its start. */
  readonly after?: string;
  readonly search?: string;
  readonly offline?: boolean;
}

/**
 * What became of secrets and requests, as far as their servers say.
 * @throws what the servers threw where none of them answered.
 */
export async function lookUp(
  records: readonly Listed[],
  context: Pick<Context<Wanted>, 'flags' | 'terminal' | 'reporter' | 'now'>,
): Promise<readonly Refreshed[]> {
  const { flags, terminal, reporter } = context;
  if (flags.offline) return records.map((record) => ({ ...record, isStale: false }));
  const found = await reporter.waitFor('asking what became of them', refresh(records, context));
  await keepStates(
    found.changed.map((record) => ({ place: record, known: record.known })),
    terminal,
  );
  const [first] = found.silent;
  if (first !== undefined && found.silent.length === found.asked) {
    throw new AdvisedError(first.error, 'zephr ls --offline shows what is known');
  }
  for (const { server, error } of found.silent) {
    await reporter.warn(`${new URL(server).host} does not say what became of its secrets: ${error.message}`);
  }
  return found.records;
}

/** Those that the options ask for, whatever became of them; newest first. */
export function candidatesIn(records: readonly Listed[], flags: Wanted): Listed[] {
  const server = flags.server === undefined ? undefined : parseServer(flags.server);
  const words = flags.search?.toLowerCase();
  const newestFirst = records.toReversed();
  const after =
    flags.after === undefined ? -1 : newestFirst.findIndex(({ id }) => id.startsWith(flags.after ?? ''));
  if (flags.after !== undefined && after < 0) {
    throw usageError('there is no such id in the list', '--after takes an id of zephr ls, or its start');
  }
  return newestFirst.slice(after + 1).filter((record) => {
    if (server !== undefined && record.server !== server) return false;
    if (flags.since !== undefined && Date.parse(record.createdAt) < flags.since) return false;
    const { id, hint = '', memo = '' } = record;
    return words === undefined || [id, hint, memo, record.server].join('\n').toLowerCase().includes(words);
  });
}
