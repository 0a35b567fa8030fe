/** A command under `zephr run` is as it is without it: a table of what a program can see and do, run both ways. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ZEPHR } from '../support/session.js';
import { HAS_SCRIPT, type } from '../support/typing.js';
import { type VaultSession, vaultSession } from '../support/vault.js';

const SECRETS = { A: 'correct horse battery' };
const hasProc = existsSync('/proc/self/stat');
const onLinux = hasProc ? '' : ' (skipped: there is no /proc)';

/** How a program ended, and what it printed. */
interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Both ways to start a command. */
const WAYS: readonly (readonly string[])[] = [[], [process.execPath, ZEPHR, 'run', '-q', '--']];

function outcome(
  way: readonly string[],
  command: readonly string[],
  { env, folder }: VaultSession,
  act: (pid: number) => void = () => undefined,
): Promise<Outcome> {
  const [program = '', ...args] = [...way, ...command];
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString('latin1');
      if (stdout === 'ready\n') act(child.pid ?? 0);
    });
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('latin1')));
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** What a command does both ways. */
async function both(command: readonly string[], session: VaultSession, act?: (pid: number) => void) {
  const [bare, run] = await Promise.all(WAYS.map((way) => outcome(way, command, session, act)));
  return { bare, run };
}

describe('the end', () => {
  it('is any of 256 exit codes', async () => {
    const session = await vaultSession(SECRETS);
    const wrong: number[] = [];
    // Four at once: a run takes a tenth of a second, and there are 256.
    const next = Array.from({ length: 256 }, (_, code) => code);
    const worker = async () => {
      for (let code = next.pop(); code !== undefined; code = next.pop()) {
        const { code: ended, stdout } = await outcome(
          WAYS[1] ?? [],
          ['sh', '-c', `echo x; exit ${code}`],
          session,
        );
        if (ended !== code || stdout !== 'x\n') wrong.push(code);
      }
    };
    await Promise.all(Array.from({ length: 4 }, worker));
    expect(wrong).toEqual([]);
  }, 240_000);

  const fatal = Object.keys(constants.signals).filter(
    (name) => !/^SIG(CHLD|CONT|STOP|TSTP|TTIN|TTOU|URG|WINCH|IOT|POLL|CLD|UNUSED|STKFLT)$/.test(name),
  ) as NodeJS.Signals[];

  it.each(fatal)('is %s when that ends the command', async (signal) => {
    const session = await vaultSession(SECRETS);
    const { bare, run } = await both(['sh', '-c', `kill -${signal.slice(3)} $$`], session);
    expect(run).toEqual(bare);
    expect(run?.signal).toBe(signal);
  });
});

describe('signals', () => {
  const passed = Object.keys(constants.signals).filter(
    (name) =>
      // What no process can handle, faults that zephr does not handle, and what a shell cannot trap or names twice.
      !/^SIG(KILL|STOP|SEGV|BUS|FPE|ILL|PROF|CHLD|IOT|POLL|CLD|UNUSED|TSTP|TTIN|TTOU|PIPE|STKFLT)$/.test(
        name,
      ),
  ) as NodeJS.Signals[];

  it.each(passed)('%s reaches the command', async (signal) => {
    const session = await vaultSession(SECRETS);
    const trap = `trap 'echo got; exit 9' ${signal.slice(3)}; echo ready; while :; do sleep 0.05; done`;
    const { bare, run } = await both(['sh', '-c', trap], session, (pid) => process.kill(pid, signal));
    // Without a terminal all of its group gets the signal, and a shell says what has become of its sleep.
    expect({ ...run, stderr: '' }).toEqual(bare);
    expect(run).toMatchObject({ code: 9, stdout: 'ready\ngot\n' });
  });

  it('that end the command end zephr, and SIGKILL of zephr leaves no command behind', async () => {
    const session = await vaultSession(SECRETS);
    const command = ['sh', '-c', 'echo $$ > pid; echo ready; exec sleep 60'];
    const ended = await outcome(WAYS[1] ?? [], command, session, (pid) => process.kill(pid, 'SIGTERM'));
    expect(ended.signal).toBe('SIGTERM');
    const killed = await outcome(WAYS[1] ?? [], command, session, (pid) => process.kill(pid, 'SIGKILL'));
    expect(killed.signal).toBe('SIGKILL');
    const pid = Number(readFileSync(join(session.folder, 'pid'), 'utf8'));
    await expect.poll(() => isRunning(pid)).toBe(false);
  });

  it.skipIf(!hasProc)(`that stop the command stop zephr, and both go on${onLinux}`, async () => {
    const session = await vaultSession(SECRETS);
    const command = ['sh', '-c', 'echo ready; kill -STOP $$; echo on; exit 4'];
    const run = await outcome(WAYS[1] ?? [], command, session, async (pid) => {
      await expect.poll(() => stateOf(pid)).toBe('T');
      process.kill(pid, 'SIGCONT');
    });
    expect(run).toMatchObject({ code: 4, stdout: 'ready\non\n' });
  });

  it.skipIf(!hasProc)(`that stop the command come behind what it printed before${onLinux}`, async () => {
    const session = await vaultSession(SECRETS);
    const command = [
      'sh',
      '-c',
      'i=0; while [ $i -lt 30 ]; do echo "stop $i."; kill -STOP $$; i=$((i + 1)); done',
    ];
    const [program = '', ...args] = [...(WAYS[1] ?? []), ...command];
    const child = spawn(program, args, {
      cwd: session.folder,
      env: session.env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let stdout = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('latin1')));
    for (let stop = 0; stop < 30; stop++) {
      await expect.poll(() => stateOf(child.pid ?? 0)).toBe('T');
      // It is in the pipe before the stop, which this process may see first.
      await expect.poll(() => stdout.endsWith(`stop ${stop}.\n`)).toBe(true);
      child.kill('SIGCONT');
    }
    expect(await once(child, 'close')).toEqual([0, null]);
  });
});

