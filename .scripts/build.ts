/**
 * Builds what is published: the command, with the web page in it, and the SDK as bundles without a dependency to
 * install, the SDK's types, and the licenses of what was bundled.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OutputChunk, OutputOptions } from 'rolldown';
import { bundle } from './bundle.js';
import { CHANGED_PACKAGES, WITHOUT_NODE } from './changed-packages.js';
import { commandTree } from './completions/model.js';
import { manPage } from './man.js';
import { servePage } from './man-document.js';
import { buildPage } from './web.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

/** For code that other bundlers read: names stay, and so do the annotations of what has no side effects. */
const READABLE: OutputOptions = {
  format: 'esm',
  minify: { compress: true, mangle: false, codegen: true },
  comments: { legal: false, jsdoc: false, annotation: true },
};

/** The files of src/cli/sdk whose types programs see. */
const SDK_TYPES = ['call', 'errors', 'intercept', 'mock', 'options', 'run', 'secrets', 'vault'];

const page = await buildPage();
const [command, sdk, forNode] = await Promise.all([bundleCommand(), bundleSdk(), bundleForNode()]);

// Only now: a build that fails leaves the last one in place.
rmSync(dist, { recursive: true, force: true });
write('cli', command);
// Says which sources each file of the command holds. A test reads it, and it is not published.
writeFileSync(join(dist, 'command-modules.json'), JSON.stringify(sourcesOf(command), null, 2));
write('.', sdk);
write('.', forNode);

declareTypes('src/tsconfig.json');
declareTypes('src/tsconfig.testing.json');
// The other declarations are the server's and the command's: those of zephr/testing and zephr/vault do not name them.
for (const file of ['testing', ...SDK_TYPES.map((name) => `cli/sdk/${name}`)]) {
  mkdirSync(dirname(join(dist, 'types', file)), { recursive: true });
  renameSync(join(dist, `.testing-types/${file}.d.ts`), join(dist, `types/${file}.d.ts`));
}
rmSync(join(dist, '.testing-types'), { recursive: true });

const modules = [...command, ...sdk, ...forNode].flatMap(({ moduleIds }) => moduleIds);
writeFileSync(join(dist, 'THIRD_PARTY_LICENSES'), licenses([...modules, ...page.modules]));

// What a visitor compares the page of a server with (src/core/protocol/THREATS.md).
writeFileSync(join(dist, 'page-hashes.txt'), page.hashes);

writeFileSync(join(dist, 'zephr.1'), manPage(commandTree(), version, today()));
writeFileSync(join(dist, 'zephr-serve.8'), servePage(version, today()));

/**
 * The command, as CommonJS, which Node starts in half the time of ES modules. Each file that is loaded costs, and so does
 * code that is loaded and not used: main.cjs holds what every run needs, exchange what creating, reading and status need,
 * and everything else is a file of its own, loaded when it is used.
 */
function bundleCommand(): Promise<OutputChunk[]> {
  return bundle({
    entries: {
      main: 'src/cli/main.ts',
      'clipboard-thread': 'src/cli/terminal/clipboard/clipboardy-worker.ts',
      'vault-agent': 'src/cli/commands/vault/agent-process.ts',
      'masking-rest': 'src/cli/commands/use/run/masking-process.ts',
      'store-thread': 'src/server/store/sqlite/thread/worker.ts',
    },
    platform: 'node',
    target: 'es2023',
    external: ['libsql'],
    define: {
      __ZEPHR_CLIPBOARD_THREAD__: JSON.stringify('clipboard-thread.cjs'),
      __ZEPHR_STORE_THREAD__: JSON.stringify('store-thread.cjs'),
      __ZEPHR_VAULT_AGENT__: JSON.stringify('vault-agent.cjs'),
      __ZEPHR_MASKING_REST__: JSON.stringify('masking-rest.cjs'),
      __ZEPHR_VERSION__: JSON.stringify(version),
      __ZEPHR_COMPLETIONS__: JSON.stringify(JSON.stringify(completionScripts())),
      __ZEPHR_WEB_PAGE__: JSON.stringify(JSON.stringify(page.files)),
    },
    plugins: CHANGED_PACKAGES,
    output: {
      format: 'cjs',
      strict: true,
      minify: true,
      comments: false,
      entryFileNames: '[name].cjs',
      chunkFileNames: '[name]-[hash].cjs',
      hashCharacters: 'hex',
      // Node's own modules are loaded by require also where the source imports them when they are used.
      dynamicImportInCjs: false,
      // Node's modules do not change their exports.
      externalLiveBindings: false,
      codeSplitting: {
        // The first group that names a module gets it, with all that the module imports.
        groups: [
          {
            name: 'main',
            test: /\/src\/(cli\/main|core\/crypto\/(frame|hkdf)|cli\/(files\/folders|terminal\/times|exit\/reason))\.ts$/,
          },
          { name: 'exchange', test: /\/src\/cli\/commands\/(create|get|status)\/\1\.ts$/ },
          { name: 'use', test: /\/src\/cli\/commands\/use\/run\/run\.ts$/ },
        ],
      },
    },
  });
}

