/** Many who change one vault, and some who are killed while they do: nothing is lost, and the file is always whole. */

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseVault } from '../../src/vault/format.js';
import { Vault } from '../../src/vault/vault.js';
import { ZEPHR } from '../support/session.js';
import { type VaultSession, vaultSession } from '../support/vault.js';

const KEY = { kind: 'keyfile', bytes: new Uint8Array(32).fill(7) } as const;

/** The names and values in the vault's file as it is now. */
async function held({ vault }: VaultSession): Promise<Map<string, string>> {
  const opened = await Vault.open(parseVault(readFileSync(vault, 'utf8')), KEY);
  return new Map(opened.list().map(({ name, value }) => [name, Buffer.from(value ?? []).toString()]));
}

/** Starts `zephr vault set`; the exit code, or null when it was killed, after so many milliseconds. */
function set(
  { env, folder }: VaultSession,
  name: string,
  value: string,
  killAfter?: number,
): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [ZEPHR, 'vault', 'set', '-q', name], {
      env,
      cwd: folder,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    child.on('error', reject);
    child.on('close', resolve);
    child.stdin.on('error', () => undefined);
    child.stdin.end(value);
    if (killAfter !== undefined) setTimeout(() => child.kill('SIGKILL'), killAfter);
  });
}

describe('two hundred at once', () => {
  it('all find a place, in a vault that none of them had', async () => {
    const session = await vaultSession();
    const names = Array.from({ length: 200 }, (_, index) => `N${index}`);
    const codes: (number | null)[] = [];
    // So many processes as a machine of two cores starts at once without swapping; the rest come as they end.
    const next = [...names];
    const worker = async () => {
      for (let name = next.pop(); name !== undefined; name = next.pop())
        codes.push(await set(session, name, `value of ${name}`));
    };
    await Promise.all(Array.from({ length: 25 }, worker));
    expect(codes.filter((code) => code !== 0)).toEqual([]);
    expect(await held(session)).toEqual(new Map(names.sort().map((name) => [name, `value of ${name}`])));
  }, 300_000);
});

/** Ends its process by SIGKILL before the n-th of its changes to the file system, or in the middle of it if that writes. */
const KILLER = `
const fs = require('node:fs');
let left = Number(process.env.KILL_AT);
const inTheMiddle = process.env.KILL_HOW === 'middle';
const isWriting = (name) => /^(write|append)/.test(name);
const kill = () => process.kill(process.pid, 'SIGKILL');
const cut = (args) => args.map((one, index) =>
  index < 2 && (typeof one === 'string' || one instanceof Uint8Array) && one.length > 1 ? one.slice(0, one.length / 2) : one);
function counted(object, name, isMethod) {
  const original = object[name];
  object[name] = function (...args) {
    if (--left !== 0) return original.apply(this, args);
    if (!inTheMiddle || !isWriting(name)) { kill(); return new Promise(() => {}); }
    const half = original.apply(this, isMethod ? cut(args) : [args[0], ...cut(args.slice(1))]);
    if (half instanceof Promise) return half.then(kill).then(() => new Promise(() => {}));
    kill();
    return half;
  };
}
for (const name of ['openSync', 'writeSync', 'ftruncateSync', 'rmSync', 'mkdirSync', 'closeSync']) counted(fs, name, false);
const { open } = fs.promises;
let isPatched = false;
fs.promises.open = async (...args) => {
  const file = await open(...args);
  if (!isPatched) {
    isPatched = true;
    for (const name of ['writeFile', 'appendFile', 'write', 'sync', 'truncate', 'close'])
      counted(Object.getPrototypeOf(file), name, true);
  }
  return file;
};
for (const name of ['open', 'rename', 'rm', 'mkdir']) counted(fs.promises, name, true);
`;

describe('kill -9', () => {
  it.each(['before', 'middle'])(
    '%s of every write leaves the old file or the new one',
    async (how) => {
      const session = await vaultSession({ KEPT: 'kept', A: 'value 0' });
      writeFileSync(join(session.folder, 'killer.cjs'), KILLER);
      let [last, round, code] = ['value 0', 0, 1];
      const left: string[] = [];
      for (; code !== 0; round++) {
        const value = `value ${round + 1}`;
        const set = `printf '${value}' | "$NODE" -r ./killer.cjs "$ZEPHR" vault set -q A`;
        Object.assign(session.env, {
          NODE: process.execPath,
          ZEPHR,
          KILL_AT: String(round + 1),
          KILL_HOW: how,
        });
        code = (await session.sh(set)).code ?? 1;
        const now = await held(session);
        expect(now.get('KEPT')).toBe('kept');
        expect(code === 0 ? [value] : [last, value]).toContain(now.get('A'));
        if (now.get('A') !== last) left.push(value);
        last = now.get('A') ?? '';
      }
      // So many steps there are at least: the log and its head, a lock for each, the new file, its disk, its name.
      expect(round).toBeGreaterThan(12);
      expect(left.length).toBeGreaterThan(0);
      for (const name of readdirSync(dirname(session.vault)))
        expect(readFileSync(`${dirname(session.vault)}/${name}`, 'latin1')).not.toMatch(/value|kept/);
      expect((await session.sh('zephr vault log --verify')).code).toBe(0);
    },
    300_000,
  );

  it('at any moment of a change leaves the old file or the new one, and the next change goes on', async () => {
    const session = await vaultSession({ KEPT: 'kept', A: 'start' });
    let [last, killed, done] = ['start', 0, 0];
    const from = Date.now();
    await set(session, 'KEPT', 'kept');
    const usual = Date.now() - from;
    for (let round = 0; round < 40; round++) {
      const value = `round ${round}`;
      const code = await set(session, 'A', value, usual * (0.4 + (round / 40) * 0.8));
      const now = await held(session);
      expect(now.get('KEPT')).toBe('kept');
      expect(code === 0 ? [value] : [last, value]).toContain(now.get('A'));
      last = now.get('A') ?? '';
      if (code === 0) done++;
      else killed++;
    }
    expect(killed).toBeGreaterThan(0);
    expect(await set(session, 'A', 'end')).toBe(0);
    expect((await held(session)).get('A')).toBe('end');
    // What was killed may have left its own temporary file, and nothing in clear.
    for (const name of readdirSync(dirname(session.vault)))
      expect(readFileSync(`${dirname(session.vault)}/${name}`, 'latin1')).not.toMatch(/round|kept/);
    expect(done + killed).toBe(40);
  }, 300_000);
});
