/** `zephr vault log`: what was done with secrets, and whether somebody touched the log of it. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type AuditEntry, readLine } from '../../src/broker/audit/chain.js';
import { AuditLog } from '../../src/broker/audit/log.js';
import { HAS_SCRIPT, type } from '../support/typing.js';
import { type VaultSession, vaultSession } from '../support/vault.js';

const because = HAS_SCRIPT ? '' : ' (skipped: there is no script of util-linux)';

const logOf = ({ folder }: VaultSession) => join(folder, '.local/state/zephr/audit.jsonl');

const linesOf = (path: string) => readFileSync(path, 'utf8').trimEnd().split('\n');

/** The entries of a session's log, without times and ids. */
function entriesOf(session: VaultSession): Partial<AuditEntry>[] {
  return linesOf(logOf(session)).map((line) => {
    const { time: _, pid: __, use: ___, ...entry } = readLine(line) ?? { time: '', pid: 0 };
    return entry;
  });
}

/** A session whose log has a day of requests, by two agents. */
async function busySession(): Promise<VaultSession> {
  const session = await vaultSession();
  const log = new AuditLog({ path: logOf(session), pid: 1, isRunning: () => true });
  const entry = { command: 'call', pid: 1, method: 'GET', host: 'api.example.com', path: '/v1' } as const;
  for (let hour = 0; hour < 24; hour++) {
    const time = `2026-01-02T${String(hour).padStart(2, '0')}:00:00.000Z`;
    const agent = hour % 2 === 0 ? 'even' : 'odd\u009b2J';
    const about = { ...entry, time, agent, secrets: [hour < 12 ? 'MORNING' : 'EVENING'] };
    if (hour % 6 === 0) await log.append({ ...about, decision: 'refused', reason: 'HOST_NOT_BOUND' });
    else {
      await log.append({ ...about, decision: 'allowed', use: String(hour) });
      await log.append({ ...about, decision: 'done', status: 200, milliseconds: 7, use: String(hour) });
    }
  }
  return session;
}

describe('what is in the log', () => {
  it('is each change of the vault, and each command that got secrets', async () => {
    const session = await vaultSession({ A: 'hunter2', B: 'correct horse' });
    const { sh } = session;
    await sh('zephr vault set K --host api.example.com --methods GET,POST', { stdin: 'x' });
    await sh('zephr vault import -', { stdin: 'C=1\nD=2\n' });
    await sh('zephr vault cp K L');
    await sh('zephr vault rm C D');
    await sh('zephr run --only A --var PASSWORD=B -- sh -c true');
    await sh('zephr run --only K -- true');
    await sh("printf '#!/nowhere\n' > script; chmod +x script; zephr run --only A -- ./script");
    await sh('zephr vault unlock --ttl 1s');
    await sh('zephr vault bind A --host h.example');
    await sh('zephr vault reveal A');
    const bound = { host: 'api.example.com', method: 'GET,POST' };
    const refused = { decision: 'refused', reason: 'NO_TERMINAL' };
    expect(entriesOf(session)).toEqual([
      { command: 'vault set', secrets: ['A'], decision: 'allowed' },
      { command: 'vault set', secrets: ['B'], decision: 'allowed' },
      { command: 'vault set', secrets: ['K'], ...bound, decision: 'allowed' },
      { command: 'vault import', secrets: ['C', 'D'], decision: 'allowed' },
      { command: 'vault cp', secrets: ['K', 'L'], ...bound, decision: 'allowed' },
      { command: 'vault rm', secrets: ['C', 'D'], decision: 'allowed' },
      { command: 'run', secrets: ['A', 'B'], program: 'sh', decision: 'allowed' },
      { command: 'run', secrets: ['K'], program: 'true', decision: 'refused', reason: 'NOT_ALLOWED' },
      { command: 'run', secrets: ['A'], program: './script', decision: 'allowed' },
      { command: 'run', secrets: ['A'], program: './script', decision: 'failed', reason: 'NO_COMMAND' },
      { command: 'vault unlock', secrets: [], decision: 'allowed' },
      { command: 'vault bind', secrets: ['A'], host: 'h.example', ...refused },
      { command: 'vault reveal', secrets: ['A'], ...refused },
    ]);
    expect(readFileSync(logOf(session), 'utf8')).not.toMatch(/hunter2|correct horse/);
    expect((await sh('zephr vault log --verify')).stdout).toBe('ok: 13 lines, each after the one before\n');
  });

  it('is not a command without secrets', async () => {
    const session = await vaultSession({ A: 'hunter2' });
    await session.sh('zephr run --only "" -- true');
    expect(entriesOf(session)).toHaveLength(1);
  });

  it.skipIf(!HAS_SCRIPT)(`is what a person was shown${because}`, async () => {
    const session = await vaultSession({ A: 'hunter2' });
    expect((await type(session, 'zephr vault reveal A', [])).screen).toContain('hunter2');
    await type(session, 'zephr vault bind A --host h.example', []);
    expect(entriesOf(session).slice(1)).toEqual([
      { command: 'vault reveal', secrets: ['A'], decision: 'allowed' },
      { command: 'vault bind', secrets: ['A'], host: 'h.example', decision: 'allowed' },
    ]);
  });

  it('is written first: where it cannot be, nothing is done', async () => {
    const session = await vaultSession({ A: 'hunter2' });
    rmSync(logOf(session));
    mkdirSync(logOf(session));
    const before = readFileSync(session.vault, 'utf8');
    for (const script of [
      'echo x | zephr vault set A',
      'zephr vault rm A',
      'zephr vault cp A B',
      'echo B=1 | zephr vault import -',
      'zephr vault unlock --ttl 1s',
    ]) {
      const { code, stderr } = await session.sh(script);
      expect(stderr, script).toContain('what cannot be logged is refused');
      expect(code, script).toBe(4);
    }
    const run = await session.sh('zephr run --only A -- echo started');
    expect(run).toMatchObject({ code: 125, stdout: '' });
    expect(readFileSync(session.vault, 'utf8')).toBe(before);
    expect((await session.sh('zephr vault status --vault-key-file none')).code).toBe(2);
  });
});