describe('what a command is given', () => {
  it.skipIf(!hasProc)(`is every byte but NUL in its arguments and variables${onLinux}`, async () => {
    const session = await vaultSession(SECRETS);
    const words = Array.from({ length: 255 }, (_, index) => `"$(printf 'a\\${(index + 1).toString(8)}b')"`);
    const show = `sh -c 'for w; do printf %s "$w" | od -An -v -tx1; done; printf %s "$RAW" | od -An -tx1' sh ${words.join(' ')} "" "two words" '*' '$A' -- -x`;
    const script = (way: string) => `RAW="$(printf '\\001\\377\\n\\376')" ${way} ${show}`;
    const [bare, run] = [await session.sh(script('')), await session.sh(script('zephr run -q --'))];
    expect(run).toEqual(bare);
    expect(run.stdout).toContain(' 61 ff 62\n');
  });

  it('is a megabyte of environment, and the same names', async () => {
    const session = await vaultSession(SECRETS);
    for (let index = 0; index < 16; index++) session.env[`LARGE_${index}`] = 'x'.repeat(65_536 - index);
    const script = (way: string) => `${way} env | grep -v '^A=' | grep -v '^ZEPHR_VAULT' | sort | sha256sum`;
    const [bare, run] = [await session.sh(script('')), await session.sh(script('zephr run -q --'))];
    expect(run).toEqual(bare);
  });

  it('is its stdin untouched, and descriptors beyond the standard ones', async () => {
    const session = await vaultSession(SECRETS);
    writeFileSync(join(session.folder, 'file'), 'of a file\n');
    const script = (way: string) =>
      `printf 'first\\nsecond\\n' | { ${way} sh -c 'read -r line; echo "$line"; cat <&5; exit 3' 5< file; echo $?; cat; }`;
    const [bare, run] = [await session.sh(script('')), await session.sh(script('zephr run -q --'))];
    expect(run).toEqual(bare);
    expect(run.stdout).toBe('first\nof a file\n3\nsecond\n');
  });

  it('are pipes that can be opened anew, one where it was one', async () => {
    const session = await vaultSession(SECRETS);
    const script = (way: string) =>
      `${way} sh -c 'echo 1 > /dev/stdout; echo 2 > /dev/stderr; echo 3; echo 4 >&2; test -p /dev/fd/1 && echo pipe' 2>&1 | cat`;
    const [bare, run] = [await session.sh(script('')), await session.sh(script('zephr run -q --'))];
    expect(run).toEqual(bare);
    expect(run.stdout).toBe('1\n2\n3\n4\npipe\n');
  });
});

describe('a command of which nothing is masked', () => {
  const canBecome = 'execve' in process;
  const because = canBecome ? '' : ' (skipped: this Node has no process.execve)';

  it.skipIf(!canBecome)(`is the same process, with the signals as they were${because}`, async () => {
    const session = await vaultSession({ A: 'tiny' });
    const raw = String.raw`"$(printf 'a\377b')" '' '*' --`;
    const script = (way: string) =>
      `${way} sh -c 'grep -E "Sig(Ign|Blk)" /proc/self/status; echo "$0"; for w; do printf %s "$w" | od -An -tx1; done; exit 7' name ${raw}`;
    const [bare, run] = [await session.sh(script('')), await session.sh(script('zephr run -q --'))];
    expect(run).toEqual(bare);
    let pid = 0;
    const shown = 'echo ready; until [ -e go ]; do :; done; echo "$$ $A"';
    const { stdout } = await outcome(WAYS[1] ?? [], ['sh', '-c', shown], session, (id) => {
      pid = id;
      writeFileSync(join(session.folder, 'go'), '');
    });
    expect(stdout).toBe(`ready\n${pid} tiny\n`);
    for (const [command, code] of [
      ["printf '#!/nowhere\n' > lost; chmod +x lost; zephr run -q -- ./lost", 127],
      ["echo 'exit 6' > plain; chmod +x plain; zephr run -q -- ./plain", 6],
    ] as const)
      expect(await session.sh(command)).toMatchObject({ code });
  });
});

