/** The vault of `zephr/testing`: it refuses what a real one would, and records names and no values. */

import { describe, expect, it } from 'vitest';
import { HostNotAllowedError, SecretNotFoundError, UseNotAllowedError } from '../../src/cli/sdk/vault.js';
import { createTestVault } from '../../src/testing.js';

const vaultOf = () =>
  createTestVault({
    secrets: {
      API_KEY: { hosts: ['api.example.com'], as: 'bearer', methods: ['GET'] },
      DB_PASSWORD: {},
    },
    answer: ({ url }) => ({ status: 201, headers: { 'X-Seen': url }, body: '{"ok":true}' }),
    end: ({ command }) => ({ code: 3, stdout: `${command}\n` }),
  });

describe('a test vault', () => {
  it('records a request, and gives the answer of the test', async () => {
    const vault = vaultOf();
    const response = await vault.callWithSecret('https://api.example.com/v1?token=hunter2', {
      bearer: 'API_KEY',
      headers: { 'X-Other': 'hunter2' },
      agent: 'robot',
    });
    expect(response).toMatchObject({ status: 201, headers: { 'x-seen': ['https://api.example.com/v1'] } });
    expect(response.json()).toEqual({ ok: true });
    expect(vault.calls).toEqual([
      {
        method: 'GET',
        url: 'https://api.example.com/v1',
        secrets: [{ name: 'API_KEY', as: 'bearer' }],
        agent: 'robot',
        refused: null,
      },
    ]);
  });

  it('refuses as a real one does, and records that too', async () => {
    const vault = vaultOf();
    const call = (url: string, options: object) => vault.callWithSecret(url, options).catch((error) => error);
    const elsewhere = await call('https://other.example/', { bearer: 'API_KEY' });
    expect(elsewhere).toBeInstanceOf(HostNotAllowedError);
    expect(elsewhere.host).toBe('other.example');
    expect(await call('https://api.example.com/', { bearer: 'NONE' })).toBeInstanceOf(SecretNotFoundError);
    expect(await call('https://api.example.com/', { query: { k: 'API_KEY' } })).toBeInstanceOf(
      UseNotAllowedError,
    );
    const run = await vault.runWithSecrets('psql', [], { only: ['API_KEY'] }).catch((error) => error);
    expect(run).toBeInstanceOf(UseNotAllowedError);
    expect(vault.calls.map(({ refused }) => refused)).toEqual([
      'HOST_NOT_BOUND',
      'NO_SUCH_NAME',
      'SLOT_NOT_ALLOWED',
    ]);
    expect(vault.runs).toEqual([{ command: 'psql', args: [], secrets: ['API_KEY'], refused: 'NOT_ALLOWED' }]);
  });

  it('has no place for a value', async () => {
    const vault = vaultOf();
    await vault.setSecret('NEW_KEY', 'hunter2');
    expect(await vault.runWithSecrets('psql', ['-l'])).toEqual({
      code: 3,
      signal: null,
      stdout: 'psql\n',
      stderr: null,
    });
    expect((await vault.listSecrets()).map(({ name }) => name)).toEqual([
      'API_KEY',
      'DB_PASSWORD',
      'NEW_KEY',
    ]);
    expect(vault.runs).toEqual([
      { command: 'psql', args: ['-l'], secrets: ['DB_PASSWORD', 'NEW_KEY'], refused: null },
    ]);
    expect(await vault.deleteSecret('NEW_KEY')).toBe(true);
    expect(JSON.stringify([vault.calls, vault.runs, await vault.listSecrets()])).not.toContain('hunter2');
    await expect(vault.setSecret('not a name', 'x')).rejects.toThrow('capital letters');
  });
});
