/** What somebody takes on with the package: its size, what comes with it, a first `npx`, and what the SDK adds to a page. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { cleanEnvironment, ROOT } from './contenders.js';
import { count, type Effort, type Figure, type Part } from './figures.js';
import { median } from './statistics.js';

const LIMIT = 500_000;

/** Packs what is built, and tries it. */
export async function footprint(folder: string, { quick }: Effort): Promise<Part> {
  const env = cleanEnvironment(folder);
  const npm = (cwd: string, ...args: string[]) =>
    execFileSync('npm', args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  npm(ROOT, 'pack', '--ignore-scripts', '--pack-destination', folder);
  const tarball = join(folder, readdirSync(folder).find((file) => file.endsWith('.tgz')) ?? '');
  const packed = statSync(tarball).size;

  const project = join(folder, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "private": true }');
  npm(project, 'install', '--offline', '--omit=optional', '--no-audit', '--no-fund', tarball);
  const packages = installed(join(project, 'node_modules'));

  const colds = Array.from({ length: quick ? 1 : 5 }, (_, index) => {
    const cache = join(folder, `cache-${index}`);
    const start = performance.now();
    npm(
      folder,
      'exec',
      '--offline',
      '--cache',
      cache,
      '--yes',
      `--package=${tarball}`,
      '--',
      'zephr',
      '--version',
    );
    const seconds = (performance.now() - start) / 1000;
    rmSync(cache, { recursive: true });
    return seconds;
  });
  const npms = Array.from({ length: quick ? 1 : 5 }, () => {
    const start = performance.now();
    npm(folder, '--version');
    return (performance.now() - start) / 1000;
  });
  const page = await pageSizes();
  const figures: Figure[] = [
    {
      what: 'packed',
      measured: `${count(packed)} bytes`,
      aim: { text: `≤ ${count(LIMIT)}`, met: packed <= LIMIT },
    },
    {
      what: 'packages that an install brings',
      measured: packages.join(', '),
      aim: { text: 'itself alone', met: packages.length === 1 },
    },
    {
      what: 'npx from the tarball, empty cache, to the end of --version',
      measured: `${median(colds).toFixed(2)} s`,
      ratio: `${(median(colds) / median(npms)).toFixed(1)} of npm --version`,
    },
    ...page,
  ];
  return { title: 'Package', figures, raw: { packed, packages, colds, npms } };
}

function installed(modules: string): string[] {
  return readdirSync(modules).filter((name) => !name.startsWith('.'));
}

/** A page's program that creates and reads secrets, with and without a passphrase. */
async function pageSizes(): Promise<Figure[]> {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { createSecret, retrieveSecret } from './dist/index.js'; globalThis.zephr = { createSecret, retrieveSecret };`,
      resolveDir: ROOT,
    },
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    outdir: 'out',
    write: false,
  });
  return outputFiles.map(({ path, contents }) => ({
    what: path.includes('argon2id') ? 'and with a passphrase' : 'SDK in a page: create and read',
    measured: `${count(contents.length)} bytes, ${count(gzipSync(contents).length)} gzipped`,
  }));
}
