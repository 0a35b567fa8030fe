/** Ctrl-C and its relatives, on real processes: nothing half done, nothing lost, the terminal as it was. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tcpHost } from '../support/hosts.js';
import { type Session, ZEPHR } from '../support/session.js';
import { sharedServer } from '../support/shared-server.js';
import { HAS_SCRIPT, type } from '../support/typing.js';

const CORE_PATTERN = '/proc/sys/kernel/core_pattern';

const server = sharedServer();
const { session } = server;

interface Running {
  readonly child: ChildProcess;
  /** Everything it wrote, and how it ended. */
  end(): Promise<{ code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }>;
}

/** Starts zephr without a shell, so that its own end can be told from a shell's word for it. */
function start({ folder, env }: Session, args: string[], stdin: string | 'open'): Running {
  const child = spawn(process.execPath, [ZEPHR, ...args], { cwd: folder, env });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  if (stdin !== 'open') child.stdin.end(stdin);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = once(child, 'close');
  return {
    child,
    async end() {
      const [code, signal] = (await ended) as [number | null, NodeJS.Signals | null];
      return { code, signal, stdout, stderr };
    },
  };
}

/** A host that takes requests and never answers. */
async function silentHost(): Promise<{ url: string; asked: Promise<void> }> {
  let wasAsked: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    wasAsked = resolve;
  });
  const url = await tcpHost((socket) => socket.on('data', () => wasAsked()));
  return { url, asked };
}

const LINK = `secret/${'A'.repeat(22)}#v2.${'A'.repeat(43)}`;

describe('while it waits for the server', () => {
  it('Ctrl-C ends zephr with 130, and no link is printed', async () => {
    const { url, asked } = await silentHost();
    const { child, end } = start(session({ ZEPHR_SERVER: url }), [], 'hunter2');
    await asked;
    child.kill('SIGINT');
    expect(await end()).toEqual({ code: 130, signal: null, stdout: '', stderr: '' });
  });

  it.each([['status'], ['revoke']])('Ctrl-C ends zephr %s with 130', async (command) => {
    const { url, asked } = await silentHost();
    const { child, end } = start(session(), [command], `${url}/${LINK}`);
    await asked;
    child.kill('SIGINT');
    expect(await end()).toEqual({ code: 130, signal: null, stdout: '', stderr: '' });
  });

  it.each<NodeJS.Signals>(['SIGTERM', 'SIGHUP', 'SIGQUIT'])(
    '%s ends it as that signal, for whoever waits for it',
    async (signal) => {
      const { url, asked } = await silentHost();
      const { child, end } = start(session({ ZEPHR_SERVER: url }), [], 'hunter2');
      await asked;
      child.kill(signal);
      expect(await end()).toEqual({ code: null, signal, stdout: '', stderr: '' });
    },
  );

  it.each<NodeJS.Signals>(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'])(
    '%s leaves no part of an output file',
    async (interrupt) => {
      const { url, asked } = await silentHost();
      const one = session();
      const { child, end } = start(one, ['get', '-o', 'file'], `${url}/${LINK}`);
      await asked;
      expect(readdirSync(one.folder)).toContainEqual(expect.stringMatching(/^\.zephr-.*\.part$/));
      child.kill(interrupt);
      expect(await end()).toMatchObject({ stdout: '' });
      expect(readdirSync(one.folder).filter((name) => name !== '.local')).toEqual([]);
    },
  );

  it('Ctrl-C in a get whose secret was on its way leaves it to the next get', async () => {
    const one = session();
    await one.sh('echo hunter2 | zephr -q > link');
    let answered: () => void = () => undefined;
    const taken = new Promise<void>((resolve) => {
      answered = resolve;
    });
    const { hostname, port } = new URL(server.url);
    let silent = true;
    const slow = await tcpHost((near) => {
      const far = connect(Number(port), hostname);
      near.pipe(far);
      far.on('data', (chunk: Buffer) => (silent ? answered() : near.write(chunk)));
      far.on('error', () => near.destroy());
      near.on('close', () => far.destroy());
    });
    await one.sh(`sed 's|${server.url}|${slow}|' link > through`);
    const { child, end } = start(one, ['get', '-q'], readFileSync(join(one.folder, 'through'), 'utf8'));
    await taken;
    child.kill('SIGINT');
    expect(await end()).toMatchObject({
      code: 130,
      stdout: '',
      stderr: expect.stringMatching(
        /^zephr: hint: the same command reads it again within \d\d seconds, should the server have given it out\n$/,
      ),
    });
    silent = false;
    expect(await one.sh('zephr get < through')).toMatchObject({ code: 0, stdout: 'hunter2\n' });
  });
});

const corePattern = existsSync(CORE_PATTERN) ? readFileSync(CORE_PATTERN, 'utf8').trim() : '';

