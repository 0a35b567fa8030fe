/**
 * Finding the one link in a text as people give it, and taking it apart (core/protocol/PROTOCOL.md section 1): server, id
 * and what follows the `#`. It guesses nothing of the link itself: a damaged one must be noticed before the one read of
 * a secret is spent on it.
 */

import { ValidationError } from '../errors.js';
import { isLoopbackHost, isSecretId, parseServer, type SecretAddress } from '../link.js';
import { MAX_PASTED_LENGTH, undecorated } from './pasted-text.js';
import { unwrapped } from './wrappers.js';

/** Wrappers in wrappers that are opened at most: a mail can pass two gateways. */
const MAX_WRAPPERS = 3;

/** The parts of a link, its key not yet read. */
export interface Located extends SecretAddress {
  readonly kind: 'secret' | 'request';
  /** What follows the `#`; null without one. */
  readonly fragment: string | null;
  /** Whether the fragment was put together from several lines. */
  readonly keyIsBroken: boolean;
  /** The host that had wrapped it, if one had. */
  readonly wrapper?: string;
}

/** The lines of a text without decorations, and its labels. @throws ValidationError with `code` for none, or far too many. */
export function pasted(text: string, code: 'INVALID_LINK' | 'INVALID_KEY'): ReturnType<typeof undecorated> {
  if (text.length > MAX_PASTED_LENGTH) throw new ValidationError('that is too long to be a link', code);
  const result = undecorated(text);
  if (result.lines.length === 0) throw new ValidationError('there is nothing but white space', code);
  return result;
}

/** Finds the one link in a text. */
export function locate(text: string): Located {
  const { lines, labels } = pasted(text, 'INVALID_LINK');
  const all = groupsOf(lines).map(locateInGroup);
  const link = all.find(({ fragment }) => fragment !== null) ?? all[0];
  if (link === undefined) throw unreadable('');
  if (all.some((other) => !isSame(link, other)) || labels.some((label) => contradicts(label, link))) {
    throw new ValidationError('there are two different links: give the one that is meant', 'AMBIGUOUS_LINK');
  }
  return link;
}

/** Lines that belong together: one that begins with a scheme starts a group. */
function groupsOf(lines: readonly string[]): string[][] {
  const groups: string[][] = [];
  for (const line of lines) {
    const group = groups.at(-1);
    if (group === undefined || hasScheme(line)) groups.push([line]);
    else group.push(line);
  }
  return groups;
}

