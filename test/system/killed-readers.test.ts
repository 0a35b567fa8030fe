/** SIGKILL of a reader, at chosen moments and at random ones: the same command then reads what had not arrived. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { httpHost } from '../support/hosts.js';
import { type Session, ZEPHR } from '../support/session.js';
import { sharedServer } from '../support/shared-server.js';

const server = sharedServer();

/** Longer than a pipe and a socket hold, so that there is a moment in the middle of each. */
const SECRET = 'secret '.repeat(50_000);

/** Moments of a read, as a proxy between the command and the server sees them. */
type Moment = 'asked' | 'taken' | 'half answered' | 'answered' | 'acknowledging' | 'acknowledged';

/** A proxy that says when a moment has come, and goes on once the answer to that is there. */
async function proxyTo(target: string, at: (moment: Moment) => Promise<void>): Promise<string> {
  return httpHost(async (request, response: ServerResponse) => {
    const isRead = request.method === 'GET';
    const isAck = request.method === 'DELETE';
    if (isRead) await at('asked');
    if (isAck) await at('acknowledging');
    const reply = await fetch(`${target}${request.url}`, {
      method: request.method ?? 'GET',
      headers: request.headers as Record<string, string>,
    });
    const body = Buffer.from(await reply.arrayBuffer());
    if (isRead) await at('taken');
    if (isAck) await at('acknowledged');
    response.writeHead(reply.status, { 'Zephr-Claim': reply.headers.get('Zephr-Claim') ?? '' });
    response.write(body.subarray(0, body.length / 2));
    if (isRead) await at('half answered');
    response.end(body.subarray(body.length / 2));
    if (isRead) await at('answered');
  });
}

