/** Creating a secret with files, or one of any length that comes on stdin. */

import { createResumably, createSecret, type SecretLink } from '../../../client/create/create.js';
import type { CreateSecretOptions } from '../../../client/create/options.js';
import { ApiError, NetworkError, ZephrError } from '../../../core/errors.js';
import { adviceFor } from '../../exit/advice.js';
import { AdvisedError, Interrupted } from '../../exit/cli-error.js';
import { openPendingCreate, type PendingCreate } from '../../files/pending-creates.js';
import type { Context } from '../../parser/command.js';
import { showProgress } from '../../transfer/progress.js';
import type { Given } from './secret.js';

/** A secret that was created, whose state another process could take up until the link is in other hands. */
export interface LargeCreate {
  readonly created: SecretLink;
  /** Forgets that state. */
  finish(): Promise<void>;
}

/**
 * Creates it, and shows how far it has come. Where all of it comes from files, the same command goes on with it after it
 * was broken off.
 */
export async function createFromSources(
  { secret, sources }: Pick<Given, 'secret' | 'sources'>,
  options: CreateSecretOptions,
  { flags, terminal }: Pick<Context, 'flags' | 'terminal'>,
): Promise<LargeCreate> {
  const { quiet, json } = flags;
  const pending = sources?.paths ? await openPendingCreate(termsOf(options, sources.paths), terminal) : null;
  const progress = showProgress(terminal, 'sent', { quiet, json, totalBytes: sources?.totalBytes });
  const attachments = sources === null ? {} : { attachments: sources.attachments };
  const all = { ...options, ...attachments, onProgress: progress.update };
  try {
    const created =
      pending === null
        ? await createSecret(secret, all)
        : await createResumably(secret, all, pending.journal);
    return {
      created,
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
  const { server, link, expiry, split, hint, views, message, callbackUrl, passphrase } = options;
  const isLocked = passphrase !== undefined;
  return { server, link, expiry, split, hint, views, message, callbackUrl, isLocked, paths };
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
