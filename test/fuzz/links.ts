/** Links and the servers they name: what is taken can be written again and read as the same, the rest is refused. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { apiUrl } from '../../src/client/authorization.js';
import { ValidationError } from '../../src/core/errors.js';
import { formatKey } from '../../src/core/key.js';
import { formatLink, type Link, parseAddress, parseLink, parseServer } from '../../src/core/link.js';
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

/** The part behind the first `#` or `%23`. */
function fragmentOf(text: string): string {
  return /(?:#|%23)(.*)$/s.exec(text)?.[1] ?? '';
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
      );
    }
    const link = result.value;
    checkAddress(link);
    assert.equal(formatKey(link.key), fragmentOf(text));
    assert(text.includes(`/secret/${link.id}`), 'the id is not the one that was given');
    assert.deepEqual(parseLink(formatLink(link)), link);
    return 'read';
  },
  { weight: 200, outcomes: ['read', 'refused'] },
);

const addresses = property(
  'the URL half alone is read, a key with it is refused',
  anyLink,
  async (text) => {
    const result = await resultOf(() => parseAddress(text));
    if ('error' in result) return checkRefusal(result.error, text, 'INVALID_LINK');
    checkAddress(result.value);
    assert.doesNotMatch(text, /#|%23/);
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

export const LINKS: Family = { name: 'links', properties: [links, addresses, servers] };
