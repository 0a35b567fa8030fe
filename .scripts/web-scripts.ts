/**
 * Bundles the scripts of the web page: one for each of its documents, files that several of them share, and parts that
 * are loaded when they are used. No script runs without its hash in the document.
 */

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OutputChunk, Plugin } from 'rolldown';
import { bundle } from './bundle.js';

const web = fileURLToPath(new URL('../src/web/', import.meta.url));

/** Browsers from 2023 on. */
export const BROWSERS = ['es2022', 'chrome111', 'firefox113', 'safari16.4'];

/** What is bundled. */
export interface ScriptOptions {
  /** Sources below src/web, by the names of the scripts. */
  readonly entries: Readonly<Record<string, string>>;
  /** Values for names that the sources declare, as JavaScript. */
  readonly define: Record<string, string>;
}

/** A script as a browser gets it. */
export interface Script {
  /** Its name in the folder of all of them. */
  readonly file: string;
  readonly code: string;
}

/** The scripts of a document. */
export interface DocumentScripts {
  /** Run with the document, in this order: what a script imports stands before it. */
  readonly atStart: readonly Script[];
  /** Loaded when they are used, by the names that `loadPart` gets: what they import besides, and then the part itself. */
  readonly parts: ReadonlyMap<string, readonly Script[]>;
}

/** All scripts. */
export interface BundledScripts {
  readonly all: readonly Script[];
  readonly of: (entry: string) => DocumentScripts;
  /** The modules in them, by path. */
  readonly modules: readonly string[];
}

/** Bundles one script that runs by itself, such as a worker's. */
export async function bundleWorker(source: string): Promise<{ code: string; modules: readonly string[] }> {
  const [chunk] = await bundle({
    entries: { script: `src/web/${source}` },
    platform: 'browser',
    target: BROWSERS,
    output: { format: 'iife', minify: true, comments: false, codeSplitting: false },
  });
  if (chunk === undefined) throw new Error(`${source} came to nothing`);
  return { code: chunk.code, modules: chunk.moduleIds };
}

/** What the page runs in workers, by who imports it: a module of its own does that, in the place of core's and the client's. */
const IN_WORKERS: Readonly<Record<string, string>> = {
  './argon2id.js': '/core/crypto/key-schedule.ts',
  './find-number.js': '/client/gates/puzzle.ts',
};

const inWorkers: Plugin = {
  name: 'in-workers',
  resolveId: {
    filter: { id: /^\.\/(?:argon2id|find-number)\.js$/ },
    handler: (specifier, importer) =>
      importer?.endsWith(IN_WORKERS[specifier] ?? '') ? join(web, 'parts/loading/workers.ts') : null,
  },
};

/**
 * Has `loadPart` load what the sources import when they use it.
 * @param names is filled with the parts' names, by the paths of their modules.
 */
function partsByLoadPart(names: Map<string, string>): Plugin {
  const loader = join(web, 'parts/loading/load-part.ts');
  return {
    name: 'parts-by-load-part',
    transform: {
      filter: { code: /\bawait import\('/, id: /\/src\/.*\.ts$/ },
      async handler(code, importer) {
        const used = new Set<string>();
        const changed = code.replace(/\bawait import\('([^']+)'\)/g, (_, specifier: string) => {
          used.add(specifier);
          const load = `() => import('${specifier}')`;
          return `await loadPart('${nameOf(specifier)}', ${load})`;
        });
        if (used.size === 0) return null;
        for (const specifier of used) {
          const resolved = await this.resolve(specifier, importer);
          if (resolved === null) throw new Error(`${importer} imports ${specifier}, which is nowhere`);
          names.set(resolved.id, nameOf(specifier));
        }
        return { code: `import { loadPart } from '${loader}';${changed}` };
      },
    },
  };
}

function nameOf(specifier: string): string {
  return specifier.replace(/^.*\//, '').replace(/\.js$/, '');
}

/** Bundles the scripts of all documents. */
export async function bundleScripts({ entries, define }: ScriptOptions): Promise<BundledScripts> {
  const names = new Map<string, string>();
  const chunks = await bundle({
    entries: Object.fromEntries(Object.entries(entries).map(([name, path]) => [name, `src/web/${path}`])),
    platform: 'browser',
    target: BROWSERS,
    plugins: [inWorkers, partsByLoadPart(names)],
    define,
    output: {
      format: 'esm',
      minify: true,
      comments: false,
      entryFileNames: '[name].js',
      chunkFileNames: '[name].js',
      codeSplitting: { groups: [{ name: 'shared', minShareCount: 3 }] },
    },
  });
  // One hash in all their names: scripts may import each other in circles, so that none has a hash before the others.
  const build = createHash('sha256');
  for (const { fileName, code } of chunks) build.update(`${fileName}\n${code.length}\n${code}`);
  const suffix = build.digest('hex').slice(0, 12);
  const scripts = new Map(chunks.map((chunk) => [chunk.fileName, named(chunk, suffix)]));
  const graph = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const scriptOf = (fileName: string): Script => {
    const script = scripts.get(fileName);
    if (script === undefined) throw new Error(`there is no ${fileName}`);
    return script;
  };
  return {
    all: [...scripts.values()],
    modules: chunks.flatMap(({ moduleIds }) => moduleIds),
    of(entry) {
      const start = reached([`${entry}.js`], graph);
      const parts = new Map<string, readonly Script[]>();
      for (const fileName of dynamicallyReached(start, graph)) {
        const name = nameIn(graph.get(fileName), names);
        if (name === undefined) throw new Error(`${fileName} is loaded by nobody’s name`);
        parts.set(name, reached([fileName], graph, new Set(start)).map(scriptOf));
      }
      return { atStart: start.map(scriptOf), parts };
    },
  };
}

/** The name of the part that a script holds. A module that only re-exports is in no script, but the script's facade. */
function nameIn(chunk: OutputChunk | undefined, names: ReadonlyMap<string, string>): string | undefined {
  const modules = [chunk?.facadeModuleId ?? '', ...(chunk?.moduleIds ?? [])];
  return modules.map((id) => names.get(id)).find((name) => name !== undefined);
}

/** A script under its name for good, which the others import it by. */
function named({ fileName, code }: OutputChunk, suffix: string): Script {
  return {
    file: fileName.replace(/\.js$/, `-${suffix}.js`),
    code: code.replace(/(["'`])\.\/([\w-]+)\.js\1/g, `$1./$2-${suffix}.js$1`),
  };
}

type Graph = ReadonlyMap<string, Pick<OutputChunk, 'imports' | 'dynamicImports'>>;

/** Some scripts and all that they import, what is imported first. */
function reached(from: readonly string[], graph: Graph, found = new Set<string>()): string[] {
  const order: string[] = [];
  for (const fileName of from) {
    if (found.has(fileName)) continue;
    found.add(fileName);
    order.push(...reached(graph.get(fileName)?.imports ?? [], graph, found), fileName);
  }
  return order;
}

/** What those scripts, and what is loaded by them, load when they use it. */
function dynamicallyReached(start: readonly string[], graph: Graph): Set<string> {
  const parts = new Set<string>();
  const waiting = [...start];
  for (let fileName = waiting.pop(); fileName !== undefined; fileName = waiting.pop()) {
    for (const part of graph.get(fileName)?.dynamicImports ?? []) {
      // What is no script is Node's, for where a package finds no WebCrypto: not in a browser.
      if (parts.has(part) || !graph.has(part)) continue;
      parts.add(part);
      waiting.push(...reached([part], graph));
    }
  }
  return parts;
}
