/** The walls of the house (DESIGN.md): who may import whom, and that nobody goes in circles. */

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
  client: ['core'],
  server: ['core'],
  web: ['client', 'core'],
  cli: ['client', 'core'],
  'index.ts': ['client', 'core'],
  'limits.ts': ['core'],
  // Inside it is a server, in memory.
  'testing.ts': ['client', 'server'],
};

/** Packages and Node modules, by room. */
const PACKAGES: Readonly<Record<string, RegExp>> = {
  core: /^hash-wasm$/,
  client: /^$/,
  server: /^(node:.*|hono(\/.*)?|@hono\/node-server|libsql|pino|postgres|prom-client)$/,
  web: /^uqr$/,
  cli: /^(node:.*|commander|chalk|clipboardy|ora|undici|uqr)$/,
  'index.ts': /^$/,
  'limits.ts': /^$/,
  'testing.ts': /^$/,
};

/** Packages that take longer to load than the command to run: each has one file of it, loaded when it is used. */
const HEAVY: Readonly<Record<string, string>> = {
  chalk: 'cli/paint.ts',
  clipboardy: 'cli/clipboard.ts',
  ora: 'cli/spinner.ts',
  undici: 'cli/proxy-fetch.ts',
  uqr: 'cli/qr-code.ts',
};

/** What turns secrets into ciphertext and back: nothing the server has any business with. */
const SEALING =
  /^core\/(aes-gcm|argon2id|blob|chunk-cipher|frame|in-order|key-schedule|meta|padme|pieces|refusal|seal-v1|seal-v2)\.ts$/;

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

function show({ from, to }: Import): string {
  return `${from} -> ${to}`;
}

describe('the house', () => {
  it('is seen by this test', () => {
    expect(files.length).toBeGreaterThan(40);
    expect(imports.map(show)).toContain('client/create.ts -> core/errors.ts');
    expect(imports.map(show)).toContain('cli/program.ts -> cli/commands/get.ts');
    for (const { to, local } of imports) if (local) expect(files).toContain(to);
  });

  it('has rooms that import only what they may', () => {
    const wrong = imports.filter(({ from, to, local }) => {
      if (!local || room(from) === room(to)) return false;
      if (room(to) === 'server' && /^cli\/commands\/(serve|keys)\.ts$/.test(from)) return false;
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
      imports.filter(({ from, to }) => to === target && room(from) === 'cli');
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
    expect(files.some((file) => SEALING.test(file))).toBe(true);
    expect(imports.filter(({ from, to }) => room(from) === 'server' && SEALING.test(to)).map(show)).toEqual(
      [],
    );
  });

  it('has no circles', () => {
    const targets = new Map(
      files.map((file) => [
        file,
        imports.filter((one) => one.from === file && one.local).map((one) => one.to),
      ]),
    );
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (file: string, path: readonly string[]) => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
      else if (!done.has(file)) for (const target of targets.get(file) ?? []) visit(target, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(circles).toEqual([]);
  });

  it('touches process and console in the terminal only', () => {
    const users = files.filter((file) => {
      const code = readFileSync(join(src, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      return /\b(process|console)\./.test(code);
    });
    // The driver keeps Node's notice of an experimental SQLite off stderr, which carries the log.
    expect(users.sort()).toEqual(['cli/terminal.ts', 'server/store/sqlite-driver.ts']);
  });
});
