/** What npm would publish, installed as a stranger would. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerProcess, startServerProcess } from './support/server.js';

const root = fileURLToPath(new URL('..', import.meta.url));

let folder: string;
let tarball: string;
let server: ServerProcess;

function npm(...args: string[]): string {
  return execFileSync('npm', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zephr-package-'));
  // The tests have built it already.
  npm('pack', root, '--ignore-scripts', '--pack-destination', folder);
  tarball = readdirSync(folder).find((file) => file.endsWith('.tgz')) ?? '';
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  npm('install', '--offline', '--no-audit', '--no-fund', join(folder, tarball));
  server = await startServerProcess();
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('the package', () => {
  it('is one package without dependencies, at most 500 KB packed', () => {
    expect(statSync(join(folder, tarball)).size).toBeLessThanOrEqual(500 * 1024);
    expect(readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
      'zephr',
    ]);
  });

  it('holds what runs and the licences of what was bundled, no source, no test, no path of the machine', () => {
    const installed = join(folder, 'node_modules/zephr');
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
    const tops = new Set(files.map((file) => file.split('/')[0]));
    expect([...tops].sort()).toEqual(['LICENSE', 'README.md', 'bin', 'dist', 'package.json']);
    expect(files.filter((file) => /\.map$|(?<!\.d)\.ts$|test/.test(file))).toEqual([]);
    const licences = readFileSync(join(installed, 'dist/THIRD_PARTY_LICENSES'), 'utf8');
    for (const name of ['commander', 'hono', '@hono/node-server', 'hash-wasm'])
      expect(licences).toMatch(new RegExp(`^${name} \\d`, 'm'));
    for (const file of files) {
      const path = join(installed, file);
      if (statSync(path).isFile()) expect(readFileSync(path, 'utf8').includes(root), file).toBe(false);
    }
  });

  it('has a command that runs', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(npm('exec', '--offline', '--', 'zephr', '--version')).toContain(version);
  });

  it('has an SDK that type-checks and runs', () => {
    const program = `
      import { ApiError, createSecret, type CreatedSecret, parseLink, readSecret } from 'zephr';
      const created: CreatedSecret = await createSecret('hunter2', { server: '${server.url}', expiry: '5m' });
      if (created.mode !== 'standard') throw new Error('a standard link was asked for');
      const link = parseLink(created.fullLink);
      const reading = await readSecret(link);
      await reading.acknowledge();
      const again: number = await readSecret(link).then(() => 0, (error: ApiError) => error.statusCode);
      console.log(new TextDecoder().decode(reading.bytes), again);
    `;
    writeFileSync(join(folder, 'program.mts'), program);
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
    execFileSync(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), ...options, 'program.mts'],
      { cwd: folder },
    );
    expect(execFileSync(process.execPath, ['program.mjs'], { cwd: folder, encoding: 'utf8' })).toBe(
      'hunter2 410\n',
    );
  });
});
