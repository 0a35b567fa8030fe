/** `zephr vault`: what goes in, what is said about it, and who may do what. */

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HAS_SCRIPT, type } from '../support/typing.js';
import { vaultSession } from '../support/vault.js';

const because = HAS_SCRIPT ? '' : ' (skipped: there is no script of util-linux)';

/** Prints the hash of what a command finds under a name: the value itself would be masked. */
const print = (name: string) =>
  `zephr run --only ${name} -- sh -c 'printf %s "$${name}" | sha256sum | cut -c-64'`;

/** What {@link print} prints for a value. */
const hashOf = (value: string) => `${createHash('sha256').update(value).digest('hex')}\n`;

describe('zephr vault set', () => {
  it.each([
    ['hunter2', 'hunter2'],
    ['hunter2\n', 'hunter2'],
    ['hunter2\r\n', 'hunter2'],
    ['a\nb\n', 'a\nb\n'],
    [' x ', ' x '],
    ['\n\n', '\n\n'],
  ])('keeps %j as %j', async (value, kept) => {
    const { sh } = await vaultSession({ A: value });
    expect((await sh(print('A'))).stdout).toBe(hashOf(kept));
  });

  it('makes a vault that only its owner can read, and in which no value, name or length shows', async () => {
    const { vault } = await vaultSession({ DB_PASSWORD: 'correct horse battery staple' });
    expect(statSync(vault).mode & 0o777).toBe(0o600);
    const text = readFileSync(vault, 'utf8');
    for (const part of ['DB_PASSWORD', 'correct', Buffer.from('correct horse').toString('base64')])
      expect(text).not.toContain(part);
  });

  it('replaces a value, keeps its bindings, and with --new does neither', async () => {
    const { sh } = await vaultSession({ A: 'one' });
    await sh('echo two | zephr vault set A --host api.example.com --as bearer --methods get');
    expect((await sh('echo three | zephr vault set A')).stderr).toContain('A is replaced');
    const { stdout } = await sh('zephr vault ls --json');
    expect(JSON.parse(stdout).secrets).toMatchObject([
      { name: 'A', hosts: ['api.example.com'], as: 'bearer', methods: ['GET'] },
    ]);
    const { code, stderr } = await sh('echo four | zephr vault set A --new');
    expect(stderr).toContain('A exists');
    expect(code).toBe(4);
  });

  it.each([
    ['printf "" | zephr vault set A', 'the value is empty'],
    ['printf "\\n" | zephr vault set A', 'the value is empty'],
    ['head -c 1048577 /dev/zero | zephr vault set A', 'a value has 1048576 bytes at most'],
    ['echo x | zephr vault set db_password', 'a name has capital letters'],
    ['echo x | zephr vault set A -E "a b"', 'projects and environments'],
    ['echo x | zephr vault set A -P .zephr', 'a project does not begin with a dot'],
    ['echo x | zephr vault set A --host https://x', 'a host is written as'],
    ['echo x | zephr vault set A --as bearer', '--as, --methods'],
    ['echo x | zephr vault set A --expires 2001-01-01', 'no time to come'],
    ['zephr vault set A < /dev/null', 'the value is empty'],
  ])('refuses %s', async (script, message) => {
    const { sh } = await vaultSession();
    const { code, stdout, stderr } = await sh(script);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe('zephr vault import', () => {
  it('keeps all, told line by line, and leaves the file where it is', async () => {
    const { sh, folder } = await vaultSession();
    writeFileSync(join(folder, '.env'), 'A=one # comment\nexport B="two\nlines"\nC=\n');
    const { stderr, code } = await sh('zephr vault import .env');
    expect(stderr).toContain('line 1: A\nline 2: B\nline 4: C has no value and was left out\n');
    expect(stderr).toContain('.env still holds them in plain text');
    expect(code).toBe(0);
    expect((await sh('zephr vault ls --json')).stdout).not.toContain('"C"');
    expect((await sh(print('B'))).stdout).toBe(hashOf('two\nlines'));
  });

  it('keeps nothing when a name exists, does not fit, or a line says nothing', async () => {
    const { sh } = await vaultSession({ B: 'old' });
    const taken = await sh('zephr vault import -', { stdin: 'A=1\nB=2\n' });
    expect([taken.code, taken.stderr]).toEqual([4, expect.stringContaining('B exists')]);
    const misnamed = await sh('zephr vault import -', { stdin: 'A=1\nhunter2=3\n' });
    expect([misnamed.code, misnamed.stderr]).toEqual([2, expect.stringContaining('line 2')]);
    const broken = await sh('zephr vault import -', { stdin: 'A=1\nB="hunter2\n' });
    expect([broken.code, broken.stderr]).toEqual([2, expect.stringContaining('line 2')]);
    expect(misnamed.stderr + broken.stderr).not.toContain('hunter2');
    expect((await sh('zephr vault ls')).stdout).not.toContain('A ');
    expect((await sh('zephr vault import - --force', { stdin: 'A=1\nB=2\n' })).code).toBe(0);
    expect((await sh(print('B'))).stdout).toBe(hashOf('2'));
  });
});

describe('what is there', () => {
  it('is copied with its bindings, compared, and removed', async () => {
    const { sh } = await vaultSession({ A: 'one', B: 'two' });
    await sh('echo x | zephr vault set K --host h.example --as basic --approve');
    expect((await sh('zephr vault cp K --to-environment staging')).code).toBe(0);
    expect((await sh('zephr vault cp A --to-environment staging')).code).toBe(0);
    expect((await sh('zephr vault cp A B --to-environment staging')).code).toBe(0);
    expect((await sh('zephr vault cp A C --to-environment staging')).code).toBe(0);
    expect((await sh('zephr vault cp A B')).code).toBe(4);
    expect((await sh('zephr vault cp A A')).code).toBe(2);
    expect((await sh('zephr vault cp NONE X')).code).toBe(5);
    const { stdout } = await sh('zephr vault diff -E default -E staging');
    expect(stdout).toBe('= A\n! B\n> C\n= K\n');
    expect(JSON.parse((await sh('zephr vault ls -E staging --json')).stdout).secrets).toMatchObject([
      { name: 'A' },
      { name: 'B' },
      { name: 'C' },
      { name: 'K', hosts: ['h.example'], as: 'basic', approve: true },
    ]);
    const none = await sh('zephr vault rm A NONE');
    expect([none.code, none.stderr]).toEqual([5, expect.stringContaining('there is no secret NONE')]);
    expect((await sh('zephr vault rm A B')).code).toBe(0);
    expect((await sh('zephr vault ls')).stdout).toMatch(/^K +h\.example basic asks +changed .*\n$/);
    expect((await sh('zephr vault ls --all')).stdout.split('\n')).toHaveLength(6);
  });

  it('is said of without a vault, too', async () => {
    const { sh, vault } = await vaultSession();
    expect(await sh('zephr vault ls --json')).toMatchObject({ code: 0, stdout: '{"secrets":[]}\n' });
    expect(await sh('zephr vault status')).toMatchObject({ code: 0, stdout: `no vault yet, in ${vault}\n` });
    expect(await sh('zephr vault rm A')).toMatchObject({ code: 5 });
  });
});

describe('a vault that does not open', () => {
  it('is exit 3 without a key, and 9 with another, and no change is made', async () => {
    const { sh, folder, vault } = await vaultSession({ A: 'one' });
    const before = readFileSync(vault, 'utf8');
    const locked = await sh('echo x | ZEPHR_VAULT_KEY_FILE= zephr vault set A');
    expect([locked.code, locked.stderr]).toEqual([3, expect.stringContaining('the vault is locked')]);
    writeFileSync(join(folder, 'other'), Buffer.alloc(32, 8));
    const other = await sh('echo x | zephr vault set A --vault-key-file other');
    expect([other.code, other.stderr]).toEqual([9, expect.stringContaining('does not open the vault')]);
    expect((await sh('zephr vault ls --vault-key-file none')).code).toBe(2);
    writeFileSync(join(folder, 'short'), 'short');
    expect((await sh('zephr vault ls --vault-key-file short')).code).toBe(2);
    expect((await sh('ZEPHR_VAULT_KEY_FILE= zephr vault status --json')).stdout).toContain(
      '"unlockedBy":null',
    );
    expect(readFileSync(vault, 'utf8')).toBe(before);
  });

  it('is exit 9 when a byte of it has changed, also an old one put in its place, and run starts nothing', async () => {
    const { sh, vault } = await vaultSession({ A: 'one' });
    const old = JSON.parse(readFileSync(vault, 'utf8'));
    await sh('echo two | zephr vault set A');
    const now = JSON.parse(readFileSync(vault, 'utf8'));
    writeFileSync(vault, `${JSON.stringify({ ...now, records: old.records })}\n`);
    expect(await sh('zephr vault ls')).toMatchObject({ code: 9, stdout: '' });
    const { code, stdout, stderr } = await sh('zephr run -- echo started');
    expect([code, stdout]).toEqual([125, '']);
    expect(stderr).toContain('the vault was damaged or tampered with');
  });
});

describe('ways to the key', () => {
  it('are a systemd credential and a mounted secret, the former first', async () => {
    const { sh, folder } = await vaultSession({ A: 'one' });
    mkdirSync(join(folder, 'credentials'));
    renameSync(join(folder, 'key'), join(folder, 'credentials/zephr-vault.key'));
    const env = { ZEPHR_VAULT_KEY_FILE: '', CREDENTIALS_DIRECTORY: join(folder, 'credentials') };
    expect((await sh('zephr vault status', { env })).stdout).toContain('by a systemd credential');
    const { stdout } = await sh(
      'zephr run -- sh -c "printenv A > a; printenv CREDENTIALS_DIRECTORY || echo gone; cmp a a && echo given"',
      { env },
    );
    expect(stdout).toBe('gone\ngiven\n');
  });

  it('hold for a time, for this user only, and not past a lock', async () => {
    const { sh, folder } = await vaultSession({ A: 'one' });
    const locked = { ZEPHR_VAULT_KEY_FILE: '' };
    expect((await sh('zephr vault unlock --ttl 1h')).stderr).toContain('in 1 hour');
    const socket = join(folder, 'runtime/zephr/vault.sock');
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'runtime/zephr')).mode & 0o777).toBe(0o700);
    expect((await sh('zephr vault status', { env: locked })).stdout).toContain(
      'by zephr vault unlock, until',
    );
    expect((await sh(print('A'), { env: locked })).stdout).toBe(hashOf('one'));
    // Who has only the agent cannot make another of a longer time.
    expect((await sh('zephr vault unlock --ttl 2h', { env: locked })).code).toBe(3);
    expect((await sh('zephr vault lock')).stderr).toContain('the vault is locked');
    expect((await sh('zephr vault ls', { env: locked })).code).toBe(3);
    expect(await sh('zephr vault lock')).toMatchObject({ code: 0 });
    expect((await sh('zephr vault unlock --ttl 1s')).code).toBe(0);
    await expect.poll(async () => (await sh('zephr vault ls', { env: locked })).code).toBe(3);
  });

  it('do not go over a folder that others can get into', async () => {
    const { sh, folder } = await vaultSession({ A: 'one' });
    mkdirSync(join(folder, 'runtime/zephr'));
    const { code, stderr } = await sh('chmod 755 runtime/zephr; zephr vault unlock');
    expect(stderr).toContain('others can get into');
    expect(code).toBe(4);
  });

  it.skipIf(!HAS_SCRIPT)(`are a passphrase that is asked for${because}`, async () => {
    const session = await vaultSession();
    rmSync(join(session.folder, 'key'));
    session.env.ZEPHR_VAULT_KEY_FILE = '';
    const made = await type(session, "echo 'secret value' | zephr vault set A", [
      ['choose its passphrase: ', 'correct horse\r'],
      ['passphrase again: ', 'correct horse\r'],
    ]);
    expect([made.code, made.screen]).toEqual([0, expect.stringContaining('A is kept')]);
    const shown = await type(session, 'zephr vault reveal A', [
      ['Vault passphrase: ', 'wrong\r'],
      ['That was wrong. Vault passphrase: ', 'correct horse\r'],
    ]);
    expect([shown.code, shown.screen]).toEqual([0, expect.stringContaining('secret value\r\n')]);
    expect(made.screen + shown.screen).not.toContain('correct horse');
  });
});

describe('what a person alone may do', () => {
  it.each([
    'zephr vault reveal A',
    'zephr vault bind A --host h.example',
    'zephr vault trust',
    'zephr vault unlock --keychain',
  ])('%s is exit 4 without a terminal', async (script) => {
    const { sh } = await vaultSession({ A: 'hunter2' });
    const { code, stdout, stderr } = await sh(script);
    expect(stderr).toContain('needs a person at a terminal');
    expect(stdout).toBe('');
    expect(code).toBe(4);
  });

  it.skipIf(!HAS_SCRIPT)(`is done at a terminal${because}`, async () => {
    const session = await vaultSession({ A: 'hunter2' });
    const bound = await type(session, 'zephr vault bind A --host h.example --as bearer', []);
    expect([bound.code, bound.screen]).toEqual([0, expect.stringContaining('h.example bearer')]);
    const { code, stderr } = await session.sh('zephr run --only A -- echo started');
    expect([code, stderr]).toEqual([125, expect.stringContaining('A is bound to hosts')]);
    const piped = await type(session, 'zephr vault reveal A | cat', []);
    expect(piped.screen).not.toContain('hunter2');
    await type(session, 'zephr vault bind A --unbind', []);
    expect((await session.sh(print('A'))).stdout).toBe(hashOf('hunter2'));
  });
});