// A pattern with a path or a pipe leads out of the test's folder.
describe.skipIf(!/^core[^/|]*$/.test(corePattern))(`a core dump (needs "core" in ${CORE_PATTERN})`, () => {
  it.each(['QUIT', 'ABRT', 'SEGV'])('of SIG%s holds neither secret nor key', async (signal) => {
    const one = session();
    // The command waits with the secret in its memory, until its output is taken.
    writeFileSync(join(one.folder, 'in'), 'hunter2-'.repeat(40_000));
    await one.sh('zephr -q < in > link; mkfifo pipe');
    const { stderr, stdout } = await one.sh(`
      ulimit -c unlimited
      sleep 60 < pipe & s=$!
      zephr get < link > pipe & z=$!
      until zephr status < link | grep -q ^read; do sleep 0.1; done; sleep 0.5
      kill -${signal} $z; wait $z; echo $?; sleep 0.2; kill -${signal} $z; kill $s; ls core* | wc -l`);
    expect(stdout, stderr).toMatch(/^1\d\d\n1\n$/);
    const core = readFileSync(
      join(one.folder, readdirSync(one.folder).find((name) => name.startsWith('core')) ?? ''),
    );
    const [, key = ''] = /#v2\.(.{43})/.exec(readFileSync(join(one.folder, 'link'), 'utf8')) ?? [];
    expect(core.length).toBeGreaterThan(1000);
    expect(core.includes('hunter2-hunter2-')).toBe(false);
    expect(core.includes(key)).toBe(false);
  });
});

describe('while it waits in a place that cannot be called off', () => {
  // Node cannot end by itself with a thread that blocks, so the signal does it: a shell shows the same 130.
  it('Ctrl-C ends the wait for stdin', async () => {
    const { child, end } = start(session(), [], 'open');
    // More than a pipe holds: when it is through, zephr is reading.
    await new Promise((resolve) => child.stdin?.write(Buffer.alloc(500_000, 'x'), resolve));
    child.kill('SIGINT');
    const { code, signal, stdout, stderr } = await end();
    expect(code ?? signal).toSatisfy((end) => end === 'SIGINT' || end === 130);
    expect(stdout + stderr).toBe('');
  });

  it('Ctrl-C ends the wait for the reader of a pipe, and the secret still waits', async () => {
    const one = session();
    await one.sh('echo hunter2 | zephr -q > link; mkfifo pipe');
    // Says when zephr opens the pipe, from where it comes back only with a reader.
    writeFileSync(
      join(one.folder, 'hook.cjs'),
      `const fs = require('node:fs');
      const { open } = fs.promises;
      fs.promises.open = (path, ...rest) => {
        const opened = open(path, ...rest);
        if (String(path).endsWith('pipe')) fs.writeFileSync('opening', '');
        return opened;
      };`,
    );
    const { stdout } = await one.sh(
      `NODE_OPTIONS=--require=./hook.cjs zephr get -o pipe < link & z=$!
      until [ -e opening ]; do sleep 0.02; done; kill -INT $z; wait $z; echo $?; zephr status < link`,
    );
    expect(stdout).toMatch(/^130\nwaiting/);
  });

  /** Interrupts `$z`, and gives its exit code. Its first byte has come, and the others are more than a pipe holds. */
  const INTERRUPT = 'kill -INT $z; wait $z; echo $? > code';

  it.each([
    [
      'a pipe',
      `zephr get -o pipe < link & z=$!; exec 3< pipe; head -c 1 <&3 > first; ${INTERRUPT}; cat code`,
    ],
    [
      'stdout',
      `mkfifo began over
      { zephr get < link & z=$!; read began < began; ${INTERRUPT}; echo > over; } |
        { head -c 1 > first; echo > began; read over < over; }
      cat code`,
    ],
  ])('Ctrl-C ends the wait for %s to take more, and the secret is still the reader’s', async (_, command) => {
    const one = session();
    writeFileSync(join(one.folder, 'in'), Buffer.alloc(300_000, 'x'));
    await one.sh('zephr -q < in > link; mkfifo pipe');
    const { stdout, stderr } = await one.sh(command);
    expect(stdout).toBe('130\n');
    expect(stderr).toMatch(/zephr: hint: the same command reads it again within \d\d seconds/);
    expect((await one.sh('zephr get < link | cmp - in')).code).toBe(0);
  });
});

describe.skipIf(!HAS_SCRIPT)('on a terminal', () => {
  it('Ctrl-C while the spinner spins gives the cursor and the line back', async () => {
    const { url } = await silentHost();
    const { screen } = await type(
      session({ ZEPHR_SERVER: url }),
      `sh -c 'trap : INT; echo hunter2 | zephr; echo "exit $?"; stty -a'`,
      [['waiting for', '\x03']],
    );
    expect(screen).toContain('exit 130');
    expect(screen).toContain('\x1b[?25l');
    expect(screen.lastIndexOf('\x1b[?25h')).toBeGreaterThan(screen.lastIndexOf('\x1b[?25l'));
    expect(screen.slice(screen.lastIndexOf('waiting for'))).toContain('\x1b[1G\x1b[0K\x1b[?25h');
    expect(screen).toMatch(/ icanon\b/);
    expect(screen).toMatch(/ echo\b/);
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGQUIT', 131],
    ['SIGINT', 130],
  ] as const)('%s at a prompt gives the terminal back', async (signal, code) => {
    const kill = (screen: string) => process.kill(Number(/pid (\d+)/.exec(screen)?.[1]), signal);
    const { screen } = await type(
      session(),
      `sh -c 'sh -c "echo pid \\$\\$; exec zephr"; echo "exit $?"; stty -a'`,
      [['Secret (hidden):', kill]],
    );
    expect(screen).toContain(`exit ${code}`);
    expect(screen).toMatch(/ icanon\b/);
    expect(screen).toMatch(/ echo\b/);
    expect(screen.lastIndexOf('\x1b[?2004l')).toBeGreaterThan(screen.lastIndexOf('\x1b[?2004h'));
  });
});
