/** `zephr/vault`, as a program uses the built package: secrets go in and to commands, and none comes back. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type VaultSession, vaultSession } from '../support/vault.js';

const bundle = fileURLToPath(new URL('../../dist/vault.js', import.meta.url));

/** Runs a program, and gives what it prints as JSON. */
async function program({ sh, folder }: VaultSession, code: string): Promise<unknown> {
  const imports = `import * as vault from ${JSON.stringify(bundle)};`;
  writeFileSync(join(folder, 'program.mjs'), `${imports}\n${code}\n`);
  const { stdout, stderr } = await sh('node program.mjs');
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

/** What is thrown, as `code`. */
const codeOf = (call: string) =>
  `console.log(JSON.stringify(await ${call}.then(() => 'none', (error) => error.code)))`;

describe('zephr/vault', () => {
  it('has no way to a value', async () => {
    const names = await program(
      await vaultSession(),
      'console.log(JSON.stringify(Object.keys(vault).sort()))',
    );
    expect(names).toEqual(['deleteSecret', 'listSecrets', 'runWithSecrets', 'setSecret']);
  });

  it('keeps secrets, lists them, starts commands with them and destroys them', async () => {
    const session = await vaultSession();
    const seen = await program(
      session,
      `await vault.setSecret('A', 'correct horse');
       await vault.setSecret('B', new TextEncoder().encode('battery staple'), { environment: 'other' });
       const listed = await vault.listSecrets();
       const run = await vault.runWithSecrets('sh', ['-c', 'echo "$A$B"; echo "$A" >&2; exit 3'], { capture: true });
       const none = await vault.runWithSecrets('sh', ['-c', 'echo "<$A>"'], { only: [], capture: true });
       const killed = await vault.runWithSecrets('sh', ['-c', 'kill -TERM $$']);
       const gone = [await vault.deleteSecret('A'), await vault.deleteSecret('A')];
       console.log(JSON.stringify({ listed: listed.map(({ name, hosts }) => ({ name, hosts })), run, none, killed, gone }));`,
    );
    expect(seen).toEqual({
      listed: [{ name: 'A', hosts: [] }],
      run: { code: 3, signal: null, stdout: '[masked A]\n', stderr: '[masked A]\n' },
      none: { code: 0, signal: null, stdout: '<>\n', stderr: '' },
      killed: { code: null, signal: 'SIGTERM', stdout: null, stderr: null },
      gone: [true, false],
    });
    expect((await session.sh('zephr vault ls --all')).stdout).toContain('default/other  B');
  });

  it('lets the output of a command go on, masked', async () => {
    const session = await vaultSession({ A: 'correct horse' });
    const code = `await vault.runWithSecrets('sh', ['-c', 'echo "\\\\"$A\\\\""'])`;
    expect(await program(session, code)).toBe('[masked A]');
  });

  it('refuses what the command line refuses', async () => {
    const session = await vaultSession({ A: 'one' });
    await session.sh('echo x | zephr vault set K --host h.example');
    expect(await program(session, codeOf(`vault.runWithSecrets('true', [], { only: ['K'] })`))).toBe(
      'NOT_ALLOWED',
    );
    expect(await program(session, codeOf(`vault.runWithSecrets('true', [], { only: ['N'] })`))).toBe(
      'NO_SUCH_NAME',
    );
    expect(await program(session, codeOf(`vault.runWithSecrets('/nowhere')`))).toBe('NO_COMMAND');
    expect(await program(session, codeOf(`vault.setSecret('a', 'x')`))).toBe('INVALID_NAME');
    expect(await program(session, codeOf(`vault.setSecret('A', '')`))).toBe('EMPTY_SECRET');
    expect(await program(session, codeOf(`vault.listSecrets({ project: '.zephr' })`))).toBe('INVALID_NAME');
    expect(await program(session, codeOf(`vault.listSecrets({ keyFile: 'none' })`))).toBe('INVALID_KEY_FILE');
    session.env.ZEPHR_VAULT_KEY_FILE = '';
    expect(await program(session, codeOf('vault.listSecrets()'))).toBe('VAULT_LOCKED');
  });
});
