/** The man pages: complete, and what man and troff make of it. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { commandTree } from '../../.scripts/completions/model.js';
import { manPage } from '../../.scripts/man.js';
import { manPageOf, servePage } from '../../.scripts/man-document.js';
import { EXIT } from '../../src/cli/exit/codes.js';
import { FILES } from '../../src/cli/files/folders.js';
import { argumentsOf, optionsOf, pathOf } from '../../src/cli/parser/tree.js';
import { VARIABLES } from '../../src/cli/terminal/environment.js';
import { allCommands } from '../support/command-lines.js';

const page = fileURLToPath(new URL('../../dist/zephr.1', import.meta.url));
const servePageFile = fileURLToPath(new URL('../../dist/zephr-serve.8', import.meta.url));
const operating = readFileSync(new URL('../../src/server/OPERATING.md', import.meta.url), 'utf8');
const { version, man } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
  man: string[];
};

/** The page as a reader without man would see it. */
function plain(text: string): string {
  return text
    .replace(/\\f[BIR]/g, '')
    .replace(/\\-/g, '-')
    .replace(/\\\(ti/g, '~')
    .replace(/\\\(aq/g, "'")
    .replace(/\\\(ha/g, '^')
    .replace(/\\\(dq/g, '"')
    .replace(/\\\(ga/g, '`')
    .replace(/\\\[u([0-9A-F]+)\]/g, (_, number: string) => String.fromCodePoint(Number.parseInt(number, 16)))
    .replace(/\n(?!\.)/g, ' ');
}

describe('the man page', () => {
  it('is what package.json names and the build makes', () => {
    // npm links what a list names, and nothing that is no list.
    expect(man).toEqual(['./dist/zephr.1', './dist/zephr-serve.8']);
    const text = readFileSync(page, 'utf8');
    const [, date = ''] = /^\.TH ZEPHR 1 (\S+) /.exec(text) ?? [];
    expect(date).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(text).toBe(manPage(commandTree(), version, date));
  });

  it('holds every command, argument and option, exit code, variable and file', () => {
    const text = plain(readFileSync(page, 'utf8'));
    for (const command of allCommands()) {
      if (command.parent !== null)
        expect(text).toContain(`.SS "${[pathOf(command), ...argumentsOf(command)].join(' ')}"`);
      for (const { long, description } of optionsOf(command)) {
        expect(text).toMatch(new RegExp(`\\.TP [^.]*${long}\\b`));
        expect(text).toContain(description);
      }
    }
    for (const code of Object.values(EXIT)) expect(text).toContain(`.TP ${code} `);
    for (const name of [...Object.keys(VARIABLES), ...Object.keys(FILES)])
      expect(text).toContain(`.TP ${name} `);
  });

  it('for operators is their document, whole', () => {
    const text = readFileSync(servePageFile, 'utf8');
    const [, date = ''] = /^\.TH ZEPHR\\-SERVE 8 (\S+) /.exec(text) ?? [];
    expect(text).toBe(servePage(version, date));
    const shown = plain(text).replaceAll(/\s+/g, ' ');
    const headings = [...operating.matchAll(/^## (.*)$/gm)].map(([, heading = '']) => heading);
    expect(headings.length).toBeGreaterThan(10);
    for (const heading of headings) expect(shown).toContain(`.SH "${heading.toUpperCase()}"`);
    // Every word of it, in its order, but for what is Markdown's own.
    const words = (some: string) => some.match(/[A-Za-z]{3,}/g) ?? [];
    const prose = operating.replaceAll(/^```.*$|^#+ .*$|\]\([^)]*\)/gm, '');
    const body = shown.replaceAll(/\.SH "[^"]*"|\.(PP|IP \\\(bu 2|in|nf|fi)\b/g, ' ');
    expect(words(body).join(' ')).toContain(words(prose).join(' '));
  });

  it('takes no document with what it does not know', () => {
    expect(() => manPageOf('# a\n\n| a |\n|---|\n', [])).toThrow('cannot hold');
  });

  const has = (program: string, ...args: string[]) => spawnSync(program, args).status === 0;
  const checks = [page, servePageFile].flatMap((file): [string, string, string[], boolean][] => [
    [basename(file), 'groff', ['-man', '-ww', '-z', file], has('groff', '--version')],
    [
      basename(file),
      'mandoc',
      ['-T', 'lint', '-W', 'style', file],
      has('mandoc', '-T', 'ascii', '/dev/null'),
    ],
  ]);
  for (const [name, program, args, installed] of checks) {
    const because = installed ? '' : ` (skipped: ${program} is not installed)`;
    it.skipIf(!installed)(`${name} has nothing that ${program} warns of${because}`, () => {
      const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
      expect(stdout + stderr).toBe('');
      expect(status).toBe(0);
    });
  }
});
