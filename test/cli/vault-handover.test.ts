/** Between links and the vault, unseen: `zephr get --to-vault` and `zephr --from-vault`. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sharedServer } from '../support/shared-server.js';
import { HAS_SCRIPT, type } from '../support/typing.js';
import { type VaultSession, vaultSession } from '../support/vault.js';

const server = sharedServer();

const because = HAS_SCRIPT ? '' : ' (skipped: there is no script of util-linux)';

const session = (secrets = {}) => vaultSession(secrets, { ZEPHR_SERVER: server.url });

/** Whether the vault has this value under the name: a command sees it, and its output would be masked. */
async function holds({ sh }: VaultSession, name: string, value: string): Promise<boolean> {
  const hash = createHash('sha256').update(value).digest('hex');
  const { stdout } = await sh(`zephr run --only ${name} -- sh -c 'printf %s "$${name}" | sha256sum'`);
  return stdout.startsWith(hash);
}

describe('zephr get --to-vault', () => {
  it('puts the secret of a link under a name, and shows it nowhere', async () => {
    const one = await session();
    await one.sh('echo x | zephr vault set OTHER');
    const { stdout, stderr, code } = await one.sh(
      'echo correct horse | zephr -q > link; zephr get --to-vault DB_PASSWORD < link',
    );
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toContain('the secret is DB_PASSWORD in the default project');
    expect(stderr).not.toContain('correct');
    expect(await holds(one, 'DB_PASSWORD', 'correct horse')).toBe(true);
    expect((await one.sh('zephr get < link')).code).toBe(6);
    const log = await one.sh('zephr vault log --json --secret DB_PASSWORD');
    expect(JSON.parse(log.stdout).entries[0]).toMatchObject({ command: 'get', decision: 'allowed' });
  });

  it('takes an answer to a request, into a project and an environment', async () => {
    const one = await session({ OTHER: 'x' });
    const { stdout, code } = await one.sh(
      `zephr request -q > link; printf 'correct horse' | zephr give -q "$(cat link)"
       zephr get --json --to-vault DB_PASSWORD -P shop -E dev "$(ls .local/state/zephr/requests | cut -c-22)"`,
    );
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      { project: 'shop', environment: 'dev', name: 'DB_PASSWORD' },
    ]);
    expect((await one.sh('zephr vault ls --all')).stdout).toMatch(/^shop\/dev +DB_PASSWORD/m);
  });

  it.each<[string, string, number, string]>([
    ['a name that is taken', '--to-vault TAKEN', 4, 'TAKEN exists'],
    ['what is no name', '--to-vault hunter2', 2, 'a name has capital letters'],
    ['two places', '--to-vault NEW -o file', 2, 'the secret goes to one place'],
    ['a vault that is locked', '--to-vault NEW --vault-key-file nowhere', 2, 'there is no such file'],
  ])('refuses %s before the secret is asked for', async (_, options, code, message) => {
    const one = await session({ TAKEN: 'old' });
    await one.sh('echo secret | zephr -q > link');
    const refused = await one.sh(`zephr get ${options} < link`);
    expect([refused.code, refused.stderr]).toEqual([code, expect.stringContaining(message)]);
    expect(refused.stderr).not.toContain('hunter2');
    expect((await one.sh('zephr get < link')).stdout).toBe('secret\n');
  });

  it('replaces with --force and keeps the bindings, and can be tried again when it does not arrive', async () => {
    const one = await session();
    await one.sh('echo old | zephr vault set K --host h.example --run');
    await one.sh('echo new | zephr -q > link');
    // Once the secret has come, the log cannot be written any more.
    const log = join(one.folder, '.local/state/zephr/audit.jsonl');
    const before = readFileSync(one.vault, 'utf8');
    const failed = await one.sh(`mv ${log} kept; mkdir ${log}; zephr get --to-vault K --force < link`);
    expect(failed.stderr).toContain('what cannot be logged is refused');
    expect(failed.stderr).toMatch(/the same command reads it again within/);
    expect(readFileSync(one.vault, 'utf8')).toBe(before);
    const again = await one.sh(`rmdir ${log}; mv kept ${log}; zephr get --to-vault K --force < link`);
    expect(again.code, again.stderr).toBe(0);
    expect(await holds(one, 'K', 'new')).toBe(true);
    expect((await one.sh('zephr vault ls')).stdout).toContain('h.example');
  });
});

describe('zephr --from-vault', () => {
  it('is for a person at a terminal, and that a program tried is in the log', async () => {
    const one = await session({ K: 'correct horse' });
    const { code, stdout, stderr } = await one.sh('zephr --from-vault K');
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toContain('zephr --from-vault needs a person at a terminal');
    const log = await one.sh('zephr vault log --json --blocked');
    expect(JSON.parse(log.stdout).entries).toMatchObject([{ command: 'create', secrets: ['K'] }]);
  });

  it.skipIf(!HAS_SCRIPT)(`sends the value, and shows it nowhere${because}`, async () => {
    const one = await session({ K: 'correct horse' });
    const { screen, code } = await type(one, 'zephr --from-vault K > link; zephr --from-vault NONE', []);
    expect([code, screen]).toEqual([5, expect.stringContaining('there is no secret NONE')]);
    expect(screen).not.toContain('correct');
    expect((await one.sh('zephr get -q < link')).stdout).toBe('correct horse');
    expect((await one.sh('zephr --from-vault K -a link')).stderr).toContain('sent alone');
  });
});
