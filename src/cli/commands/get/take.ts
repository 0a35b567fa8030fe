/** Reading a secret once: the request under a claim, the delivery, the acknowledgement, and only then the end of the claim. */

import { type Reading, readSecret } from '../../../client/read.js';
import { ZephrError } from '../../../core/errors.js';
import { withServerClock } from '../../../net/server-clock.js';
import { Interrupted } from '../../exit/cli-error.js';
import type { Context } from '../../parser/command.js';
import { type OpenedLink, withPassphrase } from '../../parser/link.js';
import type { LinkArguments, LinkFlags } from '../../parser/shared-options.js';
import type { Reporter } from '../../terminal/reporter.js';
import { ClaimedRead } from './claimed-read.js';
import type { Destination, DestinationFlags } from './destination.js';

export type GetContext = Context<LinkFlags & DestinationFlags, LinkArguments>;

/**
 * Reads the secret of a link, delivers it, and acknowledges it.
 * @param onDelivered is called when it has arrived, before the server forgets it.
 * @throws the errors of {@link readSecret}; an error with advice when the secret came and could not be delivered.
 */
export async function take(
  opened: OpenedLink,
  destination: Destination,
  context: Pick<GetContext, 'flags' | 'terminal' | 'reporter' | 'now'>,
  onDelivered: () => Promise<void> = async () => undefined,
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
    const reading = await withPassphrase(opened, terminal, (options) =>
      read.ask((claim, watched) =>
        reporter.waitFor(opened.waiting, readSecret(opened.link, { ...options, fetch: watched, claim })),
      ),
    );
    if (!flags.json) await describe(reading, reporter);
    try {
      await destination.deliver(reading);
    } catch (cause) {
      throw await read.notDelivered(cause, reading);
    }
    if (destination.confirms !== false) {
      await onDelivered();
      await acknowledge(reading, reporter);
      await read.forget();
    }
    await destination.report(reading, reporter);
    if (destination.confirms === false)
      await reporter.info(`if it did not arrive: ${await read.unconfirmed(reading)}`);
  } finally {
    await read.release();
  }
}

/** Says what the sender wrote about the secret. */
async function describe({ hint, name, message }: Reading, reporter: Reporter): Promise<void> {
  if (hint !== undefined) await reporter.field('Hint', hint);
  if (name !== undefined) await reporter.field('Name', name);
  if (message !== undefined) await reporter.field('Message', message);
}

/** Tells the server that the secret has arrived. The secret is safe if that fails, so a failure is only warned of. */
async function acknowledge(reading: Reading, reporter: Reporter): Promise<void> {
  try {
    await reporter.waitFor('telling the server that it has arrived', reading.acknowledge());
  } catch (error) {
    if (error instanceof Interrupted || !(error instanceof ZephrError)) throw error;
    await reporter.warn(`the secret is here, but the server keeps it for another minute: ${error.message}`);
  }
}