function hasScheme(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

/** The link in lines of which the first starts it: one link that was broken, or a split pair on two lines. */
function locateInGroup(lines: readonly string[]): Located {
  const [url = '', key = ''] = lines;
  if (
    lines.length === 2 &&
    /^[a-z][0-9]+p?\./.test(key) &&
    isSecretId(url.slice(-22)) &&
    url.at(-23) === '/'
  ) {
    return { ...locateInLine(url), fragment: unescaped(undecorated(key).lines[0] ?? '') };
  }
  const { text, breaks } = joined(lines);
  return locateInLine(text, breaks);
}

/** Lines put together, without the `=` that quoted-printable ends a broken line with (RFC 2045 section 6.7). */
export function joined(lines: readonly string[]): { text: string; breaks: number[] } {
  let text = '';
  const breaks: number[] = [];
  for (const line of lines) {
    if (text !== '') {
      if (text.endsWith('=')) text = text.slice(0, -1);
      breaks.push(text.length);
    }
    text += line;
  }
  return { text, breaks };
}

/** @param breaks where lines were put together */
function locateInLine(text: string, breaks: readonly number[] = [], wrappers = 0): Located {
  const parts = linkParts(text);
  if (parts !== null) {
    const { prefix, keyStart, ...others } = parts;
    return { ...others, server: serverOf(prefix), keyIsBroken: breaks.some((at) => at > keyStart) };
  }
  const wrapper = wrappers < MAX_WRAPPERS && URL.canParse(text) ? new URL(text) : null;
  const inside = wrapper === null ? null : unwrapped(wrapper);
  if (wrapper === null || inside === null) throw unreadable(text);
  return {
    ...locateInLine(inside, [], wrappers + 1),
    wrapper: wrapper.hostname,
    keyIsBroken: breaks.length > 0,
  };
}

interface LinkParts extends Pick<Located, 'kind' | 'id' | 'fragment'> {
  /** What stands before `/secret/`. */
  readonly prefix: string;
  /** Where the fragment starts in the text, which ends there without one. */
  readonly keyStart: number;
}

/** Prefix, kind, name, query and fragment. */
const PARTS = /^([^#?]*)\/(secret|request)\/([^/#?]*)\/?(\?[^#]*)?(?:#(.*))?$/s;

/**
 * The parts of a link, or null for a text that is none. Its key follows a `#`, or right after the id the `%23` that mail
 * gateways make of it.
 */
function linkParts(text: string): LinkParts | null {
  const [, prefix = '', kind, name = '', query = '', fragment = ''] = PARTS.exec(text) ?? [];
  if ((kind !== 'secret' && kind !== 'request') || /\s/.test(prefix)) return null;
  if ((prefix + query).includes('%23')) return null;
  const [id = '', escaped] = name.split('%23');
  const key = escaped ?? fragment;
  if (!isSecretId(id) || (escaped !== undefined && fragment !== '')) return null;
  return {
    prefix,
    kind,
    id,
    fragment: key === '' ? null : unescaped(key),
    keyStart: escaped === undefined ? text.length - key.length : text.indexOf('%23') + 3,
  };
}

/** A key without the escapes that some programs write into fragments. They are none of its own characters. */
export function unescaped(key: string): string {
  return key.replace(/%2E/gi, '.').replace(/%2D/gi, '-').replace(/%5F/gi, '_');
}

/** What is wrong with a text that is no link, in words that help who pasted it. */
function unreadable(text: string): ValidationError {
  const [, prefix, , name = '', query, fragment] = PARTS.exec(text) ?? [];
  const invalid = (message: string) => new ValidationError(message, 'INVALID_LINK');
  if (/\s/.test(prefix ?? text) && /\/(?:secret|request)\//.test(text)) {
    return invalid('there is other text beside the link: give it alone');
  }
  if (prefix === undefined) return invalid('that is not a zephr link');
  if (`${prefix}${name}${query}`.includes('%23'))
    return invalid('the link is damaged: its # is at the wrong place');
  if (!/^[A-Za-z0-9_-]{0,21}$/.test(name))
    return invalid('the link is damaged: its id was changed on the way');
  return invalid(
    fragment === undefined
      ? 'the link was cut off in its id: the rest of it is missing'
      : 'the link is damaged: a piece of its id is missing',
  );
}

/** The server before `/secret/`. A link may have lost its `https://`, or be spelled with `http://`. */
function serverOf(prefix: string): string {
  try {
    return parseServer(withScheme(prefix));
  } catch (cause) {
    const reason = cause instanceof ValidationError ? cause.message : 'its server is not a URL';
    throw new ValidationError(`the link is damaged: ${reason}`, 'INVALID_LINK', { cause });
  }
}

/** On loopback without a scheme is http, as `zephr serve` prints it; everywhere else nothing but https is spoken. */
function withScheme(prefix: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(prefix)) {
    const url = URL.canParse(prefix) ? new URL(prefix) : null;
    const isPlain = url?.protocol === 'http:' && url.port === '' && !isLoopbackHost(url.hostname);
    return isPlain ? prefix.replace(/^http:/i, 'https:') : prefix;
  }
  if (!/^[^\s/:@[\]]+(?::[0-9]+)?(?:\/|$)/.test(prefix) && !prefix.startsWith('[::1]')) return prefix;
  const url = URL.canParse(`http://${prefix}`) ? new URL(`http://${prefix}`) : null;
  return url !== null && isLoopbackHost(url.hostname) ? `http://${prefix}` : `https://${prefix}`;
}

function isSame(one: Located, other: Located): boolean {
  return (
    one.server === other.server &&
    one.kind === other.kind &&
    one.id === other.id &&
    (one.fragment === null || other.fragment === null || one.fragment === other.fragment)
  );
}

/** Whether a label shows another address than the link leads to. Labels that are words do not matter. */
function contradicts(label: string, link: Located): boolean {
  const { lines } = undecorated(label);
  const [first = ''] = lines;
  if (lines.length !== 1 || !(hasScheme(first) || /\/(?:secret|request)\//.test(first))) return false;
  try {
    return !isSame(locateInLine(first), link);
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    // A link that is shown shortened, or another address.
    const whole = `${link.server}/${link.kind}/${link.id}#${link.fragment ?? ''}`;
    return !whole.startsWith(first.replace(/(?:\u2026|\.\.\.)$/, ''));
  }
}
