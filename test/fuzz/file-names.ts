/** File names that a sender chose: whatever they are, a file ends in the directory that the reader named. */

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, posix, sep, win32 } from 'node:path';
import fc from 'fast-check';
import { fileNameOf } from '../../src/cli/files/file-name.js';
import { openOutputFile } from '../../src/cli/files/output-file.js';
import { decodeMeta, encodeMeta } from '../../src/core/crypto/meta.js';
import { EncryptionError, ValidationError } from '../../src/core/errors.js';
import { type Family, property, resultOf } from './family.js';
import { FOUND_NAMES } from './found.js';
import { mutated, mutatedBytes, mutatedObject, oddLine } from './odd.js';

const PLACES = [
  '..',
  '.',
  '/etc/passwd',
  '../../x',
  '..\\x',
  'C:\\x',
  'C:x',
  '~',
  '\\\\host\\share',
  'a/../b',
];
const OPTIONS = ['-rf', '--output', '.bashrc', '...', '.ssh', '', ' ', 'a:b', 'x.txt:stream'];
const DEVICES = ['con', 'NUL', 'aux.txt', 'com1', 'LPT9.log', 'COM¹', 'conin$', 'PRN .x'];
const plain = fc.constantFrom('id_rsa', 'report 2024.pdf', 'päss 日本.txt', 'archive.tar.gz', '👍🏽.png');
const long = fc
  .tuple(
    fc.constantFrom('con', 'a', '.', ' ', '日', '👍', 'a.'),
    fc.constantFrom('', ' ', '.', 'b'),
    fc.integer({ min: 1, max: 400 }),
  )
  .map(([one, other, count]) => one + other.repeat(count) + one.repeat(count));
const name: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: mutated(fc.oneof(fc.constantFrom(...PLACES, ...OPTIONS, ...DEVICES), plain)) },
  { weight: 2, arbitrary: oddLine },
  { weight: 2, arbitrary: long },
);

/** Windows finds these in every folder, without regard to case, to blanks and dots at the end, and to extensions. */
const DEVICE_NAMES = [
  'con',
  'prn',
  'aux',
  'nul',
  'conin$',
  'conout$',
  ...numbered('com'),
  ...numbered('lpt'),
];

function numbered(device: string): string[] {
  return [...'0123456789¹²³'].map((digit) => device + digit);
}

/** What reorders the text around it (Unicode Standard Annex 9). */
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

const safe = property(
  'a name becomes a base name that any system takes for nothing but a file',
  fc.tuple(name, fc.constantFrom('linux', 'darwin', 'win32'), fc.constantFrom(64, 240)),
  ([text, platform, bytes]) => {
    const file = fileNameOf(text, platform, bytes);
    assert.notEqual(file, '');
    assert(Buffer.byteLength(file) <= bytes);
    assert.doesNotMatch(file, /[/\\\p{Cc}\p{Cs}]|^[.-]/u);
    assert.doesNotMatch(file, BIDI);
    for (const path of [posix, win32]) {
      if (path === win32 && platform !== 'win32') continue;
      assert.equal(path.join('dir', file), `dir${path.sep}${file}`);
      assert.equal(path.dirname(path.resolve('/dir', file)), path.resolve('/dir'));
    }
    if (platform === 'win32') {
      assert.doesNotMatch(file, /[<>:"|?*]|[. ]$/);
      const [stem = ''] = file.toLowerCase().split('.');
      assert(!DEVICE_NAMES.includes(stem.trimEnd()), `a device: ${file}`);
    }
    assert.equal(fileNameOf(file, platform, bytes), file);
    return file === text ? 'left' : 'changed';
  },
  { weight: 200, found: FOUND_NAMES, outcomes: ['left', 'changed'] },
);

const written = property(
  'a secret with any name is one new file in its directory, and nothing else changes',
  fc.array(name, { minLength: 1, maxLength: 3 }),
  async (names) => {
    const folder = mkdtempSync(join(tmpdir(), 'zephr-fuzz-'));
    try {
      const inside = mkdtempSync(join(folder, 'inside-'));
      const before = readdirSync(folder);
      for (const [index, one] of names.entries()) {
        const file = await openOutputFile(
          inside,
          { force: false },
          { platform: 'linux', interrupt: new AbortController().signal },
        );
        const path = await file.complete(Buffer.from(`secret ${index}`), one);
        await file.discard();
        assert(path.startsWith(`${inside}${sep}`));
        assert.equal(basename(path), path.slice(inside.length + 1));
        assert.equal(readFileSync(path, 'utf8'), `secret ${index}`);
      }
      assert.equal(readdirSync(inside).length, names.length);
      assert.deepEqual(readdirSync(folder), before);
    } finally {
      rmSync(folder, { recursive: true });
    }
    return 'written';
  },
  { weight: 2 },
);

const metaObject = mutatedObject(fc.record({ name, type: fc.constant('text/plain'), message: oddLine }));

const metas = property(
  'what a secret says about itself is read as it was written, or does not open',
  fc.oneof(
    { weight: 3, arbitrary: metaObject.map((object) => new Uint8Array(Buffer.from(JSON.stringify(object)))) },
    { weight: 1, arbitrary: mutatedBytes(fc.constant(Buffer.from('{"name":"x.txt","message":"hällo"}'))) },
  ),
  async (bytes) => {
    const result = await resultOf(() => decodeMeta(bytes));
    if ('error' in result) {
      assert(result.error instanceof EncryptionError, String(result.error));
      assert.equal(
        result.error.message,
        'the secret does not open: wrong key or passphrase, or it was tampered with',
      );
      return 'refused';
    }
    const meta = result.value;
    for (const value of Object.values(meta)) assert.equal(Buffer.from(value).toString(), value);
    assert.deepEqual(decodeMeta(encodeMeta(meta)), meta);
    if (meta.name !== undefined) {
      assert.doesNotMatch(meta.name, /[/\\\p{Cc}]/u);
      assert(!['', '.', '..'].includes(meta.name));
    }
    return 'read';
  },
  { outcomes: ['read', 'refused'] },
);

const given = property(
  'a name that a sender gives is sent as it is, or refused',
  name,
  async (text) => {
    const result = await resultOf(() => encodeMeta({ name: text }));
    if ('error' in result) {
      assert(result.error instanceof ValidationError && result.error.code === 'INVALID_META');
      return 'refused';
    }
    assert.deepEqual(decodeMeta(result.value), { name: text });
    return 'sent';
  },
  { weight: 50, outcomes: ['sent', 'refused'] },
);

export const FILE_NAMES: Family = { name: 'file names', properties: [safe, written, metas, given] };