/** The SDK, for Node, browsers and other bundlers. */
function bundleSdk(): Promise<OutputChunk[]> {
  return bundle({
    entries: { index: 'src/index.ts', limits: 'src/limits.ts' },
    platform: 'neutral',
    target: 'es2023',
    plugins: WITHOUT_NODE,
    output: { ...READABLE, chunkFileNames: 'sdk/[name]-[hash].js' },
  });
}

/** What only Node runs: the server in memory and the vault of zephr/testing, zephr/vault and zephr/intercept. */
function bundleForNode(): Promise<OutputChunk[]> {
  return bundle({
    entries: {
      testing: 'src/testing.ts',
      vault: 'src/cli/sdk/vault.ts',
      intercept: 'src/cli/sdk/intercept.ts',
    },
    platform: 'node',
    target: 'es2023',
    define: { __ZEPHR_VERSION__: JSON.stringify(version) },
    // They share most of their code, and nobody bundles them further for a browser.
    output: { format: 'esm', minify: true, comments: false, chunkFileNames: 'node/[name]-[hash].js' },
  });
}

/** The day of the build. SOURCE_DATE_EPOCH sets it, so that two builds can be identical (reproducible-builds.org). */
function today(): string {
  const { SOURCE_DATE_EPOCH } = process.env;
  const date = SOURCE_DATE_EPOCH === undefined ? new Date() : new Date(Number(SOURCE_DATE_EPOCH) * 1000);
  return date.toISOString().slice(0, 10);
}

/** Writes the type declarations of a TypeScript project. */
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

/** Writes the files of a bundle into a folder of dist. */
function write(folder: string, chunks: readonly OutputChunk[]): void {
  for (const { fileName, code } of chunks) {
    const path = join(dist, folder, fileName);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code);
  }
}

/** The modules in each file of a bundle, by their paths below the repository. */
function sourcesOf(chunks: readonly OutputChunk[]): Record<string, string[]> {
  return Object.fromEntries(
    chunks.map(({ fileName, moduleIds }) => [fileName, moduleIds.map((id) => id.replace(root, ''))]),
  );
}

/** The license of every package that ended up in a bundle; a package without one fails the build. */
function licenses(modules: readonly string[]): string {
  const folders = new Set<string>();
  for (const module of modules) {
    const [folder] = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(module) ?? [];
    if (folder !== undefined) folders.add(folder);
  }
  const parts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8'),
    ) as Record<string, string>;
    return `${name} ${version} (${license})\n\n${licenseText(folder, license)}\n`;
  });
  return `zephr's bundles contain these packages:\n\n${parts.join(`\n${'-'.repeat(72)}\n\n`)}`;
}

function licenseText(folder: string, license: string | undefined): string {
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file !== undefined) return readFileSync(join(folder, file), 'utf8').trim();
  if (license === 'Unlicense')
    return 'Dedicated to the public domain by its authors (https://unlicense.org).';
  throw new Error(`${folder} is bundled and has no license file`);
}
