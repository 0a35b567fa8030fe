/** `--qr`: codes that a reader can scan, in colors, without, and in ASCII. */

import { encode } from 'uqr';
import { describe, expect, it } from 'vitest';
import { drawQrCode } from '../../src/cli/terminal/qr-code.js';
import { sharedServer } from '../support/shared-server.js';
import { HAS_SCRIPT, type } from '../support/typing.js';

const server = sharedServer();

const QUIET = 4;

/** The modules of a drawn code, true for dark, read back from its half blocks. */
function modulesOf(drawn: string): boolean[][] {
  const light: Record<string, [upper: boolean, lower: boolean]> = {
    '█': [true, true],
    '▀': [true, false],
    '▄': [false, true],
    ' ': [false, false],
  };
  return drawn
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const pairs = Array.from(line, (character) => light[character] ?? [false, false]);
      return [pairs.map(([upper]) => !upper), pairs.map(([, lower]) => !lower)];
    });
}

/** What must be drawn: the code of `content` in the middle of a quiet zone, which is light. */
function expectCode(drawn: string, content: string): void {
  const { data, size } = encode(content, { border: 0, ecc: 'L', boostEcc: true });
  const modules = modulesOf(drawn);
  const inside = modules.slice(QUIET, QUIET + size).map((row) => row.slice(QUIET, QUIET + size));
  expect(inside).toEqual(data);
  const count = (rows: readonly (readonly boolean[])[]) => rows.flat().filter((dark) => dark).length;
  expect(count(modules)).toBe(count(data));
  expect(modules.length).toBeGreaterThanOrEqual(size + 2 * QUIET);
  for (const row of modules) expect(row.length).toBe(size + 2 * QUIET);
}

const LINK = `https://zephr.example/secret/${'A'.repeat(22)}#v2.${'B'.repeat(43)}`;

describe('a QR code', () => {
  it('has the modules of its content and a quiet zone of four', () => {
    expectCode(drawQrCode(LINK, { color: false, unicode: true }).text, LINK);
  });

  it('is bright on black, line by line, whatever colors the terminal has', () => {
    const plain = drawQrCode(LINK, { color: false, unicode: true }).text.split('\n');
    const colored = drawQrCode(LINK, { color: true, unicode: true }).text.split('\n');
    expect(colored).toEqual(plain.map((line) => (line === '' ? '' : `\x1b[40;37;1m${line}\x1b[0m`)));
  });

  it('fits a terminal of 80 by 25 for a usual link', () => {
    const { text, width } = drawQrCode(LINK, { color: false, unicode: true });
    expect(width).toBeLessThanOrEqual(80);
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(25);
  });
});

describe('a QR code in ASCII', () => {
  const code = (color: boolean) => drawQrCode(LINK, { color, unicode: false });

  it('has the modules of its content, each two characters wide', () => {
    const { text, width } = code(false);
    const { data, size } = encode(LINK, { border: QUIET, ecc: 'L', boostEcc: true });
    const rows = text.trimEnd().split('\n');
    expect(rows.map((row) => (row.match(/##| {2}/g) ?? []).map((module) => module === '  '))).toEqual(data);
    expect(width).toBe(2 * size);
  });

  it('has light modules in inverse video with colors', () => {
    expect(
      code(true)
        .text.replaceAll('\x1b[7m  \x1b[27m', '##')
        .replaceAll('\x1b[40;37;1m', '')
        .replaceAll('\x1b[0m', ''),
    ).toBe(code(false).text);
  });
});

describe('zephr --qr', () => {
  it.each([
    [{ LANG: 'C' }, '##'],
    [{ LANG: 'en_US.UTF-8', LC_ALL: 'POSIX' }, '##'],
    [{ LANG: 'C', LC_CTYPE: 'de_DE.utf8' }, '██'],
    [{ LANG: '' }, '██'],
  ])('draws what the locale %o can show', async (env, light) => {
    const { stderr } = await server.session(env).sh('echo hunter2 | zephr --qr -q');
    expect(stderr.slice(0, 2)).toBe(light);
  });

  it('draws the link on stderr and leaves stdout alone', async () => {
    const { stdout, stderr, code } = await server.session().sh('echo hunter2 | zephr --qr');
    expect(stdout).toMatch(/^http\S+#v2\.[\w-]{43}\n$/);
    expectCode(stderr.replace(/^the link can be read.*$/m, ''), stdout.trim());
    expect(stderr).not.toContain('\x1b');
    expect(code).toBe(0);
  });

  it('draws the URL only of a split pair', async () => {
    const { stdout, stderr } = await server.session().sh('echo hunter2 | zephr --qr --split -q');
    expectCode(stderr, stdout.split('\n')[0] ?? '');
  });

  it.skipIf(!HAS_SCRIPT)('says how much room it needs where there is too little', async () => {
    const session = server.session();
    const { screen, code } = await type(session, 'stty cols 40; echo hunter2 | zephr --qr', []);
    expect(screen).toMatch(/too narrow for the QR code: it takes \d\d columns/);
    expect(screen).not.toContain('█');
    expect(code).toBe(0);
  });

  it.skipIf(!HAS_SCRIPT)('has the colors of neither terminal nor person on a terminal', async () => {
    const session = server.session();
    const { screen } = await type(session, 'stty cols 100; echo hunter2 | zephr --qr', []);
    expect(screen).toContain('\x1b[40;37;1m█');
    const plain = await type(session, 'stty cols 100; echo hunter2 | NO_COLOR=1 zephr --qr', []);
    expect(plain.screen).toContain('████');
    expect(plain.screen).not.toContain('\x1b[40');
  });
});
