/** The name a sender gives a secret, in a directory of the reader's. */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve, sep } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileNameOf, shortened } from '../../src/cli/files/file-name.js';
import { openOutputFile } from '../../src/cli/files/output-file.js';
import { fakeTerminal } from '../support/fake-terminal.js';
import { type ServerProcess, startServerProcess } from '../support/server.js';
import { openSession } from '../support/session.js';

/** Names that try to be somewhere or something else. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom(
    '..',
    '.',
    '',
    '../x',
    '/etc/passwd',
    '..\\x',
    'C:\\x',
    'C:x',
    '~',
    '-rf',
    '.bashrc',
    'a\0b',
  ),
  fc.constantFrom(
    'con',
    'CON.txt',
    'nul',
    'COM1',
    'lpt9.log',
    'aux .x',
    'CONIN$',
    'com¹',
    'a.',
    'a ',
    'x:y',
    '...',
  ),
  fc
    .array(fc.constantFrom('.', '/', '\\', ' ', '-', 'a', '\ud800', '😀', ':'), { maxLength: 200 })
    .map((all) => all.join('')),
);

const DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)\s*(\.|$)/i;

describe('a name', () => {
  it('is a plain base name on every system', () => {
    fc.assert(
      fc.property(hostile, fc.constantFrom('linux', 'darwin', 'win32'), (name, platform) => {
        const safe = fileNameOf(name, platform);
        expect(safe).not.toBe('');
        expect(safe).not.toMatch(/[/\\\p{Cc}]|^[.-]/u);
        expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(240);
        expect(resolve('/directory', safe)).toBe(`/directory${sep}${safe}`);
      }),
    );
  });

  it('is no device, stream or invisible name on Windows', () => {
    fc.assert(
      fc.property(hostile, (name) => {
        const safe = fileNameOf(name, 'win32');
        expect(safe).not.toMatch(/[<>:"|?*]|[. ]$/);
        expect(safe).not.toMatch(DEVICE);
      }),
    );
  });

  it.each(['id_rsa', 'report 2024.pdf', 'päss 日本.txt', 'a-b', 'archive.tar.gz', 'CON.txt', 'a:b'])(
    'such as %s stays as it is',
    (name) => {
      expect(fileNameOf(name, 'linux')).toBe(name);
    },
  );

  it.each([
    ['.bashrc', 'linux', '_bashrc'],
    ['-rf', 'linux', '_rf'],
    ['invoice\u202efdp.exe', 'linux', 'invoice_fdp.exe'],
    ['..', 'linux', '_.'],
    ['CON.txt', 'win32', '_CON.txt'],
    ['a:b', 'win32', 'a_b'],
    ['a. .', 'win32', 'a'],
    ['...', 'win32', 'secret'],
    ['photo\u202egnp.exe', 'linux', 'photo_gnp.exe'],
    [`con${' '.repeat(300)}x`, 'win32', '_con'],
    [`a${' '.repeat(300)}x`, 'win32', 'a'],
  ] as const)('%s becomes on %s %s', (name, platform, safe) => {
    expect(fileNameOf(name, platform)).toBe(safe);
  });

  it('that is missing is "secret"', () => {
    expect(fileNameOf(undefined, 'linux')).toBe('secret');
  });

  it('that is too long keeps its extension and cuts no character in two', () => {
    expect(shortened(`${'x'.repeat(300)}.tar.gz`, 20)).toBe(`${'x'.repeat(13)}.tar.gz`);
    expect(shortened('ä'.repeat(10), 5)).toBe('ää');
    fc.assert(
      fc.property(hostile, fc.integer({ min: 20, max: 255 }), (name, bytes) => {
        const short = shortened(name, bytes);
        expect(Buffer.byteLength(short)).toBeLessThanOrEqual(bytes);
        if (!/\p{Surrogate}/u.test(name)) expect(short).not.toMatch(/\p{Surrogate}/u);
      }),
    );
  });
});

describe('an output directory', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'zephr-names-'));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('holds every secret, whatever its name, and nothing outside changes', async () => {
    const inside = join(folder, 'inside');
    mkdirSync(inside);
    writeFileSync(join(folder, 'outside'), 'old');
    const secret = Buffer.from('hunter2');
    let count = 0;
    await fc.assert(
      fc.asyncProperty(hostile, async (name) => {
        const file = await openOutputFile(inside, { force: false }, fakeTerminal());
        const path = await file.complete(secret, name);
        await file.discard();
        expect(resolve(path).startsWith(`${inside}${sep}`)).toBe(true);
        expect(readFileSync(path, 'utf8')).toBe('hunter2');
        expect(readdirSync(inside)).toHaveLength(++count);
        expect(readdirSync(folder).sort()).toEqual(['inside', 'outside']);
      }),
    );
    expect(readFileSync(join(folder, 'outside'), 'utf8')).toBe('old');
  });

  it('takes a secret whose name is a directory there', async () => {
    const inside = join(folder, 'taken');
    mkdirSync(join(inside, 'name'), { recursive: true });
    const file = await openOutputFile(inside, { force: true }, fakeTerminal());
    expect(await file.complete(Buffer.from('x'), 'name')).toBe(join(inside, 'name.1'));
    await file.discard();
  });
});

describe('zephr get -o directory', () => {
  let server: ServerProcess;

  beforeAll(async () => {
    server = await startServerProcess();
  });

  afterAll(async () => {
    await server.stop();
  });

  it.each([
    ['a name of 4,000 bytes', 'x'.repeat(4000), /^x{240}$/],
    ['a name of the file system’s longest characters', '\u{10348}'.repeat(100), /^\u{10348}{60}$/u],
    ['a hidden name', '.profile', /^_profile$/],
    ['an option', '-rf', /^_rf$/],
  ])('writes a secret with %s', async (_, name, expected) => {
    const { sh, folder } = openSession({ ZEPHR_SERVER: server.url });
    const { code, stderr } = await sh(
      `mkdir out; printf hunter2 | zephr -q --name='${name}' | zephr get -o out`,
    );
    expect(code, stderr).toBe(0);
    const [file = ''] = readdirSync(join(folder, 'out'));
    expect(file).toMatch(expected);
    expect(readFileSync(join(folder, 'out', file), 'utf8')).toBe('hunter2');
  });

  it('into a directory that is not there is exit 2, before the read', async () => {
    const { sh } = openSession({ ZEPHR_SERVER: server.url });
    const { code, stderr } = await sh('echo hunter2 | zephr -q > link; zephr get -o out/ < link');
    expect(stderr).toContain('there is no such directory');
    expect(code).toBe(2);
    expect((await sh('zephr get < link')).stdout).toBe('hunter2\n');
  });
});
