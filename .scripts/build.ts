/**
 * Builds what is published: the command, with the web page in it, and the SDK as bundles without a dependency to
 * install, the SDK's types, and the licences of what was bundled.
 */

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { writeCommonJs } from './commonjs.js';
import { commandTree } from './completions/model.js';
import { manPage } from './man.js';
import { buildPage } from './web.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

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

/**
 * clipboardy carries programs for systems that have no clipboard tool, and looks for them beside itself. They are
 * not bundled, so there is nothing to look for, least of all at a path that depends on the working directory.
 */
const noClipboardPrograms: Plugin = {
  name: 'no-clipboard-programs',
  setup({ onLoad }) {
    onLoad({ filter: /node_modules\/clipboardy\/lib\/(linux|windows)\.js$/ }, ({ path }) => {
      let contents = readFileSync(path, 'utf8');
      const programs: [RegExp, string][] = [
        [/path\.dirname\(fileURLToPath\(import\.meta\.url\)\)/, "''"],
        [/path\.join\(__dirname, .*\)(?=;)/, "''"],
        [/fs\.existsSync\(\w+\)/, 'false'],
      ];
      for (const [found, replacement] of programs) {
        if (!found.test(contents)) throw new Error(`${path} no longer matches ${found}`);
        contents = contents.replace(found, replacement);
      }
      return { contents, loader: 'js' };
    });
  },
};

/** What the command uses of packages that bring much more, by the package's name. */
const USED: Readonly<Record<string, string>> = {
  // clipboardy copies text here, and no pictures.
  'clipboard-image':
    'exports.writeClipboardImages = exports.readClipboardImages = exports.hasClipboardImages = undefined;',
};

const onlyUsed: Plugin = {
  name: 'only-used',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^(${Object.keys(USED).join('|')})$`) }, ({ path }) => ({
      path,
      namespace: 'only-used',
    }));
    onLoad({ filter: /.*/, namespace: 'only-used' }, ({ path }) => ({
      contents: USED[path] ?? '',
      resolveDir: root,
    }));
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

const page = await buildPage();

const cli = await build({
  ...common,
  entryPoints: { main: 'src/cli/main.ts', 'store-thread': 'src/server/store/sqlite/thread/worker.ts' },
  outdir: 'dist/cli',
  outExtension: { '.js': '.cjs' },
  splitting: true,
  chunkNames: '[name]-[hash]',
  platform: 'node',
  mainFields: ['module', 'main'],
  external: ['libsql', 'node:*'],
  define: {
    __ZEPHR_STORE_THREAD__: JSON.stringify('store-thread.cjs'),
    __ZEPHR_VERSION__: JSON.stringify(version),
    __ZEPHR_COMPLETIONS__: JSON.stringify(JSON.stringify(completionScripts())),
    __ZEPHR_WEB_PAGE__: JSON.stringify(JSON.stringify(page.files)),
  },
  plugins: [lazyChildProcess, noClipboardPrograms, onlyUsed],
  write: false,
});
// Only now: a build that fails leaves the last one in place.
rmSync(join(root, 'dist'), { recursive: true, force: true });
await writeCommonJs(cli, root, [
  { file: 'dist/cli/main.cjs', entryPoints: ['src/cli/main.ts'] },
  // What most runs do.
  {
    file: 'dist/cli/exchange.cjs',
    entryPoints: ['create', 'get', 'status'].map((name) => `src/cli/commands/${name}/${name}.ts`),
  },
]);

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
  licences([cli.metafile, sdk.metafile, testing.metafile, ...page.metafiles]),
);

// To compare a server's page with (README).
writeFileSync(join(root, 'dist/page-hashes.txt'), page.hashes);

writeFileSync(join(root, 'dist/zephr.1'), manPage(commandTree(), version, today()));

/** The day of the build, which packagers who build alike twice can set (reproducible-builds.org). */
function today(): string {
  const { SOURCE_DATE_EPOCH } = process.env;
  const date = SOURCE_DATE_EPOCH === undefined ? new Date() : new Date(Number(SOURCE_DATE_EPOCH) * 1000);
  return date.toISOString().slice(0, 10);
}

/** Writes the declarations of what a project includes. */
function declareTypes(project: string): void {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', project], { cwd: root, stdio: 'inherit' });
}

/** What `zephr completion` prints, by file name. */
function completionScripts(): Record<string, string> {
  const folder = join(root, 'completions');
  return Object.fromEntries(
    readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'utf8')]),
  );
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
    return `${name} ${version} (${license})\n\n${licenceText(folder, license)}\n`;
  });
  return `zephr's bundles contain these packages:\n\n${parts.join(`\n${'-'.repeat(72)}\n\n`)}`;
}

function licenceText(folder: string, license: string | undefined): string {
  const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
  if (file !== undefined) return readFileSync(join(root, folder, file), 'utf8').trim();
  if (license === 'Unlicense')
    return 'Dedicated to the public domain by its authors (https://unlicense.org).';
  throw new Error(`${folder} is bundled and has no licence file`);
}
