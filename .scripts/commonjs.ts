/**
 * Turns the split bundle of the command into CommonJS, which Node starts in half the time of ES modules; esbuild
 * splits only the latter. What is loaded together goes into one file: each further file costs a quarter of a
 * millisecond and more. In a file, a module runs when it is first asked for.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { type Metafile, type OutputFile, transform } from 'esbuild';

/** A file to write, and the entry points in src/ that it holds with all they import. */
export interface Group {
  readonly file: string;
  readonly entryPoints: readonly string[];
}

/**
 * Writes the files of a bundle.
 * @param groups the first holds the entry point that is loaded first; what one holds is not in the later ones. All
 * other modules get a file each.
 */
export async function writeCommonJs(
  { outputFiles, metafile }: { outputFiles: readonly OutputFile[]; metafile: Metafile },
  root: string,
  groups: readonly Group[],
): Promise<void> {
  const codes = new Map<string, string>();
  for (const { path, text } of outputFiles) codes.set(relative(root, path), await asCommonJs(text));
  const homes = new Map<string, string>();
  for (const { file, entryPoints } of groups) {
    for (const module of inOrder(entryPoints, metafile)) if (!homes.has(module)) homes.set(module, file);
  }
  mkdirSync(join(root, dirname(groups[0]?.file ?? '')), { recursive: true });
  for (const { file, entryPoints } of groups) {
    const modules = [...codes].filter(([module]) => homes.get(module) === file);
    const start = outputOf(entryPoints[0] ?? '', metafile);
    writeFileSync(
      join(root, file),
      joined(
        modules.map(([module, code]) => ({ id: idOf(module), code: redirected(code, file, homes) })),
        idOf(start),
      ),
    );
  }
  for (const [module, code] of codes) {
    if (!homes.has(module)) writeFileSync(join(root, module), redirected(code, module, homes));
  }
}

/** A module as others require it. */
interface Module {
  readonly id: string;
  readonly code: string;
}

function idOf(file: string): string {
  return `./${basename(file)}`;
}

/** The file that esbuild made of an entry point, static or dynamic. */
function outputOf(entryPoint: string, metafile: Metafile): string {
  const [file] = Object.entries(metafile.outputs).find(([, one]) => one.entryPoint === entryPoint) ?? [];
  if (file === undefined) throw new Error(`the bundle has no ${entryPoint}`);
  return file;
}

/** Entry points and all that they import statically. */
function inOrder(entryPoints: readonly string[], metafile: Metafile): Set<string> {
  const seen = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { path, kind, external } of metafile.outputs[file]?.imports ?? []) {
      if (kind === 'import-statement' && external !== true) visit(path);
    }
  };
  for (const one of entryPoints) visit(outputOf(one, metafile));
  return seen;
}

async function asCommonJs(text: string): Promise<string> {
  const { code } = await transform(withBuiltins(text, '__require'), {
    format: 'cjs',
    platform: 'node',
    target: 'es2023',
    // A part is loaded by require when it is used, as it would be by import.
    supported: { 'dynamic-import': false },
    minify: true,
  });
  return withBuiltins(code, 'require');
}

/**
 * Code that takes Node's own modules by `process.getBuiltinModule`, which hands over just the module. `require`
 * also reads each of its exports, and so loads streams, sockets and terminals that nobody asked for: a third of
 * the command's start.
 * @param caller what is called for a module.
 */
function withBuiltins(code: string, caller: string): string {
  return code.replace(
    new RegExp(`\\b${caller}\\("(node:[^"]+)"\\)`, 'g'),
    'globalThis.process.getBuiltinModule("$1")',
  );
}

/** Modules in one file, whose exports are those of the module `start`; `part` gives the others. */
function joined(modules: readonly Module[], start: string): string {
  return [
    "'use strict';",
    'const done={};',
    'const part=(id)=>{',
    'if(!(id in bodies))return require(id);',
    'if(!(id in done)){const module={exports:{}};done[id]=module;bodies[id](module,module.exports,part);}',
    'return done[id].exports;};',
    'const bodies={',
    ...modules.map(({ id, code }) => `${JSON.stringify(id)}(module,exports,require){${code}},`),
    '};',
    `module.exports={...part(${JSON.stringify(start)}),part};`,
  ].join('\n');
}

/** Code of the file `here` that takes each module from the file it was joined into. */
function redirected(code: string, here: string, homes: ReadonlyMap<string, string>): string {
  const files = new Map([...homes].map(([module, file]) => [idOf(module), file]));
  return code.replace(/(\w+)\("(\.\/[^"]+\.cjs)"\)/g, (call, caller: string, id: string) => {
    const file = files.get(id);
    if (file === undefined || file === here) return call;
    if (caller !== 'require') throw new Error(`${id} is required in a way that is not understood`);
    return `require("${idOf(file)}").part("${id}")`;
  });
}
