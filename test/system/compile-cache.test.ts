/**
 * Where the compiled code of the command is kept: what is read from there is run, so in no folder that another user can
 * change. Node's own function is replaced, so that this runs on a Node that has none, and says which folder it was given.
 */

import { chmodSync, chownSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { openSession, type Session } from '../support/session.js';

let session: Session;
let home: string;

beforeEach(() => {
  session = openSession();
  home = join(session.folder, 'home');
  mkdirSync(join(home, '.cache'), { recursive: true, mode: 0o700 });
  writeFileSync(
    join(session.folder, 'fake.cjs'),
    `require('node:module').enableCompileCache = (folder) => process.stderr.write('cache ' + folder + '\\n');`,
  );
});

/** The folder that the cache was given, or nothing. */
async function cacheOf(env: Record<string, string> = {}): Promise<string> {
  const NODE_OPTIONS = `--require ${join(session.folder, 'fake.cjs')}`;
  const { stdout, stderr, code } = await session.sh('zephr --version', {
    env: { HOME: home, XDG_CACHE_HOME: '', NODE_OPTIONS, ...env },
  });
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(code).toBe(0);
  return stderr;
}

describe('compiled code is kept', () => {
  it("in the user's cache folder, in one of its own", async () => {
    const folder = join(home, '.cache', 'zephr');
    expect(await cacheOf()).toBe(`cache ${folder}\n`);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(await cacheOf()).toBe(`cache ${folder}\n`);
  });

  it('where XDG_CACHE_HOME says', async () => {
    const caches = join(session.folder, 'caches');
    mkdirSync(caches);
    expect(await cacheOf({ XDG_CACHE_HOME: caches })).toBe(`cache ${join(caches, 'zephr')}\n`);
  });
});

/** By what is wrong with the folder. */
const UNSAFE: Readonly<Record<string, (folder: string) => Record<string, string>>> = {
  'is writable by others': (folder) => {
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    return {};
  },
  'is writable by a group': (folder) => {
    mkdirSync(folder);
    chmodSync(folder, 0o770);
    return {};
  },
  'is writable by others, if sticky': (folder) => {
    mkdirSync(folder);
    chmodSync(folder, 0o1777);
    return {};
  },
  'is in a folder that others can write to': (folder) => {
    chmodSync(dirname(folder), 0o777);
    return {};
  },
  'is far below a folder that others can write to': () => {
    chmodSync(home, 0o777);
    return {};
  },
  'is a symbolic link': (folder) => {
    mkdirSync(join(home, 'elsewhere'));
    symlinkSync(join(home, 'elsewhere'), folder);
    return {};
  },
  'is a file': (folder) => {
    writeFileSync(folder, '');
    return {};
  },
  'has a relative path': () => ({ XDG_CACHE_HOME: 'caches' }),
  'is nowhere': () => ({ HOME: '' }),
};

describe('compiled code is not kept where the folder', () => {
  it.each(Object.entries(UNSAFE))('%s', async (_, spoil) => {
    expect(await cacheOf(spoil(join(home, '.cache', 'zephr')))).toBe('');
  });

  it('would have to be made among the files of a user without one', async () => {
    mkdirSync(join(session.folder, 'bare'));
    expect(await cacheOf({ HOME: join(session.folder, 'bare') })).toBe('');
    expect(existsSync(join(session.folder, 'bare', '.cache'))).toBe(false);
  });

  it.skipIf(process.getuid?.() !== 0)('belongs to another user (needs root to try)', async () => {
    const folder = join(home, '.cache', 'zephr');
    mkdirSync(folder, { mode: 0o755 });
    chownSync(folder, 54_321, 54_321);
    expect(await cacheOf()).toBe('');
    chownSync(folder, 0, 0);
    chownSync(dirname(folder), 54_321, 54_321);
    expect(await cacheOf()).toBe('');
  });
});
