/** `--copy`, with clipboard tools that keep what they are given in a file. */

import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { childEnvironment } from '../../src/cli/terminal/clipboard/child-environment.js';
import type { Session } from '../support/session.js';
import { sharedServer } from '../support/shared-server.js';
import { HAS_SCRIPT, type } from '../support/typing.js';

const server = sharedServer();

/** Keeps its stdin in `clipboard` when it is given something, and its arguments in `called`. */
const WORKS = `#!/bin/sh
echo "$(basename "$0") $*" >> "$HOME/called"
case "$*" in *out*) exit 0 ;; esac
exec cat > "$HOME/clipboard"
`;

const NO_DISPLAY = `#!/bin/sh
echo "xsel: Can't open display: (null)" >&2
exit 1
`;

const FAILS_TO_WRITE = `#!/bin/sh
case "$*" in *out*) exit 0 ;; esac
cat > /dev/null
exit 1
`;

/** Keeps its environment in `environment`. */
const TELLS = `#!/bin/sh
env > "$HOME/environment"
exec cat > "$HOME/clipboard"
`;

/** A session whose PATH has these tools and no others for the clipboard, nor the system's own. */
function session(tools: Record<string, string>, env: NodeJS.ProcessEnv = {}): Session {
  const one = server.session(env);
  const tool = join(one.folder, 'tools');
  mkdirSync(tool);
  for (const [name, script] of Object.entries(tools)) {
    writeFileSync(join(tool, name), script);
    chmodSync(join(tool, name), 0o755);
  }
  const [zephr = ''] = one.env.PATH?.split(delimiter) ?? [];
  const system = join(one.folder, 'system');
  mkdirSync(system);
  symlinkSync(process.execPath, join(system, 'node'));
  for (const name of ['basename', 'cat', 'cut', 'env', 'head', 'script', 'sh', 'tail', 'tr']) {
    const found = ['/usr/bin', '/bin'].map((folder) => join(folder, name)).find((path) => existsSync(path));
    if (found !== undefined) symlinkSync(found, join(system, name));
  }
  one.env.PATH = [zephr, tool, system].join(delimiter);
  return one;
}

const clipboard = ({ folder }: Session) => readFileSync(join(folder, 'clipboard'), 'utf8');
const environment = ({ folder }: Session) => readFileSync(join(folder, 'environment'), 'utf8');
const called = ({ folder }: Session) => readFileSync(join(folder, 'called'), 'utf8');

