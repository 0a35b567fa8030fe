/**
 * Builds what is published: the command and the SDK as bundles without a dependency to install, the SDK's
 * types, and the licences of what was bundled.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Metafile, type OutputFile, type Plugin, transform } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

/**
 * Node's own modules by `process.getBuiltinModule`, which hands over just the module. `import` and `require` also
 * read each of its exports, and so load streams, sockets and terminals that nobody asked for: a third of the
 * command's start.
 */
const builtinModules: Plugin = {
  name: 'builtin-modules',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: 'builtin' }));
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}');`,
    }));
  },
};

/** commander loads node:child_process for external subcommands, of which zephr has none: it waits until it is used. */
const lazyChildProcess: Plugin = {
  name: 'lazy-child-process',
  setup({ onLoad }) {
    onLoad({ filter: /node_modules\/commander\/lib\/command\.js$/ }, ({ path }) => {
      const eager = "const childProcess = require('node:child_process');";
      const source = readFileSync(path, 'utf8');
      if (!source.includes(eager)) throw new Error(`${path} no longer says: ${eager}`);
      const lazy = "const childProcess = { get spawn() { return require('node:child_process').spawn; } };";
      return { contents: source.replace(eager, lazy), loader: 'js' };
    });
  },
};

const common: BuildOptions & { metafile: true } = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  target: 'es2023',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
};

rmSync(join(root, 'dist'), { recursive: true, force: true });

const cli = await build({
  ...common,
  entryPoints: { main: 'src/cli/main.ts' },
  outdir: 'dist/cli',
  outExtension: { '.js': '.cjs' },
  splitting: true,
  chunkNames: '[name]-[hash]',
  platform: 'node',
  mainFields: ['module', 'main'],
  external: ['libsql'],
  define: { __ZEPHR_VERSION__: JSON.stringify(version) },
  plugins: [builtinModules, lazyChildProcess],
  write: false,
});
await Promise.all(cli.outputFiles.map(writeAsCommonJs));

const sdk = await build({
  ...common,
  entryPoints: { index: 'src/index.ts', limits: 'src/limits.ts' },
  outdir: 'dist',
  splitting: true,
  chunkNames: 'sdk/[name]-[hash]',
  platform: 'neutral',
  mainFields: ['module', 'main'],
});

const testing = await build({
  ...common,
  entryPoints: { testing: 'src/testing.ts' },
  outdir: 'dist',
  platform: 'node',
});

declareTypes('src/tsconfig.json');
declareTypes('src/tsconfig.testing.json');
// Of the server's types nobody outside needs any: the door of zephr/testing speaks of the client only.
renameSync(join(root, 'dist/.testing-types/testing.d.ts'), join(root, 'dist/types/testing.d.ts'));
rmSync(join(root, 'dist/.testing-types'), { recursive: true });

writeFileSync(
  join(root, 'dist/THIRD_PARTY_LICENSES'),
  licences([cli.metafile, sdk.metafile, testing.metafile]),
);

/** Writes the declarations of what a project includes. */
function declareTypes(project: string): void {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', project], { cwd: root, stdio: 'inherit' });
}

/**
 * Writes a part of the command as CommonJS. Node starts that in half the time of ES modules, but esbuild splits
 * only the latter: so they are split first and converted then, file by file.
 */
async function writeAsCommonJs({ path, text }: OutputFile): Promise<void> {
  const { code } = await transform(text, {
    format: 'cjs',
    platform: 'node',
    target: 'es2023',
    // A part is loaded by require when it is used, as it would be by import.
    supported: { 'dynamic-import': false },
    minify: true,
  });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, code);
}

/** The licence of every package that ended up in a bundle; a package without one fails the build. */
function licences(metafiles: readonly Metafile[]): string {
  const folders = new Set<string>();
  for (const { inputs } of metafiles) {
    for (const input of Object.keys(inputs)) {
      const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? [];
      if (folder !== undefined) folders.add(folder);
    }
  }
  const parts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(
      readFileSync(join(root, folder, 'package.json'), 'utf8'),
    ) as Record<string, string>;
    const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined) throw new Error(`${folder} is bundled and has no licence file`);
    return `${name} ${version} (${license})\n\n${readFileSync(join(root, folder, file), 'utf8').trim()}\n`;
  });
  return `zephr's bundles contain these packages:\n\n${parts.join(`\n${'-'.repeat(72)}\n\n`)}`;
}
