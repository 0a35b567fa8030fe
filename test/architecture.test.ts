/** The walls of the house (src/README.md): who may import whom, and that nobody goes in circles. */

import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const src = fileURLToPath(new URL('../src', import.meta.url));

interface Import {
  readonly from: string;
  /** A path below src, or a package's name. */
  readonly to: string;
  readonly local: boolean;
}

/** Which rooms a room may import, itself aside. `cli` may import `server` from two commands only. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  net: ['core'],
  client: ['core'],
  vault: ['core'],
  broker: ['vault', 'net', 'client', 'core'],
  server: ['core', 'net'],
  web: ['client', 'core'],
  cli: ['client', 'core', 'net', 'vault', 'broker'],
  'index.ts': ['client', 'core'],
  'limits.ts': ['core'],
  // Inside it are a server and a vault, in memory.
  'testing.ts': ['client', 'server', 'cli'],
};

/** The folders of the one room that may reach into another beyond {@link ROOMS}. */
const SERVER_COMMANDS = ['cli/commands/serve', 'cli/commands/keys'];

/** Packages and Node modules, by room. */
const PACKAGES: Readonly<Record<string, RegExp>> = {
  core: /^(hash-wasm|@hpke\/(core|dhkem-x25519))$/,
  net: /^(node:.*|ipaddr\.js)$/,
  client: /^$/,
  vault: /^node:.*$/,
  broker: /^node:.*$/,
  server:
    /^(node:.*|altcha-lib\/v1|libsql|mmdb-lib|nodemailer\/lib\/smtp-connection|pino|postgres|prom-client)$/,
  web: /^uqr$/,
  cli: /^(node:.*|commander|chalk|clipboardy|ora|uqr)$/,
  'index.ts': /^$/,
  'limits.ts': /^$/,
  'testing.ts': /^$/,
};

/** Packages that take longer to load than the command to run: each has one file of it, loaded when it is used. */
const HEAVY: Readonly<Record<string, string>> = {
  chalk: 'cli/terminal/colors.ts',
  clipboardy: 'cli/terminal/clipboard/clipboardy-worker.ts',
  ora: 'cli/terminal/spinner.ts',
  uqr: 'cli/terminal/qr-code.ts',
};

/** What turns secrets into ciphertext and back: nothing the server has any business with. */
const SEALING = 'core/crypto';

/** What a folder of src shows at most, folders included, so that a newcomer takes it in at a glance. */
const MOST_ENTRIES = 14;

/** A shorter file is a function of its neighbor; entry points, and what only re-exports, are not. */
const FEWEST_LINES = 25;

/** Where something outside of src begins: a program, a worker, a package's door. */
const ENTRY_POINTS = [
  'index.ts',
  'limits.ts',
  'cli/sdk/intercept.ts',
  'cli/sdk/vault.ts',
  'web/create/create-page.ts',
  'web/reveal/reveal-page.ts',
  'web/ask/ask-page.ts',
  'web/request/request-page.ts',
  'web/parts/loading/argon2id-worker.ts',
  'web/parts/loading/puzzle-worker.ts',
  'cli/terminal/clipboard/clipboardy-worker.ts',
  'cli/commands/vault/agent-process.ts',
  'cli/commands/use/run/masking-process.ts',
  // Chunks of their own, loaded when they are used.
  'cli/terminal/colors.ts',
  'core/crypto/argon2id.ts',
];

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const imports = files.flatMap(importsOf);

