/** Links and the servers they name: what is taken can be written again and read as the same, the rest is refused. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { apiUrl } from '../../src/client/authorization.js';
import { ValidationError } from '../../src/core/errors.js';
import { formatKey, parseKey } from '../../src/core/key.js';
import { formatLink, type Link, parseServer } from '../../src/core/link.js';
import { parseAddress, parseLink } from '../../src/core/links/reader.js';
import { type Family, property, quotes, resultOf } from './family.js';
import { FOUND_SERVERS } from './found.js';
import { keyText } from './keys.js';
import { mutated, oddText } from './odd.js';

const serverText = fc.oneof(
  fc.constantFrom(
    'https://zephr.example',
    'https://host:8443/zephr',
    'HTTPS://Host.Example:443/a/../b/',
    'http://localhost:8787',
    'http://127.1/x',
    'http://[::1]:1/prefix',
    'https://münchen.example/pfad',
    'https://host/a/secret/b',
    'https://host/100%25/b',
  ),
  fc.webUrl({ validSchemes: ['https'] }),
);
const idText = fc.stringMatching(/^[A-Za-z0-9_-]{22}$/);
const query = fc.constantFrom('', '', '?utm_source=mail&x=%23', '?', '?x=/secret/', '?a?b');
const linkText = fc
  .tuple(serverText, idText, query, fc.constantFrom('#', '#', '%23', ''), keyText)
  .map(
    ([server, id, tracker, hash, key]) => `${server}/secret/${id}${tracker}${hash}${hash === '' ? '' : key}`,
  );
const anyLink = fc.oneof({ weight: 9, arbitrary: mutated(linkText) }, { weight: 1, arbitrary: oddText });
const key = { version: 2, passphrase: false, bytes: new Uint8Array(32).fill(7) } as const;

/** A text without what a reader takes off: line ends, quotation, soft breaks, and the three escapes of a fragment. */
function plain(text: string): string {
  return unescaped(text.replace(/=[ \t]*[\r\n\u2028\u2029]|[\s>\u200b-\u200d\u2060\ufeff]/g, ''));
}

function unescaped(text: string): string {
  return text.replace(/%2e/gi, '.').replace(/%2d/gi, '-').replace(/%5f/gi, '_');
}

