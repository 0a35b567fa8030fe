/** The table of the environment, which man page and cli/CLI.md show, is that of the code. */

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { VARIABLES } from '../../src/cli/terminal/environment.js';

describe('the table of the environment', () => {
  const folder = new URL('../../src/cli/', import.meta.url);
  const code = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && file !== 'environment.ts')
    .map((file) => readFileSync(new URL(file, folder), 'utf8'))
    .join('');

  it('has every variable of ours that the code names', () => {
    // ZEPHR_SECRET_… stands in requests, in place of a secret.
    const names = [...code.matchAll(/\bZEPHR_(?!SERVE_|SECRET_)[A-Z_]+\b/g)].map(([name]) => name);
    expect(names.length).toBeGreaterThan(4);
    expect(names.filter((name) => !Object.hasOwn(VARIABLES, name))).toEqual([]);
  });

  it('has none that the code does not know', () => {
    expect(Object.keys(VARIABLES).filter((name) => !code.includes(name))).toEqual([]);
  });
});
