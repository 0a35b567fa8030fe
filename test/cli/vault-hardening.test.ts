/** What could look into a process that holds a vault's key, and what such a process leaves where others see it. */

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ZEPHR } from '../support/session.js';
import { HAS_SCRIPT, type } from '../support/typing.js';
import { vaultSession } from '../support/vault.js';

const hasStrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
const hasKeychain = ['dbus-run-session', 'gnome-keyring-daemon', 'secret-tool'].every(
  (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0,
);

describe('debuggers', () => {
  it('are not opened by SIGUSR1', async () => {
    const { env, folder } = await vaultSession({ A: 'correct horse' });
    const script = 'echo ready; trap "echo got; exit 6" USR1; while :; do sleep 0.05; done';
    const child = spawn(process.execPath, [ZEPHR, 'run', '-q', '--', 'sh', '-c', script], {
      env,
      cwd: folder,
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      if (stdout === 'ready\n') setTimeout(() => child.kill('SIGUSR1'), 100);
    });
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(stderr).not.toContain('Debugger');
    expect([code, stdout]).toEqual([6, 'ready\ngot\n']);
  });

  it.each([
    '--require ./hook.cjs',
    '-r ./hook.cjs',
    '--import=./hook.cjs',
    '--inspect',
    '--inspect-port=0 --inspect-wait',
    '--max-old-space-size=900 "--require" ./hook.cjs',
  ])('and foreign code are refused in NODE_OPTIONS: %s', async (options) => {
    const { sh, folder } = await vaultSession({ A: 'correct horse' });
    writeFileSync(join(folder, 'hook.cjs'), '');
    // What Node itself would do with it, such as wait for a debugger, is not of interest: an old Node may not know it.
    const script = `NODE_OPTIONS='${options.replace('--inspect-wait', '')}' timeout 20 zephr run -- env`;
    const { code, stdout, stderr } = await sh(script);
    expect(stderr).toContain('NODE_OPTIONS would load code');
    expect([code, stdout]).toEqual([125, '']);
  });

  it('are no reason to refuse other options', async () => {
    const { sh } = await vaultSession({ A: 'correct horse' });
    const { stdout } = await sh(
      "NODE_OPTIONS='--max-old-space-size=900 --no-warnings' zephr run -- printenv NODE_OPTIONS",
    );
    expect(stdout).toBe('--max-old-space-size=900 --no-warnings\n');
  });
});

describe('canaries', () => {
  const VALUE = 'canary-value-4711';

  it.skipIf(!hasStrace)(
    `are in no argument, no environment but the command's, and no file${hasStrace ? '' : ' (skipped: strace cannot run)'}`,
    async () => {
      const session = await vaultSession();
      const { sh, folder } = session;
      writeFileSync(join(folder, 'value'), VALUE);
      const trace = 'strace -f -s 4096 -v -o trace -e trace=execve';
      const key = Buffer.alloc(32, 7).toString('base64url');
      for (const script of [
        'zephr vault set A < value',
        'zephr vault unlock --ttl 2s',
        'zephr vault cp A B',
        'zephr vault ls',
        'zephr vault lock',
      ]) {
        const { stdout, stderr } = await sh(`${trace} ${script}; cat trace >> traces`);
        expect(stdout + stderr).not.toContain(VALUE);
      }
      const all = readFileSync(join(folder, 'traces'), 'latin1');
      expect(all).toContain('vault-agent.cjs');
      for (const canary of [VALUE, Buffer.from(VALUE).toString('base64'), key])
        expect(all).not.toContain(canary);
      // Of all that run starts, only the command has it.
      await sh(`${trace} zephr run -- sh -c 'echo "$A"; echo done' > printed`);
      const lines = readFileSync(join(folder, 'trace'), 'latin1').split('\n');
      const holders = lines.filter((line) => line.includes(VALUE));
      expect(holders.length).toBeGreaterThan(0);
      expect(holders.filter((line) => !/execve\("[^"]*\/sh", \["sh", "-c", "echo/.test(line))).toEqual([]);
      for (const file of filesIn(folder).filter((path) => !/\/(value|trace)$/.test(path)))
        expect(readFileSync(file, 'latin1'), file).not.toContain(VALUE);
    },
  );
});

describe("the system's keychain", () => {
  const runs = hasKeychain && HAS_SCRIPT && hasStrace;
  const because = runs
    ? ''
    : ' (skipped: no dbus-run-session, gnome-keyring-daemon, secret-tool, script or strace)';

  it.skipIf(!runs)(`opens the vault, and its program is given no key as an argument${because}`, async () => {
    const session = await vaultSession({ A: 'correct horse' });
    const { folder, env } = session;
    writeFileSync(
      join(folder, 'steps'),
      `printf 'keyring' | gnome-keyring-daemon --unlock --components=secrets > /dev/null 2>&1
strace -f -s 4096 -v -o trace -e trace=execve zephr vault unlock --keychain
ZEPHR_VAULT_KEY_FILE= zephr vault status
ZEPHR_VAULT_KEY_FILE= zephr run -- printenv A
secret-tool lookup service zephr vault "$(sed 's/.*"id":"\\([^"]*\\)","slots.*/\\1/' .local/share/zephr/vault.json)" > kept
`,
    );
    const { screen } = await type(
      { ...session, env: { ...env, XDG_DATA_HOME: '' } },
      'dbus-run-session -- sh steps',
      [],
    );
    expect(screen).toContain('opens the vault from now on');
    expect(screen).toContain('unlocked  by the keychain');
    expect(screen).toMatch(/correct horse|\[masked A\]/);
    const kept = readFileSync(join(folder, 'kept'), 'utf8').trim();
    expect(kept).toMatch(/^[\w-]{43}$/);
    const trace = readFileSync(join(folder, 'trace'), 'latin1');
    expect(trace).toContain('"store", "--label=zephr vault"');
    expect(trace).not.toContain(kept);
  });
});

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => existsSync(path) && statSync(path).isFile());
}
