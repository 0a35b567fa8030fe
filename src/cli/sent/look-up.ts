/** Which secrets of the list a command is about, and what became of them. */

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
 * What became of secrets, as far as their servers say.
 * @throws what the servers threw where none of them answered.
 */
export async function lookUp(
  secrets: readonly Listed[],
  context: Pick<Context<Wanted>, 'flags' | 'terminal' | 'reporter' | 'now'>,
): Promise<readonly Refreshed[]> {
  const { flags, terminal, reporter } = context;
  if (flags.offline) return secrets.map((secret) => ({ ...secret, isStale: false }));
  const found = await reporter.waitFor('asking what became of them', refresh(secrets, context));
  await keepStates(
    found.changed.map((secret) => ({ place: secret, known: secret.known })),
    terminal,
  );
  const [first] = found.silent;
  if (first !== undefined && found.silent.length === found.asked) {
    throw new AdvisedError(first.error, 'zephr ls --offline shows what is known');
  }
  for (const { server, error } of found.silent) {
    await reporter.warn(`${new URL(server).host} does not say what became of its secrets: ${error.message}`);
  }
  return found.secrets;
}

/** Those that the options ask for, whatever became of them; newest first. */
export function candidatesIn(secrets: readonly Listed[], flags: Wanted): Listed[] {
  const server = flags.server === undefined ? undefined : parseServer(flags.server);
  const words = flags.search?.toLowerCase();
  const newestFirst = secrets.toReversed();
  const after =
    flags.after === undefined ? -1 : newestFirst.findIndex(({ id }) => id.startsWith(flags.after ?? ''));
  if (flags.after !== undefined && after < 0) {
    throw usageError('there is no such id in the list', '--after takes an id of zephr ls, or its start');
  }
  return newestFirst.slice(after + 1).filter((secret) => {
    if (server !== undefined && secret.server !== server) return false;
    if (flags.since !== undefined && Date.parse(secret.createdAt) < flags.since) return false;
    const { id, hint = '', memo = '' } = secret;
    return words === undefined || [id, hint, memo, secret.server].join('\n').toLowerCase().includes(words);
  });
}