/** The part behind the first `#` or `%23`. */
function fragmentOf(text: string): string {
  return plain(/(?:#|%23)(.*)$/s.exec(text)?.[1] ?? '');
}

/** Whether `text` holds the key, whole and with nothing of a key behind it. */
function holdsKey(text: string, keyText: string): boolean {
  return text
    .split(keyText)
    .slice(1)
    .some((rest) => !/^[A-Za-z0-9_-]/.test(rest));
}

function checkRefusal(error: unknown, text: string, ...codes: readonly string[]): string {
  assert(error instanceof ValidationError, String(error));
  assert(codes.includes(error.code), error.code);
  assert.match(error.message, /^[a-z][ -~]{1,120}$/);
  assert(!quotes(error.message, fragmentOf(text)), 'the message holds a part of the key');
  return 'refused';
}

function checkAddress({ server, id }: Pick<Link, 'server' | 'id'>): void {
  const { protocol, hostname, username, password, search, hash } = new URL(server);
  assert(protocol === 'https:' || /^(.*\.)?localhost$|^127\.[0-9.]+$|^\[::1\]$/.test(hostname), server);
  assert.equal(username + password + search + hash, '');
  assert.match(id, /^[A-Za-z0-9_-]{22}$/);
}

const links = property(
  'a link reads as it was written, or is refused without its key in the words',
  anyLink,
  async (text) => {
    const result = await resultOf(() => parseLink(text));
    if ('error' in result) {
      return checkRefusal(
        result.error,
        text,
        'INVALID_LINK',
        'INVALID_KEY',
        'MISSING_KEY',
        'UNKNOWN_KEY_VERSION',
        'AMBIGUOUS_LINK',
        'LINK_OF_ANOTHER_KIND',
      );
    }
    const link = result.value;
    checkAddress(link);
    // Nothing of a key is guessed; and of version 1, which burns, nothing is put together.
    assert(holdsKey(plain(text), formatKey(link.key)), 'the key is not the one that was given');
    if (link.key.version === 1)
      assert(holdsKey(unescaped(text), formatKey(link.key)), 'a key from two lines');
    assert(plain(text).includes(`/secret/${link.id}`), 'the id is not the one that was given');
    assert.deepEqual(parseLink(formatLink(link)), link);
    return 'read';
  },
  { weight: 200, outcomes: ['read', 'refused'] },
);

type Decoration = (text: string) => string;

/** What stands around links in mail, chat and on terminals. Each can stand around any other. */
const decoration: fc.Arbitrary<Decoration> = fc.constantFrom<Decoration>(
  (text) => `<${text}>`,
  (text) => `"${text}"`,
  (text) => `'${text}'`,
  (text) => `(${text})`,
  (text) => `‹${text}›`,
  (text) => `[Dein Geheimnis (einmal)](${text})`,
  (text) => `${text}.`,
  (text) => `${text},`,
  (text) => `${text}!`,
  (text) => `${text}:`,
  (text) => ` ${text}\u00a0`,
  (text) => `\n\n${text}\r\n`,
);

/** A decorated link, and the link. The line breaks are where they may be: not within a key of version 1. */
const decorated = fc
  .record({
    // Before a line break, a `=` of the server's own would count as quoted-printable's.
    server: serverText.filter((server) => !server.includes('=')),
    id: idText,
    key: fc.tuple(fc.constantFrom('v1', 'v2', 'v2p'), fc.uint8Array({ minLength: 32, maxLength: 32 })),
    between: fc.constantFrom('#', '/#', '?utm=1#', '/?a=/secret/&b#', '%23', '\n#'),
    escapes: fc.boolean(),
    breaks: fc.array(fc.record({ at: fc.nat(10_000), end: fc.constantFrom('\n', '\r\n', '=\n', '\n\n') }), {
      maxLength: 3,
    }),
    around: fc.array(decoration, { maxLength: 6 }),
    mark: fc.constantFrom('', '> ', '>> '),
  })
  .map(({ server, id, key: [version, bytes], between, escapes, breaks, around, mark }) => {
    const keyText = `${version}.${Buffer.from(bytes).toString('base64url')}`;
    const written = escapes
      ? keyText.replace(/\./g, '%2E').replace(/-/g, '%2d').replace(/_/g, '%5F')
      : keyText;
    const address = `${server}/secret/${id}${between}`;
    const breakable = version === 'v1' ? address : address + written;
    const whole = breaks.reduce((text, { at, end }) => {
      const cut = 1 + (at % (breakable.length - 1));
      return text.slice(0, cut) + end + text.slice(cut);
    }, address + written);
    return {
      // A mail is quoted as a whole.
      text: around.reduce((text, decorate) => decorate(text), whole).replace(/^/gm, mark),
      link: { server: parseServer(server), id, key: parseKey(keyText) },
    };
  })
  .filter(({ text }) => !text.includes('=='));

const decorations = property(
  'a link that was decorated on its way is the same link',
  decorated,
  ({ text, link }) => {
    assert.deepEqual(parseLink(text), link);
    return 'read';
  },
  { weight: 150, outcomes: ['read'] },
);

const joints = property(
  'a key of version 1 is never put together from two lines',
  fc.tuple(
    decorated,
    fc.integer({ min: 1, max: 45 }),
    fc.constantFrom('\n', '\r\n', '=\n', '\n> '),
    fc.string(),
  ),
  async ([{ link }, at, end, word]) => {
    const keyText = formatKey({ ...link.key, version: 1, passphrase: false });
    const start = `${link.server}/secret/${link.id}#${keyText.slice(0, at)}`;
    for (const rest of [keyText.slice(at), `${keyText.slice(at)}\n${word}`, word]) {
      const result = await resultOf(() => parseLink(start + end + rest));
      assert('error' in result, 'a key from two lines is read');
      const codes = ['INVALID_KEY', 'UNKNOWN_KEY_VERSION', 'INVALID_LINK', 'AMBIGUOUS_LINK'];
      checkRefusal(result.error, keyText, ...codes);
    }
    return 'refused';
  },
  { outcomes: ['refused'] },
);

const pairs = property(
  'two different links are refused, whichever is meant',
  fc.tuple(decorated, decorated),
  async ([{ link: one }, { link: other }]) => {
    const [first, second] = [formatLink(one), formatLink(other)];
    fc.pre(first !== second);
    for (const text of [`[${first}](${second})`, `<${first}|${second}>`, `${first}\n${second}`]) {
      const result = await resultOf(() => parseLink(text));
      assert('error' in result, 'one of two links is read');
      checkRefusal(result.error, '', 'AMBIGUOUS_LINK');
    }
    return 'refused';
  },
  { weight: 50, outcomes: ['refused'] },
);

const addresses = property(
  'the URL half alone is read, a key with it is refused',
  anyLink,
  async (text) => {
    const result = await resultOf(() => parseAddress(text));
    if ('error' in result) {
      const codes = ['INVALID_LINK', 'INVALID_KEY', 'AMBIGUOUS_LINK', 'LINK_OF_ANOTHER_KIND'];
      return checkRefusal(result.error, text, ...codes);
    }
    checkAddress(result.value);
    assert.doesNotMatch(plain(text), /(?:#|%23)[A-Za-z0-9]/);
    const { server, id } = result.value;
    assert.deepEqual(parseAddress(`${server}/secret/${id}`), result.value);
    return 'read';
  },
  { outcomes: ['read', 'refused'] },
);

const servers = property(
  'a server has one spelling, and links to it can be read',
  fc.oneof(mutated(serverText), oddText),
  async (text) => {
    const result = await resultOf(() => parseServer(text));
    if ('error' in result) return checkRefusal(result.error, '', 'INVALID_SERVER');
    const server = result.value;
    checkAddress({ server, id: 'A'.repeat(22) });
    assert.equal(parseServer(server), server);
    const link = { server, id: 'A'.repeat(22), key };
    assert.deepEqual(parseLink(formatLink(link)), link);
    assert.equal(new URL(apiUrl(link)).href, apiUrl(link));
    return 'read';
  },
  { found: FOUND_SERVERS, outcomes: ['read', 'refused'] },
);

export const LINKS: Family = {
  name: 'links',
  properties: [links, decorations, joints, pairs, addresses, servers],
};
