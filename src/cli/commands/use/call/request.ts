/** The request that the options of `zephr call` describe, and which secrets go where in it. */

import { FORM, type HeaderList } from '../../../../broker/requests/headers.js';
import type { OutgoingRequest } from '../../../../broker/requests/injection.js';
import { encodeUtf8 } from '../../../../core/bytes.js';
import { parseSlot } from '../../../../vault/request-slots.js';
import { usageError } from '../../../exit/cli-error.js';
import { systemReason } from '../../../exit/reason.js';
import { readUpTo } from '../../../files/bounded-read.js';
import type { Terminal } from '../../../terminal/terminal.js';
import type { NamedSlot } from '../../../vault/requests.js';

/** The options that describe a request. */
export interface RequestFlags {
  readonly request?: string;
  readonly data?: string;
  readonly addHeader?: readonly string[];
  readonly bearer?: string;
  readonly basic?: string;
  readonly header?: readonly string[];
  readonly query?: readonly string[];
  readonly bodyField?: readonly string[];
  readonly formField?: readonly string[];
}

/** The longest body, in bytes: it is held in memory, to put secrets into it. */
const MAX_BODY_BYTES = 64 << 20;

/**
 * The request without its secrets.
 * @throws CliError exit 2.
 */
export async function requestOf(
  url: string,
  flags: RequestFlags,
  slots: readonly NamedSlot[],
  terminal: Terminal,
): Promise<OutgoingRequest> {
  if (!URL.canParse(url)) throw usageError('that is no URL', 'write it as https://host/path');
  const headers = (flags.addHeader ?? []).map(headerOf);
  const body = flags.data === undefined ? null : await bodyOf(flags.data, terminal);
  const hasBody = body !== null || slots.some(({ slot }) => slot.kind === 'body' || slot.kind === 'form');
  const method = (flags.request ?? (hasBody ? 'POST' : 'GET')).toUpperCase();
  return {
    method,
    url: new URL(url),
    headers: body === null ? headers : withType(headers, slots, body),
    body,
  };
}

/**
 * What the options say of secrets, in the order of the help.
 * @throws CliError exit 2; ValidationError `INVALID_SLOT`.
 */
export function slotsOf({ bearer, basic, header, query, bodyField, formField }: RequestFlags): NamedSlot[] {
  const alone = (name: string | undefined, kind: 'bearer' | 'basic'): NamedSlot[] =>
    name === undefined ? [] : [{ name: nameOf(name, `--${kind}`), slot: { kind } }];
  const pairs = (texts: readonly string[] | undefined, kind: string, flag: string): NamedSlot[] =>
    (texts ?? []).map((text) => {
      const at = text.lastIndexOf('=');
      if (at < 1)
        throw usageError(`${flag} is a place, = and the name of a secret`, `such as ${flag} key=API_KEY`);
      return { name: nameOf(text.slice(at + 1), flag), slot: parseSlot(`${kind}:${text.slice(0, at)}`) };
    });
  return [
    ...alone(bearer, 'bearer'),
    ...alone(basic, 'basic'),
    ...pairs(header, 'header', '--header'),
    ...pairs(query, 'query', '--query'),
    ...pairs(bodyField, 'body', '--body-field'),
    ...pairs(formField, 'form', '--form-field'),
  ];
}

/** Does not repeat what is no name: it may be the secret itself. */
function nameOf(text: string, flag: string): string {
  if (/^[A-Z][A-Z0-9_]{0,127}$/.test(text)) return text;
  throw usageError(
    `${flag} takes the name of a secret in the vault, such as API_KEY`,
    'zephr vault set puts one there',
  );
}

function headerOf(text: string): readonly [string, string] {
  const [, name, value] = /^([^:\s]+):[ \t]*(.*?)[ \t]*$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw usageError("-H is written as -H 'Name: value'");
  return [name, Buffer.from(value).toString('latin1')];
}

/** A body without a type is a form, as with curl, unless it begins as JSON does or a secret goes into JSON. */
function withType(headers: HeaderList, slots: readonly NamedSlot[], body: Uint8Array): HeaderList {
  if (headers.some(([name]) => name.toLowerCase() === 'content-type')) return headers;
  const isJson = slots.some(({ slot }) => slot.kind === 'body') || body[0] === 0x7b || body[0] === 0x5b;
  return [...headers, ['Content-Type', isJson ? 'application/json' : FORM]];
}

async function bodyOf(data: string, terminal: Terminal): Promise<Uint8Array> {
  if (data !== '-' && !data.startsWith('@')) return encodeUtf8(data);
  const path = data === '-' ? data : data.slice(1);
  const { bytes } = await readUpTo(path, MAX_BODY_BYTES + 1, 'body', terminal).catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && /^E[A-Z]+$/.test(String(cause.code)))
      throw usageError(`the body cannot be read: ${systemReason(cause)}`, undefined, cause);
    throw cause;
  });
  if (bytes.length > MAX_BODY_BYTES) throw usageError('the body is larger than 64 MB');
  return bytes;
}
