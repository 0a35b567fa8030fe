/** Files of the vault, and what people write about secrets: `.env` files, hosts, places in requests, the vault itself. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EncryptionError, ValidationError } from '../../src/core/errors.js';
import { parseDotenv } from '../../src/vault/dotenv.js';
import { formatVault, parseVault, type VaultFile } from '../../src/vault/format.js';
import { parseBoundHost, parseMethod, splitBoundHost } from '../../src/vault/policy.js';
import { formatSlot, isSameSlot, readSlot } from '../../src/vault/request-slots.js';
import { type Family, property, resultOf } from './family.js';
import { mutatedObject, oddLine, oddValue } from './odd.js';

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,12}$/);
const value = fc.string({ unit: 'binary', maxLength: 30 });

/** A value in each way that a line can carry it, and what it then is. */
const written = fc
  .tuple(name, value, fc.constantFrom('', 'export ', '  '), fc.nat(3))
  .map(([key, text, lead, way]) => {
    const [quote = '', safe = ''] =
      [
        ['"', text.replace(/["\\\r]/g, '')],
        ["'", text.replace(/['\\\r]/g, '')],
        ['`', text.replace(/[`\\\r]/g, '')],
        ['', text.replace(/["'`#\s\\\uFEFF]/g, '')],
      ][way] ?? [];
    return { key, value: safe, line: `${lead}${key}=${quote}${safe}${quote}` };
  });
const noise = fc.oneof(fc.constantFrom('', '# comment', '   ', 'no sign', '="x', 'A="open'), oddLine);

const dotenv = property(
  'a name has the value that its last line gives it, however its neighbours look',
  fc.array(written, { maxLength: 6 }),
  (lines) => {
    const { entries, unreadable } = parseDotenv(lines.map(({ line }) => line).join('\n'));
    const last = new Map(lines.map(({ key, value: given }) => [key, given] as const));
    assert.deepEqual(new Map(entries.map(({ name: key, value: found }) => [key, found])), last);
    assert.deepEqual(unreadable, []);
    return lines.length === 0 ? 'empty' : 'read';
  },
  { outcomes: ['read'] },
);

const anything = property(
  'any text is read to its end, each line as an entry or as one that is not readable',
  fc.oneof(
    fc
      .array(
        fc.oneof(
          noise,
          written.map(({ line }) => line),
        ),
        { maxLength: 8 },
      )
      .map((lines) => lines.join('\n')),
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.string({ unit: fc.constantFrom('A', '=', '"', "'", '\\', '\n', '#', ' ', ':'), maxLength: 60 }),
  ),
  (text) => {
    const { entries, unreadable } = parseDotenv(text);
    const most = text.split(/\r\n?|\n/).length;
    for (const { name: key, line } of entries) {
      assert.match(key, /^[\w.-]+$/);
      assert(line >= 1 && line <= most);
    }
    assert(
      unreadable.every((line, index) => line >= 1 && line <= most && line > (unreadable[index - 1] ?? 0)),
    );
    return entries.length > 0 ? 'entries' : 'none';
  },
  { outcomes: ['entries', 'none'] },
);

const host = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV6().map((address) => `[${address}]`),
  oddLine,
);
const bound = fc.oneof(
  host,
  fc.tuple(host, fc.nat(70_000)).map(([one, port]) => `${one}:${port}`),
  fc.tuple(host, fc.webPath(), fc.constantFrom('', '*', '/*', '?a', '#b')).map((parts) => parts.join('')),
);

const hosts = property(
  'a host that a secret is bound to is one host, and its spelling is its own',
  bound,
  async (text) => {
    const result = await resultOf(() => parseBoundHost(text));
    if ('error' in result) {
      assert(result.error instanceof ValidationError);
      assert.equal(result.error.code, 'INVALID_BINDING');
      return 'refused';
    }
    const kept = result.value;
    assert.equal(parseBoundHost(kept), kept);
    const { host: only, port, path = '' } = splitBoundHost(kept);
    assert(only !== '' && !/[\s@\\]/.test(only) && !/[\s?#]/.test(path));
    // A wildcard stands at the end or nowhere, and never in the host.
    assert(!only.includes('*') && !path.slice(0, -1).includes('*'));
    assert(port === undefined || (Number(port) >= 1 && Number(port) <= 65_535));
    return path === '' ? 'host' : 'with a path';
  },
  { outcomes: ['host', 'with a path', 'refused'] },
);

const slots = property(
  'a place in a request is read back as it was written, or is none',
  fc.oneof(
    fc.constantFrom(
      'bearer',
      'basic',
      'Bearer',
      'header:',
      'body:a..b',
      'body:__proto__',
      'body:a.__proto__.b',
    ),
    fc
      .tuple(fc.constantFrom('header', 'query', 'form', 'body', 'path'), oddLine)
      .map((parts) => parts.join(':')),
    fc
      .tuple(fc.constantFrom('header', 'query', 'form', 'body'), fc.stringMatching(/^[\w.-]{1,20}$/))
      .map((parts) => parts.join(':')),
  ),
  (text) => {
    const slot = readSlot(text);
    if (slot === null) return 'none';
    assert.equal(formatSlot(slot), text);
    assert(isSameSlot(slot, readSlot(formatSlot(slot)) ?? slot));
    assert(!(slot.kind === 'body' && slot.path.includes('__proto__')));
    if (slot.kind === 'header') assert(!/[\s:]/.test(slot.name));
    return slot.kind;
  },
  { outcomes: ['none', 'bearer', 'header', 'body', 'query'] },
);

const methods = property(
  'a method is capitals of ASCII, in whatever language the system is',
  fc.oneof(fc.stringMatching(/^[A-Za-z]{1,22}$/), fc.constantFrom('patch', 'İ', 'ı', 'POST '), oddLine),
  async (text) => {
    const result = await resultOf(() => parseMethod(text));
    if ('error' in result) return 'refused';
    assert.match(result.value, /^[A-Z]{1,20}$/);
    return 'method';
  },
  { outcomes: ['method', 'refused'] },
);

const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((one) => new Uint8Array(one));
const vault: fc.Arbitrary<VaultFile> = fc.record({
  id: bytes(16),
  slots: fc.array(
    fc.oneof(
      fc.record({
        id: bytes(16),
        kind: fc.constant('passphrase' as const),
        salt: bytes(16),
        wrapped: bytes(60),
      }),
      fc.record({ id: bytes(16), kind: fc.constant('keyfile' as const), salt: bytes(0), wrapped: bytes(60) }),
    ),
    { maxLength: 3 },
  ),
  records: fc.array(fc.record({ id: bytes(32), revision: fc.integer({ min: 1 }), sealed: bytes(40) }), {
    maxLength: 3,
  }),
  seal: bytes(32),
});

/** What somebody changes in a file: a character, a member, the whole. */
const changed = vault.map(formatVault).chain((text) =>
  fc.oneof(
    fc.constant(text),
    fc
      .tuple(fc.nat(text.length - 1), fc.string({ unit: 'binary', maxLength: 2 }))
      .map(([at, other]) => text.slice(0, at) + other + text.slice(at + 1)),
    fc.nat(text.length).map((length) => text.slice(0, length)),
    mutatedObject(fc.constant(JSON.parse(text) as Record<string, unknown>)).map(
      (one) => `${JSON.stringify(one)}\n`,
    ),
    oddValue.map((one) => JSON.stringify(one) ?? ''),
  ),
);

const files = property(
  'a vault is read as it was written, or is damaged, and nothing of it is repeated',
  changed,
  async (text) => {
    const result = await resultOf(() => parseVault(text));
    if ('error' in result) {
      const { error } = result;
      const isLater = error instanceof ValidationError && error.code === 'VAULT_TOO_NEW';
      assert(isLater || (error instanceof EncryptionError && error.code === 'VAULT_DAMAGED'), String(error));
      assert.match(
        error.message,
        /^the vault (was damaged or tampered with|is of a later zephr: update this one)$/,
      );
      return 'damaged';
    }
    assert.equal(formatVault(result.value), text);
    return 'read';
  },
  { outcomes: ['read', 'damaged'] },
);

export const VAULT_FILES: Family = {
  name: 'vault files',
  properties: [dotenv, anything, hosts, slots, methods, files],
};
