/**
 * Which secret or request a command is about: by its receipt link or its collect link, or by an id of the list or of a request
 * that is kept here, or the start of one.
 */

import type { RequestReceipt } from '../../client/requests/request-status.js';
import type { OwnSecret } from '../../client/status.js';
import { decodeBase64url } from '../../core/base64url.js';
import { ValidationError } from '../../core/errors.js';
import { isSecretId } from '../../core/link.js';
import { looksLikeLink } from '../../core/links/reader.js';
import type { ReceiptLink } from '../../core/links/receipt-links.js';
import { parseReceiptLink } from '../../core/links/receipt-links.js';
import { type CollectLink, kindOfLink, parseCollectLink } from '../../core/links/request-links.js';
import { CliError, usageError } from '../exit/cli-error.js';
import { EXIT } from '../exit/codes.js';
import { collectLinkOf, findRequests, type KeptRequest } from '../files/request-files.js';
import type { Context } from '../parser/command.js';
import type { LinkArguments, LinkFlags } from '../parser/shared-options.js';
import { loadSettings } from '../settings/settings.js';
import { readSentList } from './list.js';
import { keyOf, type Listed, type Place } from './record.js';

/** What a sender sent, or asked for, and how it is shown that it is theirs. */
export type OwnReference = Place &
  (
    | { readonly kind: 'secret'; readonly from: ReceiptLink | OwnSecret }
    | { readonly kind: 'request'; readonly from: RequestReceipt | CollectLink }
  );

/** The same of one kind. */
export type Own<Kind extends OwnReference['kind']> = Extract<OwnReference, { readonly kind: Kind }>;

/** An id, or its start. */
const ID_START = /^[A-Za-z0-9_-]{6,22}$/;

/**
 * What an argument names in a sender's way; null where it is the link of a reader, or comes from elsewhere.
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
  if (looksLikeLink(text)) return byLink(text);
  if (!ID_START.test(text)) return null;
  const { records } = await readSentList(terminal, reporter);
  const listed = records.filter(({ id }) => id.startsWith(text));
  const known = new Set(listed.map(keyOf));
  const kept = (await findRequests(text, terminal)).filter((request) => !known.has(keyOf(request)));
  const [found, another] = [...listed, ...kept];
  if (another !== undefined) {
    const ids = [...listed, ...kept].map(({ id }) => id.slice(0, text.length + 4));
    throw usageError(
      `several begin like that: ${ids.join(', ')}`,
      'give more letters of the id, or the whole of it',
    );
  }
  if (found !== undefined) {
    const own = ownOf(found);
    return own ?? ofApiKey(found.id, { ...flags, server: found.server }, { terminal, reporter });
  }
  if (!isSecretId(text)) throw notListed();
  return ofApiKey(text, flags, { terminal, reporter });
}

/** By a receipt link or a collect link; null for any other. */
function byLink(text: string): OwnReference | null {
  const kind = kindOf(text);
  if (kind === 'collect') {
    const from = parseCollectLink(text);
    return { kind: 'request', from, server: from.server, id: from.id };
  }
  if (kind !== 'receipt') return null;
  const from = parseReceiptLink(text);
  return { kind: 'secret', from, server: from.server, id: from.id };
}

/** What is listed, or a request that is kept here, by what is kept of it; null where that is nothing. */
function ownOf(found: Listed | KeptRequest): OwnReference | null {
  const { server, id } = found;
  if (!('kind' in found)) {
    const from = collectLinkOf(found);
    return from && { kind: 'request', from, server, id };
  }
  const { kind, receipt } = found;
  return receipt === undefined
    ? null
    : { kind, from: { server, id, receipt: decodeBase64url(receipt) }, server, id };
}

async function ofApiKey(
  id: string,
  flags: LinkFlags,
  { terminal, reporter }: Pick<Context, 'terminal' | 'reporter'>,
): Promise<OwnReference> {
  const { server, apiKey } = await loadSettings(flags, terminal, reporter);
  if (apiKey === null) throw notListed();
  return { kind: 'secret', from: { id, apiKey, server }, server, id };
}

/** What kind of link it is; null for one that is damaged: who reads it as a link says what is wrong with it. */
function kindOf(text: string): ReturnType<typeof kindOfLink> | null {
  try {
    return kindOfLink(text);
  } catch (error) {
    if (error instanceof ValidationError) return null;
    throw error;
  }
}

function notListed(): CliError {
  return new CliError(
    EXIT.notFound,
    'NOT_LISTED',
    'nothing that was sent or asked for from here has that id',
    {
      advice: 'zephr ls lists them; without a line there, give the link or the receipt link',
    },
  );
}