function importsOf(file: string): Import[] {
  const text = readFileSync(join(src, file), 'utf8');
  const specifiers = text.matchAll(
    /^(?:import|export)\b[^'";]*?from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gms,
  );
  return [...specifiers].map(([, named, bare, dynamic]) => {
    const specifier = named ?? bare ?? dynamic ?? '';
    const local = specifier.startsWith('.');
    const target = relative(src, resolve(src, dirname(file), specifier)).replace(/\.js$/, '.ts');
    return { from: file, to: local ? target : specifier, local };
  });
}

const room = (file: string) => file.split('/')[0] ?? '';

/** The folder of a file below src; of a file directly in src, its own name. */
const folder = (file: string) => (dirname(file) === '.' ? file : dirname(file));

/** The rings in a graph, each written once as `a -> b -> a`. */
function ringsIn(graph: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const done = new Set<string>();
  const rings: string[] = [];
  const visit = (node: string, path: readonly string[]) => {
    if (path.includes(node)) rings.push([...path.slice(path.indexOf(node)), node].join(' -> '));
    else if (!done.has(node)) for (const next of graph.get(node) ?? []) visit(next, [...path, node]);
    done.add(node);
  };
  for (const node of graph.keys()) visit(node, []);
  return rings;
}

/** Who imports whom, each file standing for what `of` makes of it. What stands for the same thing is no import. */
function graphOf(of: (file: string) => string): Map<string, Set<string>> {
  const graph = new Map(files.map((file) => [of(file), new Set<string>()]));
  for (const { from, to, local } of imports) {
    if (local && of(from) !== of(to)) graph.get(of(from))?.add(of(to));
  }
  return graph;
}

function show({ from, to }: Import): string {
  return `${from} -> ${to}`;
}

describe('the house', () => {
  it('is seen by this test', () => {
    expect(files.length).toBeGreaterThan(40);
    expect(imports.map(show)).toContain('client/create/create.ts -> core/errors.ts');
    expect(imports.map(show)).toContain('cli/commands/get/command.ts -> cli/commands/get/get.ts');
    for (const { to, local } of imports) if (local) expect(files).toContain(to);
  });

  it('has rooms that import only what they may', () => {
    const wrong = imports.filter(({ from, to, local }) => {
      if (!local || room(from) === room(to)) return false;
      if (room(to) === 'server' && SERVER_COMMANDS.includes(folder(from))) return false;
      return !ROOMS[room(from)]?.includes(room(to));
    });
    expect(wrong.map(show)).toEqual([]);
  });

  it('keeps packages and Node modules in the rooms that own them', () => {
    const wrong = imports.filter(({ from, to, local }) => !local && !PACKAGES[room(from)]?.test(to));
    expect(wrong.map(show)).toEqual([]);
  });

  it('keeps each heavy package in one file, which nobody imports statically', () => {
    const importers = (target: string) =>
      imports.filter(({ from, to }) => to === target && ['cli', 'net'].includes(room(from)));
    for (const [name, file] of Object.entries(HEAVY)) {
      expect(importers(name).map(show)).toEqual([`${file} -> ${name}`]);
      for (const { from } of importers(file)) {
        const code = readFileSync(join(src, from), 'utf8');
        const statically = new RegExp(
          `^import (?!type\\b)[^;]*?from '[^']*/${basename(file, '.ts')}\\.js'`,
          'm',
        );
        expect(code).not.toMatch(statically);
      }
    }
  });

  it('has a server that can neither seal nor open', () => {
    expect(files.some((file) => folder(file) === SEALING)).toBe(true);
    const wrong = imports.filter(({ from, to }) => room(from) === 'server' && folder(to) === SEALING);
    expect(wrong.map(show)).toEqual([]);
  });

  it('has a server that throws no ApiError: that is what a client makes of an answer', () => {
    const users = files.filter((file) => {
      const code = readFileSync(join(src, file), 'utf8');
      return room(file) === 'server' && /\bApiError\b/.test(code);
    });
    expect(users).toEqual([]);
  });

  it('has no rings of files', () => {
    expect(ringsIn(graphOf((file) => file))).toEqual([]);
  });

  it('has no rings of folders', () => {
    expect(ringsIn(graphOf(folder))).toEqual([]);
  });

  it('finds the rings that there are', () => {
    const graph = new Map([
      ['a', new Set(['b'])],
      ['b', new Set(['c'])],
      ['c', new Set(['b'])],
    ]);
    expect(ringsIn(graph)).toEqual(['b -> c -> b']);
  });

  it('shows a newcomer no crowded folder', () => {
    const entries = new Map<string, Set<string>>();
    for (const path of readdirSync(src, { recursive: true, encoding: 'utf8' })) {
      const parent = dirname(path);
      entries.set(parent, (entries.get(parent) ?? new Set()).add(basename(path)));
    }
    const crowded = [...entries].filter(([, names]) => names.size > MOST_ENTRIES);
    expect(crowded.map(([parent, names]) => `${parent}: ${names.size}`)).toEqual([]);
  });

  it('has no file that is only a fragment', () => {
    const short = files.filter((file) => {
      const text = readFileSync(join(src, file), 'utf8');
      return text.split('\n').length - 1 < FEWEST_LINES && !ENTRY_POINTS.includes(file);
    });
    expect(short).toEqual([]);
  });

  it('touches process and console in the terminal only', () => {
    const users = files.filter((file) => {
      const code = readFileSync(join(src, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      return /\b(process|console)\./.test(code);
    });
    expect(users.sort()).toEqual([
      // Processes of their own.
      'cli/commands/use/run/masking-process.ts',
      'cli/commands/vault/agent-process.ts',
      'cli/terminal/terminal.ts',
      // The driver keeps Node's notice of an experimental SQLite off stderr, which carries the log.
      'server/store/sqlite/file/driver.ts',
    ]);
  });
});