describe('zephr vault log', () => {
  it('shows a row for each use, the last ones, and nothing that a terminal would obey', async () => {
    const { sh } = await busySession();
    const { stdout, code } = await sh('zephr vault log');
    expect(code).toBe(0);
    const rows = stdout.trimEnd().split('\n');
    expect(rows).toHaveLength(20);
    expect(rows[0]).toBe(
      '2026-01-02 04:00:00  done     call          GET  api.example.com/v1  MORNING  200  7 ms  by even',
    );
    expect(rows.at(-1)).toContain(
      '  done     call          GET  api.example.com/v1  EVENING  200  7 ms  by odd\\u{9b}2J',
    );
    expect((await sh('zephr vault log --last 3')).stdout).toBe(`${rows.slice(-3).join('\n')}\n`);
  });

  it.each([
    ['--secret MORNING', 12],
    ['--secret MORN', 0],
    ['--agent even', 12],
    ['--blocked', 4],
    ['--blocked --secret EVENING', 2],
    ['--since 2026-01-02T20:00Z', 4],
    ['--since 2026-01-02', 24],
    ['--since 1h', 0],
    ['--since 2026-01-02 --last 5', 5],
    ['--last 1000', 24],
  ])('%s: %i of 24', async (options, count) => {
    const { sh } = await busySession();
    const { stdout } = await sh(`zephr vault log ${options} --json`);
    expect(JSON.parse(stdout).entries).toHaveLength(count);
  });

  it('exports the lines as they are written, for others to check', async () => {
    const session = await busySession();
    const { stdout } = await session.sh('zephr vault log --export');
    expect(stdout).toBe(readFileSync(logOf(session), 'utf8'));
  });

  it('has nothing to show before the first use', async () => {
    const { sh } = await vaultSession();
    expect(await sh('zephr vault log')).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(await sh('zephr vault log --json')).toMatchObject({ code: 0, stdout: '{"entries":[]}\n' });
    expect(await sh('zephr vault log --verify')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^ok: 0 /),
    });
  });

  it('goes on with each line as it is written, through a new file, until it is interrupted', async () => {
    const session = await busySession();
    const child = spawn('zephr', ['vault', 'log', '--tail', '--last', '1', '--secret', 'EVENING', '--json'], {
      env: session.env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const rows = createInterface(child.stdout)[Symbol.asyncIterator]();
    const next = async () => readLine(`{"previous":"",${String((await rows.next()).value).slice(1)}`);
    const add = (status: number, rotateBytes: number) =>
      new AuditLog({ path: logOf(session), pid: 1, isRunning: () => true, rotateBytes }).append({
        time: new Date().toISOString(),
        command: 'call',
        pid: 1,
        secrets: ['EVENING'],
        decision: 'done',
        status,
      });
    expect(await next()).toMatchObject({ time: '2026-01-02T23:00:00.000Z', status: 200 });
    await add(201, 1_000_000);
    expect(await next()).toMatchObject({ status: 201 });
    // A new file begins after the next one.
    await add(202, 1);
    expect(await next()).toMatchObject({ status: 202 });
    await add(203, 1_000_000);
    expect(await next()).toMatchObject({ status: 203 });
    child.kill('SIGINT');
    expect((await once(child, 'exit'))[0]).toBe(130);
  });

  it.each([
    ['--verify --tail', 'one of them'],
    ['--verify --export', 'one of them'],
    ['--last 0', '--last is not a whole number'],
    ['--since soon', '--since is no time'],
  ])('%s is exit 2', async (options, message) => {
    const { sh } = await vaultSession();
    const { code, stderr } = await sh(`zephr vault log ${options}`);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});

describe('zephr vault log --verify', () => {
  it.each<[string, (lines: string[]) => string[], string]>([
    [
      'edited',
      (lines) => lines.with(3, (lines[3] ?? '').replace('MORNING', 'EVENING')),
      'line 5 was not written after line 4',
    ],
    ['dropped', (lines) => lines.toSpliced(3, 1), 'line 4 was not written after line 3'],
    [
      'moved',
      (lines) => [...lines.slice(0, 3), ...lines.slice(4, 9), lines[3] ?? '', ...lines.slice(9)],
      'line 9 was not written after line 8',
    ],
    ['added', (lines) => lines.toSpliced(3, 0, lines[7] ?? ''), 'line 4 was not written after line 3'],
    ['dropped at the end', (lines) => lines.slice(0, -1), 'line 43 is not the last one'],
  ])('names the line that was %s', async (_, change, finding) => {
    const session = await busySession();
    const lines = linesOf(logOf(session));
    expect((await session.sh('zephr vault log --verify')).stdout).toBe(
      'ok: 44 lines, each after the one before\n',
    );
    writeFileSync(logOf(session), `${change(lines).join('\n')}\n`);
    const { stdout, stderr, code } = await session.sh('zephr vault log --verify');
    expect(stdout).toContain(`audit.jsonl ${finding}`);
    expect(stderr).toContain('zephr: error: the log is not as it was written');
    expect(code).toBe(9);
    const json = await session.sh('zephr vault log --verify --json');
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, findings: expect.arrayContaining([]) });
    expect(JSON.parse(json.stderr).error.code).toBe('LOG_CHANGED');
  });
});
