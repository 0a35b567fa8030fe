/** The README's programs run as they stand, and print what their comments say. */

import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerProcess, startServerProcess } from '../support/server.js';
import { type InstalledPackage, installPackage, ROOT } from './installed-package.js';

const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
const examples = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code = '']) => code);

let installed: InstalledPackage;
let server: ServerProcess;

beforeAll(async () => {
  installed = installPackage();
  server = await startServerProcess();
});

afterAll(async () => {
  await server.stop();
  installed.remove();
});

/** What each `console.log(…); // comment` says it prints. */
function promised(code: string): string {
  return [...code.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)]
    .map(([, comment]) => `${comment}\n`)
    .join('');
}

describe('an example of the README', () => {
  it('is there', () => {
    expect(examples.length).toBeGreaterThanOrEqual(6);
    for (const code of examples) expect(promised(code)).not.toBe('');
  });

  it.each(examples.map((code, index) => [index + 1, code] as const))(
    '(number %i) does what it says',
    async (_, code) => {
      writeFileSync(join(installed.folder, 'example.mjs'), code);
      const { stdout, stderr } = await promisify(execFile)(process.execPath, ['example.mjs'], {
        cwd: installed.folder,
        env: { ...process.env, ZEPHR_SERVER: server.url },
      });
      expect(stderr).toBe('');
      expect(stdout).toBe(promised(code));
    },
  );
});
