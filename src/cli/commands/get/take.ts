/** Reading a secret once: the request under a claim, the delivery, the acknowledgement, and only then the end of the claim. */

import { type OpenedSecret, openSecret, withoutFiles } from '../../../client/open-secret.js';
import { type RetrieveSecretOptions, readSecret } from '../../../client/read.js';
import { ApiError, ZephrError } from '../../../core/errors.js';
import { withServerClock } from '../../../net/server-clock.js';
import { Interrupted, usageError } from '../../exit/cli-error.js';
import type { Context } from '../../parser/command.js';
import { type OpenedLink, withPassphrase } from '../../parser/link.js';
import type { LinkArguments, LinkFlags } from '../../parser/shared-options.js';
import type { Reporter } from '../../terminal/reporter.js';
import type { SecretPlaceFlags } from '../../vault/flags.js';
import { ClaimedRead } from './claimed-read.js';
import { type CodeFlags, withCode } from './code.js';
import type { Destination, DestinationFlags } from './destination.js';
import type { Arrived, FilesDelivery } from './files.js';

/** What only an answer to a request is taken with. */
export interface AnswerFlags {
  readonly all?: boolean;
  readonly wait?: boolean;
  /** Milliseconds. */
  readonly for?: number;
}

export type GetContext = Context<
  CodeFlags & LinkFlags & DestinationFlags & AnswerFlags & SecretPlaceFlags,
  LinkArguments
>;

/** What the reading of an answer to a request has besides. */
export interface AnswerPart {
  /** Is called when it has arrived, before the server forgets it. */
  readonly onDelivered?: () => Promise<void>;
  /** As of {@link CodedRead}. */
  readonly codeCommand?: string | undefined;
  /** As of {@link FilesDelivery}. */
  readonly folder?: string | undefined;
}

/**
 * Reads the secret of a link, delivers it, and acknowledges it.
 * @param answer what an answer to a request has besides.
 * @throws the errors of {@link readSecret}; an error with advice when the secret came and could not be delivered.
 */
export async function take(
  opened: OpenedLink,
  destination: Destination,
  context: Pick<GetContext, 'flags' | 'terminal' | 'reporter' | 'now'>,
  { onDelivered, codeCommand, folder }: AnswerPart = {},
): Promise<void> {
  const { flags, terminal, reporter } = context;
  const { fetch, clock } = withServerClock(opened.options.fetch);
  const read = await ClaimedRead.open(opened.link, {
    ...context,
    fetch,
    clock,
    temporary: destination.temporary,
  });
  try {
    // Who asks for files must be able to take them. Where they cannot go, the server keeps them, and the view.
    const takesFiles = destination.place === 'stdout' || destination.place === 'file';
    const open = async (options: RetrieveSecretOptions) =>
      takesFiles ? openSecret(opened.link, options) : withoutFiles(await readSecret(opened.link, options));
    const asking = withPassphrase(opened, terminal, (options) =>
      withCode({ opened, options: { ...options, fetch }, context, codeCommand }, flags, (code) =>
        read.ask((claim, watched) =>
          reporter.waitFor(opened.waiting, open({ ...options, ...code, fetch: watched, claim })),
        ),
      ),
    );
    const secret = await asking.catch((error: unknown) => {
      throw explained(error);
    });
    if (!flags.json) await describe(secret, reporter);
    const arrived = await deliver(secret, { destination, read, context, folder });
    if (destination.confirms !== false) {
      await onDelivered?.();
      await acknowledge(secret, reporter);
      await read.forget();
    }
    await arrived.report();
    if (destination.confirms === false)
      await reporter.info(`if it did not arrive: ${await read.unconfirmed(secret)}`);
  } finally {
    await read.release();
  }
}

/** @throws an error that says how long the secret can be read again, when it did not arrive. */
async function deliver(secret: OpenedSecret, delivery: Omit<FilesDelivery, 'secret'>): Promise<Arrived> {
  const { destination, read, context } = delivery;
  try {
    if (secret.files.length > 0) {
      // Its temporary file was for a secret without files.
      if (destination.temporary !== undefined) await destination.discard();
      const { deliverFiles } = await import('./files.js');
      return await deliverFiles({ ...delivery, secret });
    }
    const { note, files: _, purgeAt, ...others } = secret;
    const reading = { ...others, ...(purgeAt === undefined ? {} : { purgeAt }), bytes: note };
    await destination.deliver(reading);
    return { report: () => destination.report(reading, context.reporter) };
  } catch (cause) {
    throw await read.notDelivered(cause, secret);
  }
}

/** The error for a secret with files where they cannot go: the server kept it. */
function explained(error: unknown): unknown {
  if (!(error instanceof ApiError && error.code === 'CHUNKS_NOT_ACCEPTED')) return error;
  return usageError(
    'the secret has files, which --exec and --copy do not take',
    'use -o FOLDER; nothing was used up',
    error,
  );
}

/** Says what the sender wrote about the secret. */
async function describe({ hint, name, message }: OpenedSecret, reporter: Reporter): Promise<void> {
  if (hint !== undefined) await reporter.field('Hint', hint);
  if (name !== undefined) await reporter.field('Name', name);
  if (message !== undefined) await reporter.field('Message', message);
}

/** Tells the server that the secret has arrived. The secret is safe if that fails, so a failure is only warned of. */
async function acknowledge(secret: OpenedSecret, reporter: Reporter): Promise<void> {
  try {
    await reporter.waitFor('telling the server that it has arrived', secret.acknowledge());
  } catch (error) {
    if (error instanceof Interrupted || !(error instanceof ZephrError)) throw error;
    await reporter.warn(`the secret is here, but the server keeps it for another minute: ${error.message}`);
  }
}
