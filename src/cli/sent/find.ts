/** Which secret a command is about: by its receipt link, or by an id of the list, or the start of one. */

import type { OwnSecret } from '../../client/status.js';
import { decodeBase64url } from '../../core/base64url.js';
import { ValidationError } from '../../core/errors.js';
import { isSecretId } from '../../core/link.js';
import { looksLikeLink } from '../../core/links/reader.js';
import type { ReceiptLink } from '../../core/links/receipt-links.js';
import { parseReceiptLink } from '../../core/links/receipt-links.js';
import { kindOfLink } from '../../core/links/request-links.js';
import { CliError, usageError } from '../exit/cli-error.js';
import { EXIT } from '../exit/codes.js';
import type { Context } from '../parser/command.js';
import type { LinkArguments, LinkFlags } from '../parser/shared-options.js';
import { loadSettings } from '../settings/settings.js';
import { readSentList } from './list.js';

/** The secret of a sender, and how it is shown that it is. */
export interface OwnReference {
  readonly from: ReceiptLink | OwnSecret;
  readonly server: string;
  readonly id: string;
}

/** An id, or its start. */
const ID_START = /^[A-Za-z0-9_-]{6,22}$/;

/**
 * The secret that an argument names in a sender's way; null where it is the link of a reader, or comes from elsewhere.
 * @throws CliError exit 2 where several fit, exit 5 where none does.
 */
export async function findOwn({
  args,
  flags,
  terminal,
  reporter,
}: Pick<
  Context<LinkFlags, LinkArguments>,
  'args' | 'flags' | 'terminal' | 'reporter'
>): Promise<OwnReference | null> {
  const text = args.link?.trim();
  if (text === undefined || text === '-') return null;
  if (looksLikeLink(text)) {
    if (!isReceiptLink(text)) return null;
    const from = parseReceiptLink(text);
    return { from, server: from.server, id: from.id };
  }
  if (!ID_START.test(text)) return null;
  const { secrets } = await readSentList(terminal, reporter);
  const fitting = secrets.filter(({ id }) => id.startsWith(text));
  const [found] = fitting;
  if (fitting.length > 1) {
    throw usageError(
      `several secrets begin like that: ${fitting.map(({ id }) => id.slice(0, text.length + 4)).join(', ')}`,
      'give more letters of the id, or the whole of it',
    );
  }
  if (found !== undefined) {
    const { server, id, receipt } = found;
    if (receipt !== undefined) return { from: { server, id, receipt: decodeBase64url(receipt) }, server, id };
    return ofApiKey(id, { ...flags, server }, { terminal, reporter });
  }
  if (!isSecretId(text)) throw notListed();
  return ofApiKey(text, flags, { terminal, reporter });
}

async function ofApiKey(
  id: string,
  flags: LinkFlags,
  { terminal, reporter }: Pick<Context, 'terminal' | 'reporter'>,
): Promise<OwnReference> {
  const { server, apiKey } = await loadSettings(flags, terminal, reporter);
  if (apiKey === null) throw notListed();
  return { from: { id, apiKey, server }, server, id };
}

function isReceiptLink(text: string): boolean {
  try {
    return kindOfLink(text) === 'receipt';
  } catch (error) {
    // Who reads it as a link says what is wrong with it.
    if (error instanceof ValidationError) return false;
    throw error;
  }
}

function notListed(): CliError {
  return new CliError(EXIT.notFound, 'NOT_LISTED', 'no secret that was sent from here has that id', {
    advice: 'zephr ls lists them; without a line there, give the link or the receipt link',
  });
}
