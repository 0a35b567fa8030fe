/** Another user of this machine, beside a vault that is unlocked and a proxy that runs: it gets nothing of either. */

import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inBackground } from '../support/background.js';
import { host } from '../support/proxy.js';
import { type VaultSession, vaultSession } from '../support/vault.js';

/** A user without rights, on most systems called nobody. */
const OTHER = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] as const;

const [program, ...rest] = OTHER;
const because =
  process.getuid?.() === 0 && spawnSync(program, [...rest, process.execPath, '-e', '0']).status === 0
    ? ''
    : ' (skipped: only root, with setpriv of util-linux, can be another user)';

/** Runs a script of Node as another user. Its arguments are behind `process.argv[0]`. */
function asOther(script: string, ...args: string[]): string {
  const { stdout, stderr, status } = spawnSync(program, [...rest, process.execPath, '-e', script, ...args], {
    cwd: '/',
    env: {},
    encoding: 'utf8',
    timeout: 30_000,
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

/** Tries to talk to a socket of the file system, or to read a file. */
const OPEN = `const [, path] = process.argv;
const socket = require('node:net').connect(path);
socket.on('connect', () => { console.log('connected'); process.exit(); });
socket.on('error', ({ code }) => {
  try { require('node:fs').readFileSync(path); console.log('read'); }
  catch (error) { console.log(code + ' ' + error.code); }
});`;

/** Asks for a URL, by no header of its own or by one. */
const ASK = `const [, url, headers] = process.argv;
fetch(url, { headers: JSON.parse(headers) })
  .then(async (answer) => console.log(answer.status, await answer.text()));`;

/** Asks for a tunnel. */
const CONNECT = `const [, port, target] = process.argv;
require('node:http').request({ port, host: '127.0.0.1', method: 'CONNECT', path: target })
  .on('connect', ({ statusCode }) => { console.log(statusCode); process.exit(); }).end();`;

async function unlocked(): Promise<VaultSession> {
  const session = await vaultSession();
  // What keeps others out is not that they cannot get as far as this.
  for (let folder = session.folder; folder !== '/tmp' && folder !== '/'; folder = dirname(folder))
    chmodSync(folder, 0o755);
  return session;
}

describe.skipIf(because !== '')(`another user${because}`, () => {
  it('gets no key from what keeps the vault unlocked, and no token, nor the log', async () => {
    const session = await unlocked();
    await session.sh('printf %s correct-horse | zephr vault set API_KEY --host a.example --as bearer');
    const agent = inBackground(session, 'zephr', ['vault', 'unlock', '--ttl', '1h']);
    expect(await agent.ended).toBe(0);
    const proxy = inBackground(session, 'zephr', ['proxy', 'start', '--port', '0', '--json']);
    await expect.poll(() => proxy.stdout()).toMatch(/\n/);
    const { tokenFile } = JSON.parse(proxy.stdout());
    const runtime = dirname(tokenFile);
    const files = readdirSync(runtime);
    expect(files.filter((name) => name.endsWith('.sock'))).toHaveLength(2);
    expect(statSync(runtime).mode & 0o777).toBe(0o700);
    for (const name of files) expect(asOther(OPEN, join(runtime, name))).toBe('EACCES EACCES\n');
    // A folder that lets others in is no way either.
    chmodSync(runtime, 0o755);
    chmodSync(dirname(runtime), 0o755);
    for (const name of files.filter((one) => !one.endsWith('.pem')))
      expect(asOther(OPEN, join(runtime, name))).toMatch(/^(?:EACCES|ECONNREFUSED) EACCES\n$/);
    for (const path of [session.vault, join(session.folder, '.local/state/zephr/audit.jsonl')]) {
      chmodSync(dirname(path), 0o755);
      expect(asOther(OPEN, path)).toMatch(/ EACCES\n$/);
    }
    expect((await session.sh('zephr vault lock --json')).stdout).toBe('{"wasUnlocked":true}\n');
  });

  it.each([[[]], [['--compat-no-token']]])('gets 401 and 407 from a proxy with %j', async (options) => {
    const upstream = await host();
    const session = await unlocked();
    const set = `printf %s correct-horse | zephr vault set API_KEY --host ${upstream.host} --as bearer`;
    expect((await session.sh(set)).code).toBe(0);
    const proxy = inBackground(session, 'zephr', ['proxy', 'start', '--port', '0', '--json', ...options]);
    await expect.poll(() => proxy.stdout()).toMatch(/\n/);
    const { url } = JSON.parse(proxy.stdout());
    const inject = { 'X-AS-Target-URL': upstream.url, 'X-AS-Inject-Bearer': 'API_KEY' };
    for (const headers of [{}, inject, { ...inject, 'X-Zephr-Token': 'x'.repeat(43) }])
      for (const path of ['/health', '/proxy', `/to/${upstream.host}/`])
        expect(asOther(ASK, url + path, JSON.stringify(headers))).toMatch(/^401 /);
    expect(asOther(CONNECT, new URL(url).port, upstream.host)).toBe('407\n');
    expect(upstream.asked).toEqual([]);
    const { stdout } = await session.sh('zephr vault log --blocked --json');
    expect(JSON.parse(stdout).entries).toMatchObject([{ decision: 'refused', reason: 'NO_TOKEN' }]);
  });
});