/** Starts a read into a pipe that is emptied, or not. */
function start({ folder, env }: Session, args: readonly string[], stdout: 'emptied' | 'full'): ChildProcess {
  const child = spawn(process.execPath, [ZEPHR, 'get', ...args], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  if (stdout === 'emptied') child.stdout?.resume();
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** A secret whose link leads through the proxy. */
async function linkThrough(one: Session, proxy: string): Promise<string> {
  writeFileSync(join(one.folder, 'in'), SECRET);
  const { stdout } = await one.sh('zephr -q < in');
  return stdout.trim().replace(server.url, proxy);
}

const claims = ({ folder }: Session) =>
  readdirSync(join(folder, '.local/state/zephr/claims')).filter((name) => /^[0-9a-f]{64}$/.test(name));

describe('a reader that is killed', () => {
  it.each<Moment>(['asked', 'taken', 'half answered', 'answered', 'acknowledging'])(
    'when the server was %s leaves the secret to the same command',
    async (moment) => {
      let reached: () => void = () => undefined;
      const moments = new Promise<void>((resolve) => {
        reached = resolve;
      });
      let isFirst = true;
      const proxy = await proxyTo(server.url, async (now) => {
        if (!isFirst || now !== moment) return;
        isFirst = false;
        reached();
        await new Promise(() => undefined);
      });
      const one = server.session();
      const link = await linkThrough(one, proxy);
      // With a pipe that nobody empties the secret is never all through.
      const child = start(one, [link], moment === 'acknowledging' ? 'emptied' : 'full');
      await moments;
      expect(claims(one)).toHaveLength(1);
      await kill(child);
      const { code, stdout } = await one.sh(`zephr get -q '${link}'`);
      expect(stdout === SECRET).toBe(true);
      expect(code).toBe(0);
      expect(claims(one)).toEqual([]);
      expect((await one.sh(`zephr get '${link}'`)).code).toBe(6);
    },
  );

  it('leaves a part of a file, which the same command removes', async () => {
    let reached: () => void = () => undefined;
    let moments = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const proxy = await proxyTo(server.url, async (now) => {
      if (now !== 'half answered' || rounds === 2) return;
      reached();
      await new Promise(() => undefined);
    });
    const one = server.session();
    const link = await linkThrough(one, proxy);
    const parts = () => readdirSync(one.folder).filter((name) => name.endsWith('.part'));
    let rounds = 0;
    for (; rounds < 2; rounds++) {
      const child = start(one, ['-o', 'out', link], 'emptied');
      await moments;
      moments = new Promise((resolve) => {
        reached = resolve;
      });
      await kill(child);
      expect(parts()).toHaveLength(1);
    }
    expect((await one.sh(`zephr get -q -o out '${link}'; cmp in out`)).code).toBe(0);
    expect(parts()).toEqual([]);
  });

  it('when all was done but for its last steps raises no false alarm', async () => {
    let reached: () => void = () => undefined;
    const moments = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const proxy = await proxyTo(server.url, async (now) => {
      if (now !== 'acknowledged') return;
      reached();
      await new Promise(() => undefined);
    });
    const one = server.session();
    const link = await linkThrough(one, proxy);
    const child = start(one, [link], 'emptied');
    await moments;
    await kill(child);
    const { code, stderr } = await one.sh(`zephr get '${link}'`);
    expect(code).toBe(6);
    expect(stderr).not.toContain('if that was not you');
    expect(stderr).toContain('a zephr get here asked for it at');
  });

  it.each([
    ['into a pipe', []],
    ['into a file', ['-o', 'out']],
  ] as const)('at any moment %s loses nothing', async (_, flags) => {
    const rounds = 30;
    const one = server.session();
    const timed = await linkThrough(one, server.url);
    const before = performance.now();
    await once(start(one, [timed], 'emptied'), 'exit');
    const whole = performance.now() - before;
    const count = { before: 0, again: 0 };
    for (let round = 0; round < rounds; round++) {
      rmSync(join(one.folder, 'out'), { force: true });
      const link = await linkThrough(one, server.url);
      const child = start(one, [...flags, link], 'full');
      const printed: Buffer[] = [];
      child.stdout?.on('data', (chunk: Buffer) => printed.push(chunk));
      // Spread evenly over the time that a read takes, and a little beyond.
      await new Promise((resolve) => setTimeout(resolve, (whole * 1.5 * (round + 0.5)) / rounds));
      await kill(child);
      const path = join(one.folder, 'out');
      const arrived = existsSync(path) ? readFileSync(path, 'utf8') : Buffer.concat(printed).toString();
      if (arrived === SECRET) {
        count.before++;
      } else {
        // A file has all of it or is not there.
        if (flags.length > 0) expect(arrived).toBe('');
        const { stdout, stderr } = await one.sh(`zephr get -q '${link}'`);
        expect(stdout === SECRET, stderr).toBe(true);
        count.again++;
      }
    }
    console.info(
      `${rounds} readers killed: ${count.before} after the secret was there, ${count.again} read again`,
    );
    expect(count.again).toBeGreaterThan(0);
  });
});

describe('two readers of one link on one machine', () => {
  it('one waits until the other has ended, and is told who read it', async () => {
    let goOn: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let reached: () => void = () => undefined;
    const taken = new Promise<void>((resolve) => {
      reached = resolve;
    });
    let requests = 0;
    const proxy = await proxyTo(server.url, async (now) => {
      if (now === 'asked') requests++;
      if (now !== 'taken' || requests > 1) return;
      reached();
      await gate;
    });
    const one = server.session();
    const link = await linkThrough(one, proxy);
    const first = one.sh(`zephr get -q '${link}'`);
    await taken;
    const second = one.sh(`zephr get '${link}' 2> told`);
    // It says that it waits, and has asked nobody.
    while (!existsSync(join(one.folder, 'told')) || readFileSync(join(one.folder, 'told'), 'utf8') === '')
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(requests).toBe(1);
    goOn();
    expect((await first).stdout === SECRET).toBe(true);
    expect((await second).code).toBe(6);
    const told = readFileSync(join(one.folder, 'told'), 'utf8');
    expect(told).toContain('another zephr get here is reading this link: waiting for it to end\n');
    expect(told).toContain('zephr: hint: another zephr get on this machine has just read it\n');
  });

  it('each takes a view of its own where there are several', async () => {
    const one = server.session();
    const { stdout } = await one.sh(`echo hunter2 | zephr -q --views 3 > link
      for i in 1 2 3 4; do zephr get -q < link 2>> log & done; wait; zephr status < link; ls .local/state/zephr/claims`);
    expect(stdout).toMatch(/^(hunter2\n){3}read, 3 of 3 views taken/);
    expect(claims(one)).toEqual([]);
  });

  it('a lock whose process is gone, or which is none, holds nobody up', async () => {
    const one = server.session();
    const link = await linkThrough(one, server.url);
    await one.sh(`zephr get '${link}' > /dev/full 2> log`);
    const [name = ''] = claims(one);
    const folder = join(one.folder, '.local/state/zephr/claims');
    for (const make of ['ln -s 999999999-1', `ln -s ${process.pid}-1`, 'ln -s x', 'mkdir', 'touch']) {
      await one.sh(`${make} ${folder}/${name}.lock`);
      expect((await one.sh(`zephr get '${link}' > /dev/full`)).code).toBe(10);
      expect(existsSync(join(folder, `${name}.lock`))).toBe(false);
    }
    expect((await one.sh(`zephr get -q '${link}' | cmp - in`)).code).toBe(0);
  });
});
