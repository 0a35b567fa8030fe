/** The programs in README.md and client/SDK.md run as they stand, and print what their comments say. */

import { execFile, execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerProcess, startServerProcess } from '../support/server.js';
import { type InstalledPackage, installPackage, ROOT } from './installed-package.js';

const examples = ['README.md', 'src/client/SDK.md'].flatMap((path) => {
  const blocks = readFileSync(join(ROOT, path), 'utf8').matchAll(/^```js\n(.*?)^```$/gms);
  return [...blocks].map(([, code = '']) => ({ path, code }));
});

let installed: InstalledPackage;
let server: ServerProcess;
let apiKey: string;

beforeAll(async () => {
  installed = installPackage();
  // In a file, so that there can be an API key.
  const store = join(installed.folder, 'zephr.db');
  const keys = ['keys', 'new', '--quiet', '--tier', 'pro', '--name', 'examples', '--store', store];
  apiKey = execFileSync(process.execPath, [join(ROOT, 'bin/zephr.js'), ...keys], { encoding: 'utf8' }).trim();
  server = await startServerProcess({ store });
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

describe('the way to install it', () => {
  const [, install = ''] =
    /^npm ci && npm pack .*\n((?:.*\n)*?)```$/m.exec(readFileSync(join(ROOT, 'README.md'), 'utf8')) ?? [];

  it('names the file that npm pack makes', () => {
    expect(install).toContain(`./${basename(installed.tarball)}`);
  });

  it.each(install.trimEnd().split('\n'))('works: %s', async (line) => {
    const prefix = join(installed.folder, 'prefix');
    // No registry is needed for it.
    const env = { ...process.env, npm_config_prefix: prefix, npm_config_offline: 'true' };
    const { stdout } = await promisify(execFile)('sh', ['-c', line], { cwd: installed.folder, env });
    const printed = line.startsWith('npx') ? stdout : execFileSync(join(prefix, 'bin/zephr'), ['--version']);
    expect(String(printed)).toMatch(/^2\.\d+\.\d+\n$/);
  });
});

describe('an example', () => {
  it('is there', () => {
    expect(examples.length).toBeGreaterThanOrEqual(7);
    for (const { code } of examples) expect(promised(code)).not.toBe('');
  });

  it.each(examples.map(({ path, code }, index) => [index + 1, path, code] as const))(
    '(number %i, of %s) does what it says',
    async (_, __, code) => {
      writeFileSync(join(installed.folder, 'example.mjs'), code);
      writeFileSync(join(installed.folder, 'vault.key'), Buffer.alloc(32, 7));
      const vault = { ZEPHR_VAULT_KEY_FILE: 'vault.key', XDG_DATA_HOME: installed.folder };
      const { stdout, stderr } = await promisify(execFile)(process.execPath, ['example.mjs'], {
        cwd: installed.folder,
        env: { ...process.env, ...vault, ZEPHR_SERVER: server.url, ZEPHR_API_KEY: apiKey },
      });
      expect(stderr).toBe('');
      expect(stdout).toBe(promised(code));
    },
  );
});
