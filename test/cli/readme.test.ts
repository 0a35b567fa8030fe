/** README.md says what the program does: its tables are the program's, and its commands exist. */

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EXIT, EXIT_MEANINGS } from '../../src/cli/exit/codes.js';
import { SERVE_VARIABLES, VARIABLES } from '../../src/cli/terminal/environment.js';
import { callsIn, unknownOptions } from '../support/command-lines.js';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** The rows of the table under a heading. */
function tableUnder(heading: string): string {
  const [, table = ''] = new RegExp(`^${heading}\n\n((?:\\|.*\n)+)`, 'm').exec(readme) ?? [];
  return table.split('\n').slice(2).join('\n');
}

describe('README.md', () => {
  it('has the table of the exit codes', () => {
    const rows = Object.entries(EXIT).map(
      ([name, code]) => `| ${code} | ${EXIT_MEANINGS[name as keyof typeof EXIT]} |\n`,
    );
    expect(tableUnder('### Exit codes')).toBe(rows.join(''));
  });

  it('has the table of the environment', () => {
    const rows = [...Object.entries(VARIABLES), [SERVE_VARIABLES.name, SERVE_VARIABLES.meaning]].map(
      ([name, meaning]) => `| \`${name}\` | ${meaning} |\n`,
    );
    expect(tableUnder('### Environment')).toBe(rows.join(''));
  });

  it('uses commands and options that there are', () => {
    const blocks = [...readme.matchAll(/^```(?:sh|console|yaml|crontab)\n(.*?)^```/gms)].map(
      ([, text]) => text ?? '',
    );
    const calls = blocks.flatMap(callsIn);
    expect(calls.length).toBeGreaterThan(20);
    expect(calls.filter((call) => unknownOptions(call).length > 0)).toEqual([]);
  });
});

describe('the table of the environment', () => {
  const folder = new URL('../../src/cli/', import.meta.url);
  const code = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && file !== 'environment.ts')
    .map((file) => readFileSync(new URL(file, folder), 'utf8'))
    .join('');

  it('has every variable of ours that the code names', () => {
    const names = [...code.matchAll(/\bZEPHR_(?!SERVE_)[A-Z_]+\b/g)].map(([name]) => name);
    expect(names.length).toBeGreaterThan(4);
    expect(names.filter((name) => !Object.hasOwn(VARIABLES, name))).toEqual([]);
  });

  it('has none that the code does not know', () => {
    expect(Object.keys(VARIABLES).filter((name) => !code.includes(name))).toEqual([]);
  });
});
