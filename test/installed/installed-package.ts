/** The package as npm would publish it, installed into an empty folder. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface InstalledPackage {
  /** An ES module project whose only dependency is zephr. */
  readonly folder: string;
  /** Path of the packed tarball. */
  readonly tarball: string;
  /** Runs npm in the folder and gives its stdout. */
  npm(...args: string[]): string;
  remove(): void;
}

/** Packs what the tests have built and installs it, without asking a registry. */
export function installPackage(): InstalledPackage {
  const folder = mkdtempSync(join(tmpdir(), 'zephr-package-'));
  const npm = (...args: string[]) =>
    execFileSync('npm', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  npm('pack', ROOT, '--ignore-scripts', '--pack-destination', folder);
  const tarball = join(folder, readdirSync(folder).find((file) => file.endsWith('.tgz')) ?? '');
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  npm('install', '--offline', '--no-audit', '--no-fund', tarball);
  return { folder, tarball, npm, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
