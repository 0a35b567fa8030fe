/** What npm would publish, installed as a stranger would. */

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerProcess, startServerProcess } from '../support/server.js';
import { type InstalledPackage, installPackage, ROOT } from './installed-package.js';

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

describe('the package', () => {
  it('is one package without dependencies, at most 800 KB packed', () => {
    expect(statSync(installed.tarball).size).toBeLessThanOrEqual(800 * 1024);
    expect(
      readdirSync(join(installed.folder, 'node_modules')).filter((name) => !name.startsWith('.')),
    ).toEqual(['zephr']);
  });

  it('holds what runs and the licences of what was bundled, no source, no test, no path of the machine', () => {
    const zephr = join(installed.folder, 'node_modules/zephr');
    const files = readdirSync(zephr, { recursive: true, encoding: 'utf8' });
    const tops = new Set(files.map((file) => file.split('/')[0]));
    expect([...tops].sort()).toEqual(['LICENSE', 'README.md', 'bin', 'dist', 'package.json']);
    expect(files.filter((file) => /\.map$|(?<!\.d)\.ts$|\.test\.|(^|\/)test\//.test(file))).toEqual([]);
    const licences = readFileSync(join(zephr, 'dist/THIRD_PARTY_LICENSES'), 'utf8');
    for (const name of ['commander', 'pino', 'postgres', 'hash-wasm'])
      expect(licences).toMatch(new RegExp(`^${name} \\d`, 'm'));
    for (const file of files) {
      const path = join(zephr, file);
      if (statSync(path).isFile()) expect(readFileSync(path, 'utf8').includes(ROOT), file).toBe(false);
    }
  });

  it('has a command that runs', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(installed.npm('exec', '--offline', '--', 'zephr', '--version')).toContain(version);
  });

  it('has an SDK that type-checks and runs', () => {
    const program = `
      import { ApiError, createSecret, type SecretLink, retrieveSecret } from 'zephr';
      const created: SecretLink = await createSecret('hunter2', { server: '${server.url}', expiry: '5m' });
      if (created.mode !== 'standard') throw new Error('a standard link was asked for');
      const { plaintext } = await retrieveSecret(created.fullLink);
      const again: number = await retrieveSecret(created.fullLink).then(() => 0, (error: ApiError) => error.statusCode);
      console.log(plaintext, again);
    `;
    writeFileSync(join(installed.folder, 'program.mts'), program);
    const options = [
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--strict',
      '--lib',
      'es2023,dom',
      '--types',
      '',
    ];
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    execFileSync(process.execPath, [tsc, ...options, 'program.mts'], { cwd: installed.folder });
    const output = execFileSync(process.execPath, ['program.mjs'], {
      cwd: installed.folder,
      encoding: 'utf8',
    });
    expect(output).toBe('hunter2 410\n');
  });
});