describe.each([
  ['xsel', {}],
  ['xclip', {}],
  ['wl-copy', { WAYLAND_DISPLAY: 'wayland-0' }],
  ['wl-copy', {}],
  ['wl-copy', { WAYLAND_DISPLAY: '' }],
])('with %s and %o', (tool, env) => {
  it('zephr --copy prints the link and copies it', async () => {
    const one = session({ [tool]: WORKS }, env);
    const { stdout, stderr, code } = await one.sh('echo hunter2 | zephr --copy');
    expect(clipboard(one)).toBe(stdout.trim());
    expect(stdout).toMatch(/#v2\.[\w-]{43}\n$/);
    expect(stderr).toContain('the link is on the clipboard\n');
    expect(code).toBe(0);
    expect(called(one)).not.toContain('v2.');
  });

  it('zephr get --copy copies the exact text, and prints nothing', async () => {
    const one = session({ [tool]: WORKS }, env);
    const { stdout, stderr, code } = await one.sh(
      `printf ' p\\303\\244ss\\nword\\n' | zephr -q | zephr get -c`,
    );
    expect(clipboard(one)).toBe(' päss\nword\n');
    expect(stdout).toBe('');
    expect(stderr).toBe('the secret is on the clipboard\n');
    expect(code).toBe(0);
    expect(called(one)).not.toContain('word');
  });
});

describe('zephr --copy', () => {
  it('copies only the URL of a split pair', async () => {
    const one = session({ xsel: WORKS });
    const { stdout, stderr } = await one.sh('echo hunter2 | zephr --split -c');
    expect(clipboard(one)).toBe(stdout.split('\n')[0]);
    expect(clipboard(one)).not.toContain('v2.');
    expect(stderr).toContain('the URL is on the clipboard\n');
  });

  it.each([
    ['there is no tool', {}, 'no program', 'install xsel or xclip, or wl-clipboard on Wayland'],
    ['there is no display', { xsel: NO_DISPLAY }, 'no display', 'leave out --copy'],
    ['the tool fails', { xsel: FAILS_TO_WRITE }, 'did not take it', 'a desktop session'],
  ])('keeps the link on stdout when %s, and warns', async (_, tools, words, hint) => {
    const { stdout, stderr, code } = await session(tools).sh('echo hunter2 | zephr -c');
    expect(stdout).toMatch(/#v2\.[\w-]{43}\n$/);
    expect(stderr).toContain('zephr: warning: not copied: ');
    expect(stderr).toContain(words);
    expect(stderr).toContain(hint);
    expect(stderr).not.toContain('/secret/');
    expect(code).toBe(0);
  });

  it('says which tool Wayland needs', async () => {
    const { stderr } = await session({}, { WAYLAND_DISPLAY: 'wayland-0' }).sh('echo x | zephr -c');
    expect(stderr).toContain('zephr: hint: install wl-clipboard\n');
  });
});

describe('zephr get --copy', () => {
  it.each([
    ['no tool', {}, 'no program'],
    ['no display', { xsel: NO_DISPLAY }, 'no display'],
  ])('finds out that there is %s before it reads', async (_, tools, words) => {
    const one = session(tools);
    await one.sh('echo hunter2 | zephr -q > link');
    const { stderr, code } = await one.sh('zephr get -c < link');
    expect(stderr).toContain('zephr: error: ');
    expect(stderr).toContain(words);
    expect(stderr).toContain('zephr: hint: ');
    expect(code).toBe(2);
    expect((await one.sh('zephr status < link')).stdout).toMatch(/^waiting/);
  });

  it('leaves a secret that the clipboard did not take to be read again', async () => {
    const one = session({ xsel: FAILS_TO_WRITE });
    await one.sh('echo hunter2 | zephr -q > link');
    const { stderr, code } = await one.sh('zephr get -c < link');
    expect(stderr).toContain('the clipboard did not take it');
    expect(stderr).toMatch(/it can be read again within \d+ seconds\n$/);
    expect(stderr).not.toContain('hunter2');
    expect(code).toBe(10);
    expect(await one.sh('zephr get < link')).toMatchObject({ code: 0, stdout: 'hunter2\n' });
  });

  it('refuses a binary secret, which is still there for a file', async () => {
    const one = session({ xsel: WORKS });
    await one.sh(`printf 'a\\377\\000' | zephr -q > link`);
    const { stderr, code } = await one.sh('zephr get -c < link');
    expect(stderr).toContain('the secret is binary and a clipboard holds text');
    expect(stderr).toContain('use --output <file>');
    expect(code).toBe(4);
    expect(existsSync(join(one.folder, 'clipboard'))).toBe(false);
    expect((await one.sh('zephr get < link')).bytes).toEqual(Buffer.from([0x61, 0xff, 0x00]));
  });

  it('goes with no --output', async () => {
    const one = session({ xsel: WORKS });
    await one.sh('echo hunter2 | zephr -q > link');
    const { stderr, code } = await one.sh('zephr get -c -o file < link');
    expect(stderr).toContain('give one of --copy and --output');
    expect(code).toBe(2);
    expect((await one.sh('zephr status < link')).stdout).toMatch(/^waiting/);
  });

  it('says what the sender said in one JSON object, without the secret', async () => {
    const one = session({ xsel: WORKS });
    const { stdout } = await one.sh('echo hunter2 | zephr -q -H label | zephr get -c --json');
    expect(JSON.parse(stdout)).toEqual({ copied: true, hint: 'label', purgeAt: expect.any(String) });
    expect(clipboard(one)).toBe('hunter2\n');
  });
});

describe('a clipboard tool', () => {
  it.each([
    ['xsel', {}],
    ['xclip', {}],
    ['wl-copy', { WAYLAND_DISPLAY: 'wayland-0' }],
    ['wl-copy', {}],
  ])('%s with %o is told where the desktop is, and no secret', async (tool, env) => {
    const secrets = {
      ZEPHR_API_KEY: 'hunter1',
      ZEPHR_CALLBACK_SECRET: 'hunter2',
      ZEPHR_SERVE_STORE: 'postgres://me:hunter3@host/db',
      PGPASSWORD: 'hunter4',
      HTTPS_PROXY: 'http://me:hunter5@proxy:1',
      MY_TOKEN: 'hunter6',
    };
    const desktop = { DISPLAY: ':7', XAUTHORITY: '/x', XDG_RUNTIME_DIR: '/run', LC_CTYPE: 'C.UTF-8', ...env };
    const one = session({ [tool]: TELLS }, { ...desktop, ...secrets });
    await one.sh('echo word | ZEPHR_API_KEY= zephr -q > link');
    const { stderr, code } = await one.sh('zephr get -c < link');
    expect(stderr).toBe('the secret is on the clipboard\n');
    expect(code).toBe(0);
    const told = environment(one);
    expect(told).not.toContain('hunter');
    expect(told).not.toMatch(/^(ZEPHR|NODE|PG)/m);
    for (const [name, value] of Object.entries(desktop)) expect(told).toContain(`${name}=${value}\n`);
  });
});

/** The thread with clipboardy, and all else that is published of the command. */
const COMMAND = fileURLToPath(new URL('../../dist/cli', import.meta.url));

describe('the thread with clipboardy', () => {
  /** Copies a text in a thread that takes this system for another one. */
  async function copyOn(platform: NodeJS.Platform, text: string, env: NodeJS.ProcessEnv): Promise<void> {
    const one = session({ pbcopy: TELLS, 'termux-clipboard-set': TELLS }, env);
    const hook = join(one.folder, 'hook.cjs');
    writeFileSync(hook, `Object.defineProperty(process, 'platform', { value: '${platform}' });`);
    const thread = new Worker(join(COMMAND, 'clipboard-thread.cjs'), {
      workerData: text,
      env: childEnvironment(one.env),
      execArgv: ['--require', hook],
    });
    await once(thread, 'exit');
    expect(clipboard(one)).toBe(text);
    expect(environment(one)).not.toMatch(/hunter|^(ZEPHR|NODE)/m);
  }

  it.each([
    ['darwin', {}],
    ['android', { TERMUX_VERSION: '1' }],
  ] as const)('copies on %s too, with a clean environment', async (platform, env) => {
    await copyOn(platform, ' päss\nword\n', { ...env, ZEPHR_API_KEY: 'hunter1', MY_TOKEN: 'hunter2' });
  });

  it('runs no program that clipboardy brings', () => {
    const files = readdirSync(COMMAND).map((file) => readFileSync(join(COMMAND, file), 'utf8'));
    expect(files.some((text) => text.includes('termux-clipboard-set'))).toBe(true);
    expect(files.filter((text) => /fallbacks\/|clipboard_x86_64/.test(text))).toEqual([]);
  });
});

describe.skipIf(!HAS_SCRIPT)('the terminal’s clipboard (needs script of util-linux)', () => {
  /** What a terminal finds in the sequences that it was sent. */
  const sent = (screen: string) =>
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are made of them
    [...screen.matchAll(/\x1b\]52;c;([A-Za-z0-9+/=]*)\x07/g)].map(([, text = '']) =>
      Buffer.from(text, 'base64').toString(),
    );

  it.each([
    ['over ssh', { xsel: WORKS }, { SSH_CONNECTION: '1 2 3 4' }],
    ['where there is no tool', {}, {}],
    ['where there is no display', { xsel: NO_DISPLAY }, {}],
  ])('gets the link %s', async (_, tools, env) => {
    const one = session(tools, env);
    const { screen } = await type(one, 'echo hunter2 > s; zephr -c < s > link', []);
    expect(sent(screen)).toEqual([readFileSync(join(one.folder, 'link'), 'utf8').trim()]);
    expect(screen).toContain('the link went to the terminal, for its clipboard');
    expect(existsSync(join(one.folder, 'clipboard'))).toBe(false);
  });

  it('gets the secret, which is not acknowledged: the terminal does not say that it came', async () => {
    const one = session({}, { SSH_TTY: '/dev/pts/1' });
    await one.sh("printf 'pässword' | zephr -q > link");
    const { screen, code } = await type(one, 'zephr get -c < link', []);
    expect(sent(screen)).toEqual(['pässword']);
    expect(screen).toMatch(/if it did not arrive: the same command reads it again within \d+ seconds/);
    expect(code).toBe(0);
    expect(await one.sh('zephr get < link')).toMatchObject({ code: 0, stdout: 'pässword' });
  });

  it('is reached through tmux, however that is set', async () => {
    const one = session({}, { TMUX: '/tmp/tmux,1,0' });
    await one.sh('echo hunter2 | zephr -q > link');
    const { screen } = await type(one, 'zephr get -c < link', []);
    expect(sent(screen)).toEqual(['hunter2\n', 'hunter2\n']);
    expect(screen).toContain('\x1bPtmux;\x1b\x1b]52;c;');
  });

  it.each([
    ['a display came along', { SSH_CONNECTION: '1 2 3 4', DISPLAY: 'localhost:10.0' }],
    ['the terminal is dumb', { SSH_CONNECTION: '1 2 3 4', TERM: 'dumb' }],
  ])('is not used where %s', async (_, env) => {
    const one = session({ xsel: WORKS }, env);
    const { screen } = await type(one, 'echo hunter2 > s; zephr -c < s', []);
    expect(sent(screen)).toEqual([]);
    expect(screen).toContain('the link is on the clipboard');
  });

  it('takes no more than terminals do: the secret stays to be read', async () => {
    const one = session({}, { SSH_CONNECTION: '1 2 3 4' });
    await one.sh("head -c 74995 /dev/zero | tr '\\0' x | zephr -q > link");
    const { screen, code } = await type(one, 'zephr get -c < link', []);
    expect(sent(screen)).toEqual([]);
    expect(screen).toContain('the text is too long for the clipboard of a terminal');
    expect(code).toBe(10);
  });
});