describe('streams that were closed', () => {
  it.skipIf(!hasProc).each(['<&-', '>&-', '2>&-', '<&- >&-', '<&- >&- 2>&-'])(
    `are the null device for a command: %s${onLinux}`,
    async (closed) => {
      const session = await vaultSession(SECRETS);
      writeFileSync(join(session.folder, 'in'), 'in\n');
      const look = '$(readlink /proc/$$/fd/0) $(readlink /proc/$$/fd/1) $(readlink /proc/$$/fd/2)';
      const command = `sh -c 'cat; echo out; echo err >&2; s="${look}"; echo "$s" > seen; exit 3'`;
      const { code, stdout, stderr } = await session.sh(`zephr run -q -- ${command} < in ${closed}`);
      const isClosed = [closed.includes('<&'), / >|^>/.test(closed), closed.includes('2>')];
      const read = isClosed[0] ? '' : 'in\n';
      expect([code, stdout, stderr]).toEqual([
        3,
        isClosed[1] ? '' : `${read}out\n`,
        isClosed[2] ? '' : 'err\n',
      ]);
      const seen = readFileSync(join(session.folder, 'seen'), 'utf8').trim();
      expect(seen.split(/ (?=\/)/).map((path) => path === '/dev/null')).toEqual(isClosed);
    },
  );
});

describe('a command that leaves something behind', () => {
  it('ends as soon as without zephr, and what is left goes on, masked', async () => {
    const session = await vaultSession(SECRETS);
    const started = Date.now();
    const out = openSync(join(session.folder, 'out'), 'w');
    const command = ['run', '-q', '--', 'sh', '-c', '(sleep 4; echo "later $A") & echo now; exit 5'];
    const { status } = spawnSync(process.execPath, [ZEPHR, ...command], {
      cwd: session.folder,
      env: session.env,
      stdio: ['ignore', out, 'ignore'],
    });
    closeSync(out);
    expect(status).toBe(5);
    expect(Date.now() - started).toBeLessThan(4_000);
    const printed = () => readFileSync(join(session.folder, 'out'), 'utf8');
    expect(printed()).toBe('now\n');
    await expect.poll(printed).toBe('now\nlater [masked A]\n');
  });
});

describe.skipIf(!HAS_SCRIPT)('at a terminal', () => {
  it('a command reads a password, sees the size, and Ctrl-C ends both', async () => {
    const session = await vaultSession(SECRETS);
    const ask =
      'stty -echo; printf "Password: "; read -r p; stty echo; echo; echo "got $p" | wc -c; stty size; tty -s && echo tty';
    writeFileSync(join(session.folder, 'ask'), ask);
    for (const way of ['', 'zephr run -q -- ']) {
      const { screen, code } = await type(session, `stty rows 33 cols 99; ${way}sh ask`, [
        ['Password: ', 'hunter22\r'],
      ]);
      expect(screen.replaceAll('\r', '')).toContain('Password: \n13\n33 99\ntty\n');
      expect(screen).not.toContain('hunter22');
      expect(code).toBe(0);
      const ended = await type(session, `${way}sh -c 'echo ready; exec sleep 60'; echo "ended $?"`, [
        ['ready', '\x03'],
      ]);
      expect(ended.code).toBe(130);
    }
  });

  it('Ctrl-Z stops a command for its shell, and fg lets it go on', async () => {
    const session = await vaultSession(SECRETS);
    writeFileSync(join(session.folder, 'ask'), 'echo ready; read -r x; echo "got $x"');
    for (const way of ['', 'zephr run -q -- ']) {
      const { screen, code } = await type(session, 'PS1="> " bash --norc --noprofile -i', [
        ['> ', `${way}sh ask\r`],
        ['ready', '\x1a'],
        ['Stopped', 'fg\r'],
        // The shell may not have given the terminal back yet, which only then makes a line end of a return.
        ['fg\r\n', 'hello\n'],
        ['got hello', 'exit 7\r'],
      ]);
      expect(screen.match(/Stopped/g), way).toHaveLength(1);
      expect(code, way).toBe(7);
    }
  });

  it('a new size reaches a command', async () => {
    const session = await vaultSession(SECRETS);
    writeFileSync(
      join(session.folder, 'resize'),
      "trap 'stty size; exit 5' WINCH; stty rows 44 cols 88; sleep 60",
    );
    for (const way of ['', 'zephr run -q -- ']) {
      const { screen, code } = await type(session, `${way}sh resize`, []);
      expect(screen.replaceAll('\r', ''), way).toContain('44 88\n');
      expect(code, way).toBe(5);
    }
  });
});

function isRunning(pid: number): boolean {
  return stateOf(pid) !== undefined && stateOf(pid) !== 'Z';
}

function stateOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[0];
  } catch {
    // It has ended.
    return undefined;
  }
}
