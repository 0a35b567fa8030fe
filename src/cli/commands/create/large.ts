/** Creating a secret with files, or one of any length that comes on stdin. */

import { createResumably, createSecret, type SecretLink } from '../../../client/create/create.js';
import type { CreateSecretOptions } from '../../../client/create/options.js';
import type { CreateJournal } from '../../../client/files/journal.js';
import { ApiError, NetworkError, ZephrError } from '../../../core/errors.js';
import { adviceFor } from '../../exit/advice.js';
import { AdvisedError, Interrupted } from '../../exit/cli-error.js';
import { openPendingCreate, type PendingCreate } from '../../files/pending-creates.js';
import type { Context } from '../../parser/command.js';
import { showProgress } from '../../transfer/progress.js';
import type { Sources } from '../../transfer/sources.js';
import type { Given } from './secret.js';

/** A secret that was sent, whose state another process could take up until the link is in other hands. */
export interface LargeSend<Sent> {
  readonly sent: Sent;
  /** Forgets that state. */
  finish(): Promise<void>;
}

/** How files are sent: what only they have, and where there is a journal, so that another process can go on. */
export type SendFiles<Sent> = (
  options: Pick<CreateSecretOptions, 'attachments' | 'onProgress'>,
  journal: CreateJournal | undefined,
) => Promise<Sent>;

/** Creates a secret with {@link sendFromSources}. */
export function createFromSources(
  { secret, sources }: Pick<Given, 'secret' | 'sources'>,
  options: CreateSecretOptions,
  context: Pick<Context, 'flags' | 'terminal'>,
): Promise<LargeSend<SecretLink>> {
  const terms = sources?.paths ? termsOf(options, sources.paths) : null;
  const create: SendFiles<SecretLink> = (more, journal) => {
    const all = { ...options, ...more };
    return journal === undefined ? createSecret(secret, all) : createResumably(secret, all, journal);
  };
  return sendFromSources(sources, terms, create, context);
}

/**
 * Sends a secret with files, or one of any length, and shows how far that has come. Where all of it comes from files, the
 * same command goes on with it after it was broken off.
 * @param terms what two commands have in common that send the same; null where nobody can go on with it.
 */
export async function sendFromSources<Sent>(
  sources: Sources | null,
  terms: unknown,
  send: SendFiles<Sent>,
  { flags, terminal }: Pick<Context, 'flags' | 'terminal'>,
): Promise<LargeSend<Sent>> {
  const { quiet, json } = flags;
  const pending = terms === null ? null : await openPendingCreate(terms, terminal);
  const progress = showProgress(terminal, 'sent', { quiet, json, totalBytes: sources?.totalBytes });
  const attachments = sources === null ? {} : { attachments: sources.attachments };
  try {
    const sent = await send({ ...attachments, onProgress: progress.update }, pending?.journal);
    return {
      sent,
      async finish() {
        await pending?.remove();
        await pending?.release();
      },
    };
  } catch (error) {
    if (pending === null) throw error;
    const explained = await brokenOff(error, pending);
    await pending.release();
    throw explained;
  } finally {
    await progress.end();
  }
}

/** What makes two creates the same: all that the server is told and all that is sealed, but for passphrase and API key. */
function termsOf(options: CreateSecretOptions, paths: readonly string[]): unknown {
  const { server, link, expiry, split, hint, views, message, gates, callbackUrl, passphrase } = options;
  const isLocked = passphrase !== undefined;
  return { server, link, expiry, split, hint, views, message, gates, callbackUrl, isLocked, paths };
}

/** The error, and what is left of the create: the state of one that nobody can go on with is removed. */
async function brokenOff(error: unknown, pending: PendingCreate): Promise<unknown> {
  const isInterrupted = error instanceof Interrupted;
  const isOfServer = error instanceof NetworkError || (error instanceof ApiError && error.statusCode >= 500);
  if (!pending.isKept) return error;
  if (!isInterrupted && !isOfServer) {
    await pending.remove();
    return error;
  }
  const advice = `the same command goes on where it stopped, for an hour; until then ${pending.path} holds the key of its link`;
  if (isInterrupted) return new Interrupted(error.signal, { advice });
  const other = error instanceof ZephrError ? adviceFor(error) : undefined;
  return new AdvisedError(error, other === undefined ? advice : `${other}; ${advice}`);
}
