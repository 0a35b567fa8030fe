/** The log of a real server: no line of it is lost, however the server ends and however slowly the log is read. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startServerProcess } from '../support/server.js';
import { openSession, ZEPHR } from '../support/session.js';
import { HAS_SCRIPT, type } from '../support/typing.js';

const REQUESTS = 500;

/** Asks for what is not there, so many times, over a few connections. */
async function ask(url: string, requests = REQUESTS): Promise<void> {
  const one = async () => {
    for (let count = 0; count < requests / 10; count += 1) await (await fetch(`${url}/api/nothing`)).text();
  };
  await Promise.all(Array.from({ length: 10 }, one));
}

/** How often each event is in a log. */
function countsIn(log: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of log.trim().split('\n')) {
    const { event } = JSON.parse(line) as { event: string };
    counts[event] = (counts[event] ?? 0) + 1;
  }
  return counts;
}

describe('no line of the log is lost', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('by %s', async (signal) => {
    const server = await startServerProcess();
    await ask(server.url);
    const ended = once(server.process, 'close');
    expect(await server.stop(signal)).toBe(0);
    await ended;
    expect(countsIn(server.log())).toMatchObject({ ready: 1, request: REQUESTS, closed: 1 });
  });

  it('by an error that nothing caught', async () => {
    const { folder } = openSession();
    const fault = join(folder, 'fault.cjs');
    writeFileSync(fault, `process.on('SIGUSR2', () => { throw new Error('planted'); });`);
    const server = await startServerProcess({ env: { NODE_OPTIONS: `--require ${fault}` } });
    await ask(server.url);
    const ended = once(server.process, 'close');
    server.process.kill('SIGUSR2');
    await ended;
    const lines = server.log().split('\n');
    expect(lines.filter((line) => line.includes('"event":"request"'))).toHaveLength(REQUESTS);
    expect(server.log()).toContain('planted');
  });

  it('by a reader who is slow, also when the server ends meanwhile', async () => {
    const child = spawn(process.execPath, [ZEPHR, 'serve', '--port', '0', '--store', 'memory:'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: '/nonexistent' },
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    // More than a pipe and the stream before it hold, of which nothing has been read.
    await ask(url, 4 * REQUESTS);
    child.kill('SIGTERM');
    const log = await text(child.stderr);
    expect(log.length).toBeGreaterThan(200_000);
    expect(countsIn(log)).toMatchObject({ ready: 1, request: 4 * REQUESTS, closed: 1 });
  });

  it('by an end before the server is ready', async () => {
    const { stderr, code } = await openSession().sh('zephr serve --port 0 --store nope/zephr.db');
    expect(stderr).toContain('there is no folder');
    expect(code).toBe(2);
  });
});

describe('--quiet', () => {
  it('leaves of the log what is an error', async () => {
    const server = await startServerProcess({ args: ['--quiet'] });
    await ask(server.url, 10);
    expect(await server.stop()).toBe(0);
    expect(server.log()).toBe('');
  });
});

describe('a server that only other machines can reach by http', () => {
  const warning = (options: readonly string[]) =>
    startServerProcess({ args: options }).then(async (server) => {
      const ended = once(server.process, 'close');
      await server.stop();
      await ended;
      return countsIn(server.log())['plain http'] ?? 0;
    });

  it('says that clients refuse it, and what to do', async () => {
    expect(await warning(['--host', '0.0.0.0'])).toBe(1);
    expect(await warning(['--host', '127.0.0.1'])).toBe(0);
    expect(await warning(['--host', '0.0.0.0', '--base-url', 'https://secrets.example.com'])).toBe(0);
  });
});

describe.skipIf(!HAS_SCRIPT)('on a terminal', () => {
  const ended = async (options: string, sight: string) => {
    const session = openSession();
    const done = type(session, `node ${ZEPHR} serve --port 0 --store memory: ${options}`, [
      [sight, '\u0003'],
    ]);
    return (await done).screen.replaceAll('\r\n', '\n');
  };

  it('the log is for a person, and says how to use the server', async () => {
    const screen = await ended('', 'ready  version');
    expect(screen).toMatch(/^\d\d:\d\d:\d\d ready {2}version=\S+ access=open listening=http:\S+$/m);
    const [, url] = /^(http:\/\/127\.0\.0\.1:\d+)$/m.exec(screen) ?? [];
    expect(screen).toContain(`use it with: export ZEPHR_SERVER=${url}\n`);
    expect(screen).toMatch(/\d\d:\d\d:\d\d closed$/m);
  });

  it('it is JSON with --json, and silent with --quiet', async () => {
    expect(await ended('--json', '"event":"ready"')).toMatch(/^\{"level":"info",.*"event":"ready"/m);
    expect(await ended('--quiet', 'http://')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n\^C?$/);
  });
});
