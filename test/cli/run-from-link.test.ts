/** `zephr run --from-link`: the secrets of one-time links, used up once the command has started and not before. */

import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Session } from '../support/session.js';
import { sharedServer } from '../support/shared-server.js';
import { vaultSession } from '../support/vault.js';

const server = sharedServer();

const claimsOf = ({ folder }: Session) => {
  const path = join(folder, '.local/state/zephr/claims');
  return existsSync(path) ? readdirSync(path) : [];
};

describe('zephr run --from-link', () => {
  it('gives the secrets of links, masked, without a vault, and uses them up', async () => {
    const one = server.session();
    const { stdout, stderr, code } = await one.sh(
      `echo correct horse | zephr -q > a; printf 'battery\\nstaple\\n' | zephr -q --split > b
       zephr run --from-link A=a --from-link B=b -- sh -c 'echo "<$A> $(printf %s "$B" | wc -c)"; exit 3'`,
    );
    expect(stderr).toBe('');
    expect([code, stdout]).toEqual([3, '<[masked A]> 15\n']);
    expect((await one.sh('zephr get < a')).code).toBe(6);
    expect((await one.sh('zephr get < b')).code).toBe(6);
    expect(claimsOf(one)).toEqual([]);
  });

  it('acknowledges once the command has started, while it still runs', async () => {
    const one = server.session();
    const { stdout, code } = await one.sh(
      `echo correct horse | zephr -q > a; touch wait
       zephr run --from-link A=a -- sh -c 'while test -e wait; do sleep 0.05; done; echo done' &
       until zephr status --is read < a && ! ls .local/state/zephr/claims/* > /dev/null 2>&1; do sleep 0.05; done
       rm wait; wait $!`,
    );
    expect([code, stdout]).toEqual([0, 'done\n']);
  });

  it('comes beside secrets of the vault, and before them under one name', async () => {
    const one = await vaultSession(
      { A: 'of the vault', B: 'of the vault too' },
      { ZEPHR_SERVER: server.url },
    );
    const { stdout } = await one.sh(
      `echo of the link | zephr -q > a
       zephr run --from-link A=a -- sh -c 'echo "$A, $B"; echo "$A" | wc -c'`,
    );
    expect(stdout).toBe('[masked A], [masked B]\n12\n');
  });

  it('is read again by the same command line when the command could not be started', async () => {
    const one = server.session();
    writeFileSync(join(one.folder, 'script'), '#!/nowhere\n', { mode: 0o755 });
    const failed = await one.sh('echo correct horse | zephr -q > a; zephr run --from-link A=a -- ./script');
    expect(failed.code).toBe(127);
    expect(failed.stderr).toContain('names an interpreter that is not there');
    expect(failed.stderr).toContain('the same command reads it again within');
    expect(claimsOf(one)).toHaveLength(1);
    const again = await one.sh('zephr run --from-link A=a -- sh -c \'echo "$A"\'');
    expect(again).toMatchObject({ code: 0, stdout: '[masked A]\n' });
    expect(claimsOf(one)).toEqual([]);
  });

  it.each([
    ['A', 'a variable, = and a file'],
    ['A=nowhere', 'no link in nowhere'],
    ['A=other', 'that is not a zephr link'],
    ['1=a', 'a variable, = and a file'],
  ])('refuses %s before anything is asked for', async (option, message) => {
    const one = server.session();
    const { code, stdout, stderr } = await one.sh(
      `echo correct horse | zephr -q > a; echo hunter2 > other; zephr run --from-link A=a --from-link ${option} -- echo started`,
    );
    expect([code, stdout]).toEqual([125, '']);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('hunter2');
    expect((await one.sh('zephr get < a')).stdout).toBe('correct horse\n');
  });

  it('needs the vault for what is in it', async () => {
    const { sh } = server.session();
    const { code, stderr } = await sh(
      'echo x | zephr -q > a; zephr run --only B --from-link A=a -- echo started; c=$?; zephr status --is waiting < a && exit $c',
    );
    expect([code, stderr]).toEqual([125, expect.stringContaining('there is no vault here yet')]);
  });
});
