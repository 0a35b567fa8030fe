/**
 * Secrets of one-time links that a command gets in its environment. Each is taken as `zephr get` takes it, under a claim,
 * and acknowledged once the command has started: until then the same command line takes it again.
 */

import type { NamedSecret } from '../../../../broker/masking/masker.js';
import { decodeUtf8 } from '../../../../core/bytes.js';
import { usageError } from '../../../exit/cli-error.js';
import { systemReason } from '../../../exit/reason.js';
import { readUpTo } from '../../../files/bounded-read.js';
import type { Context } from '../../../parser/command.js';
import { type OpenedLink, openLink } from '../../../parser/link.js';
import type { CommonFlags } from '../../../settings/settings.js';
import { take } from '../../get/take.js';
import { withoutEndOfSingleLine } from '../../vault/set.js';

/** A link, and the variable that its secret is for. */
export interface LinkedVariable {
  readonly variable: string;
  readonly opened: OpenedLink;
}

/** A secret that has come, under the name of its variable. */
export interface LinkedSecret extends NamedSecret {
  readonly variable: string;
}

type LinkContext = Pick<Context<CommonFlags>, 'flags' | 'terminal' | 'reporter' | 'now'>;

/** A longer file holds no link, in bytes. */
const LONGEST_FILE = 65_536;

/**
 * Reads the links. Nothing is asked of their servers.
 * @param texts such as `DB_PASSWORD=link.txt`.
 * @throws CliError or ValidationError, exit 2.
 */
export async function openLinks(texts: readonly string[], context: LinkContext): Promise<LinkedVariable[]> {
  const links: LinkedVariable[] = [];
  for (const given of texts) {
    const [, variable, file] = /^([A-Za-z_][A-Za-z0-9_]*)=(.+)$/s.exec(given) ?? [];
    if (variable === undefined || file === undefined)
      throw usageError(
        '--from-link is a variable, = and a file with a link',
        'such as --from-link DB_PASSWORD=link.txt: a link itself is never an argument',
      );
    const text = await linkIn(file, context);
    const opened = await openLink({ ...context, args: {} }, () => undefined, { text, isArgument: false });
    links.push({ variable, opened });
  }
  return links;
}

async function linkIn(file: string, { terminal }: LinkContext): Promise<string> {
  try {
    const { bytes } = await readUpTo(file, LONGEST_FILE, 'link', terminal);
    return decodeUtf8(bytes);
  } catch (cause) {
    if (cause instanceof TypeError) throw usageError(`${file} is not text`, undefined, cause);
    throw usageError(`no link in ${file}: ${systemReason(cause)}`, 'name a file that holds one', cause);
  }
}

/**
 * Takes the secrets, starts the command with them, and only then acknowledges them.
 * @param start rejects where it could not be started: then nothing is acknowledged.
 * @throws as {@link take}; what `start` throws, with how long the secrets can be read again.
 */
export async function startTaking<Started>(
  links: readonly LinkedVariable[],
  context: LinkContext,
  start: (secrets: readonly LinkedSecret[]) => Promise<Started>,
): Promise<Started> {
  let started: { readonly value: Started } | undefined;
  const takeNext = async (index: number, secrets: readonly LinkedSecret[]): Promise<void> => {
    const link = links[index];
    if (link === undefined) {
      started = { value: await start(secrets) };
      return;
    }
    const { variable, opened } = link;
    const deliver = ({ bytes }: { readonly bytes: Uint8Array }) =>
      takeNext(index + 1, [...secrets, { variable, name: variable, value: withoutEndOfSingleLine(bytes) }]);
    const nothing = async () => undefined;
    // What its sender wrote beside it is for a reader, and the command's own output is not mixed with it.
    const silent = { ...context, flags: { ...context.flags, json: true } };
    await take(opened, { place: 'command', deliver, report: nothing, discard: nothing }, silent);
  };
  await takeNext(0, []);
  if (started === undefined) throw new Error('the command was not started');
  return started.value;
}
