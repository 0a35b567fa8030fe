/** What a run loads: the usual ones load nothing that only a person at a terminal, or few people, have a use for. */

import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { connectProxy } from '../support/connect-proxy.js';
import { httpHost } from '../support/hosts.js';
import type { Session } from '../support/session.js';
import { sharedServer } from '../support/shared-server.js';

const server = sharedServer();

const dist = fileURLToPath(new URL('../../dist', import.meta.url));

/** The modules that each file of the command holds, as the build wrote them down. */
const MODULES = JSON.parse(readFileSync(join(dist, 'command-modules.json'), 'utf8')) as Readonly<
  Record<string, readonly string[]>
>;

/** Modules that are loaded when they are used. */
const LAZY = [
  'node_modules/@hpke/core/esm/src/cipherSuiteNative.js',
  'node_modules/clipboardy/index.js',
  'src/cli/commands/create/large.ts',
  'src/cli/commands/get/ask-code.ts',
  'src/cli/commands/get/files.ts',
  'src/cli/commands/keys/keys.ts',
  'src/cli/commands/serve/serve.ts',
  'src/cli/terminal/clipboard/clipboard.ts',
  'src/cli/terminal/colors.ts',
  'src/cli/terminal/qr-code.ts',
  'src/cli/terminal/spinner.ts',
  'src/cli/transfer/progress.ts',
  'src/cli/transfer/sources.ts',
  'src/client/create/gates.ts',
  'src/client/create/with-files.ts',
  'src/client/files/download.ts',
  'src/client/gates/code.ts',
  'src/client/gates/puzzle.ts',
  'src/core/crypto/files.ts',
  'src/core/crypto/hpke.ts',
  'src/net/system-certificates.ts',
  'src/net/tunnel.ts',
];

/** The files that usual runs load: the start, what creating, reading and status share, and the bundler's functions. */
const USUAL = Object.keys(MODULES).filter((file) => {
  const modules = MODULES[file] ?? [];
  return (
    modules.includes('src/cli/main.ts') ||
    modules.includes('src/cli/commands/create/create.ts') ||
    modules.every((module) => !/^(src|node_modules)\//.test(module))
  );
});

/** Node's own that cost something. */
const COSTLY = ['node:child_process', 'node:tty', 'node:tls', 'node:https', 'node:dns'];

function session(): Session {
  const one = server.session();
  writeFileSync(
    join(one.folder, 'hook.cjs'),
    `process.on('exit', () => {
      const builtins = process.moduleLoadList.filter((name) => name.startsWith('NativeModule '));
      const loaded = { files: Object.keys(require.cache), builtins, maxRSS: process.resourceUsage().maxRSS };
      require('node:fs').appendFileSync(${JSON.stringify(join(one.folder, 'loaded'))}, JSON.stringify(loaded) + '\\n');
    });`,
  );
  one.env.NODE_OPTIONS = `--require=${join(one.folder, 'hook.cjs')}`;
  return one;
}

interface Loaded {
  /** Those of the lazy modules. */
  readonly lazy: string[];
  /** Files of the command. */
  readonly files: string[];
  readonly builtins: string[];
  /** Most memory it had, in KB. */
  readonly maxRSS: number;
}

/** What the last zephr of a script loaded. */
async function loadedBy(script: string, one = session()): Promise<Loaded> {
  const { code, stderr } = await one.sh(script);
  expect(stderr).not.toContain('zephr: error');
  expect(code).toBe(0);
  return lastLoaded(one);
}

function lastLoaded({ folder }: Session): Loaded {
  const lines = readFileSync(join(folder, 'loaded'), 'utf8').trim().split('\n');
  const { files, builtins, maxRSS } = JSON.parse(lines.at(-1) ?? '') as Record<
    'files' | 'builtins',
    string[]
  > & {
    maxRSS: number;
  };
  const own = files.filter((file) => file.startsWith(join(dist, 'cli'))).map((file) => basename(file));
  const modules = own.flatMap((file) => MODULES[file] ?? []);
  return {
    lazy: LAZY.filter((module) => modules.includes(module)),
    files: own,
    builtins: builtins.map((name) => name.replace('NativeModule ', 'node:')),
    maxRSS,
  };
}

describe('what few runs have a use for', () => {
  it('is in the command, but in no file that usual runs load', () => {
    const files = (module: string) => Object.keys(MODULES).filter((file) => MODULES[file]?.includes(module));
    for (const module of LAZY) {
      expect(files(module), module).not.toEqual([]);
      expect(USUAL, module).not.toEqual(expect.arrayContaining(files(module)));
    }
    expect(USUAL).toContain('main.cjs');
  });

  it.each([
    ['zephr --version', 'zephr --version'],
    ['zephr --help', 'zephr --help'],
    ['a piped create, v2', 'echo x | zephr'],
    ['a piped create, v1', 'echo x | zephr --link v1'],
    ['a piped get', 'echo x | zephr | zephr get'],
    ['a piped get of a hint, a name, a message', 'echo x | zephr -H a --name b --message c | zephr get'],
    ['a get into a file', 'echo x | zephr | zephr get -o file'],
    ['a status', 'echo x | zephr | zephr status'],
  ])('is not loaded by %s', async (_, script) => {
    const { lazy, files, builtins } = await loadedBy(script);
    expect(lazy).toEqual([]);
    expect(USUAL).toEqual(expect.arrayContaining(files));
    expect(builtins).toContain('node:fs');
    expect(builtins.filter((name) => COSTLY.includes(name))).toEqual([]);
  });

  it.each([
    ['a QR code', 'echo x | zephr --qr', ['src/cli/terminal/qr-code.ts']],
    ['colors', 'echo x | FORCE_COLOR=1 zephr -e 24', ['src/cli/terminal/colors.ts']],
  ])('is loaded for %s', async (_, script, lazy) => {
    expect((await loadedBy(script)).lazy).toEqual(lazy);
  });

  it('is loaded for a proxy that is used, and not for one that is not', async () => {
    const { url } = await connectProxy();
    expect((await loadedBy(`echo x | HTTP_PROXY=${url} zephr`)).lazy).toEqual(['src/net/tunnel.ts']);
    expect((await loadedBy(`echo x | HTTP_PROXY=${url} NO_PROXY=127.0.0.1 zephr`)).lazy).toEqual([]);
    expect((await loadedBy(`echo x | HTTPS_PROXY=${url} zephr`)).lazy).toEqual([]);
  });
});

describe('zephr run', () => {
  it('takes one file beside that of every run', () => {
    const [file = ''] = Object.keys(MODULES).filter((name) =>
      MODULES[name]?.includes('src/cli/commands/use/run/run.ts'),
    );
    // What is loaded when it is used stands behind an arrow.
    const loaded = readFileSync(join(dist, 'cli', file), 'utf8').matchAll(/[=,;]require\("\.\/([^"]+)"\)/g);
    const others = [...loaded].map(([, name = '']) => MODULES[name] ?? []);
    expect(
      others.map((modules) => modules.find((one) => one.startsWith('src/cli/main')) ?? modules[0]),
    ).toEqual([expect.stringContaining('rolldown'), 'src/cli/main.ts']);
  });
});

describe('memory', () => {
  /** In KB. Node itself takes some 45 MB. */
  const LIMIT = 150_000;

  it.each([
    ['a source that never ends', 'yes | zephr --link v1', 4],
    ['one that has no line end', 'cat /dev/zero | zephr get', 2],
    [
      'a key file that never ends',
      `zephr get http://127.0.0.1:1/secret/${'A'.repeat(22)} --key-file /dev/zero`,
      2,
    ],
  ])('is bounded for %s', async (_, script, expected) => {
    const one = session();
    expect((await one.sh(script)).code).toBe(expected);
    expect(lastLoaded(one).maxRSS).toBeLessThan(LIMIT);
  });

  it('is bounded for an answer that never ends', async () => {
    const one = session();
    const endless = await httpHost((_, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      const chunk = Buffer.alloc(65_536, ' ');
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    });
    const { code, stderr } = await one.sh(
      `zephr get '${endless}/secret/${'A'.repeat(22)}#v2.${'A'.repeat(43)}'`,
    );
    expect(stderr).toContain('too long');
    expect(code).toBe(8);
    expect(lastLoaded(one).maxRSS).toBeLessThan(LIMIT);
  });
});
