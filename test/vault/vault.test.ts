import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Bytes, encodeUtf8 } from '../../src/core/bytes.js';
import { changeVaultText, readVaultText } from '../../src/vault/file.js';
import { parseVault } from '../../src/vault/format.js';
import type { VaultRecord } from '../../src/vault/records.js';
import type { Opener } from '../../src/vault/slots.js';
import { Vault } from '../../src/vault/vault.js';
import vectors from '../vectors/vault.json' with { type: 'json' };

/** Cheap in place of Argon2id, whose own answers other tests know. */
const stretch = async (passphrase: Uint8Array, salt: Uint8Array): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.of(...passphrase, ...salt)));

const KEY_FILE: Opener = { kind: 'keyfile', bytes: new Uint8Array(32).fill(7) };
const PASSPHRASE: Opener = { kind: 'passphrase', passphrase: 'correct horse' };

function secret(name: string, value: string, more: Partial<VaultRecord> = {}): VaultRecord {
  return {
    project: 'default',
    environment: 'default',
    name,
    policy: {},
    changedAt: 1_000,
    value: encodeUtf8(value),
    ...more,
  };
}

async function filled(...records: VaultRecord[]): Promise<Vault> {
  const vault = await Vault.create(KEY_FILE);
  for (const record of records) await vault.set(record);
  return vault;
}

function reopened(text: string, opener: Opener = KEY_FILE): Promise<Vault> {
  return Vault.open(parseVault(text), opener, { stretch });
}

/** What a vault says of each secret. */
function shown(vault: Vault): string[] {
  return vault.list().map(({ name, value }) => `${name}=${Buffer.from(value ?? []).toString()}`);
}

describe('a vault', () => {
  it('gives back what was set, replaced and removed', async () => {
    const vault = await filled(
      secret('B', 'two'),
      secret('A', 'one'),
      secret('C', 'three'),
      secret('A', 'once more'),
    );
    expect(await vault.remove(secret('B', ''), 2_000)).toBe(true);
    expect(await vault.remove(secret('B', ''), 2_000)).toBe(false);
    const again = await reopened(await vault.format());
    expect(shown(again)).toEqual(['A=once more', 'C=three']);
    expect(again.get(secret('B', ''))).toBeNull();
  });

  it('tells projects and environments apart, and keeps policies', async () => {
    const policy = { hosts: ['api.example.com:443/v1*'], as: 'bearer', methods: ['GET'], approve: true };
    const vault = await reopened(
      await (
        await filled(
          secret('KEY', 'dev', { environment: 'dev' }),
          secret('KEY', 'prod', { environment: 'prod', policy, expiresAt: 9 }),
          secret('KEY', 'other', { project: 'other' }),
        )
      ).format(),
    );
    expect(vault.list({ project: 'default' }).map(({ environment }) => environment)).toEqual(['dev', 'prod']);
    expect(vault.get(secret('KEY', '', { environment: 'prod' }))).toMatchObject({ policy, expiresAt: 9 });
  });

  it('opens by each of its slots, and by its key', async () => {
    const vault = await filled(secret('A', 'one'));
    await vault.addSlot(PASSPHRASE, { stretch });
    const text = await vault.format();
    expect(shown(await reopened(text, KEY_FILE))).toEqual(['A=one']);
    expect(shown(await reopened(text, PASSPHRASE))).toEqual(['A=one']);
    const wrong: Opener = { kind: 'passphrase', passphrase: 'correct house' };
    await expect(reopened(text, wrong)).rejects.toMatchObject({ code: 'WRONG_OPENER' });
    const other: Opener = { kind: 'keychain', bytes: new Uint8Array(32) };
    await expect(reopened(text, other)).rejects.toMatchObject({ code: 'NO_SUCH_SLOT' });
  });

  it('takes a passphrase by its characters, however they are composed', async () => {
    const vault = await Vault.create({ kind: 'passphrase', passphrase: 'M\u00fcller' }, { stretch });
    await reopened(await vault.format(), { kind: 'passphrase', passphrase: 'Mu\u0308ller' });
  });

  it('hides names, and lengths of names and values', async () => {
    const text = await (await filled(secret('DB_PASSWORD', 'hunter2'))).format();
    expect(text).not.toMatch(/DB_PASSWORD|hunter2/);
    const longer = await (await filled(secret('A_MUCH_LONGER_NAME', 'hunter2hunter2'))).format();
    expect(longer.length).toBe(text.length);
  });

  it.each<[string, Partial<VaultRecord>]>([
    ['small letters', { name: 'key' }],
    ['a digit first', { name: '1KEY' }],
    ['something like a secret', { name: 'hunter2!' }],
    ['nothing', { name: '' }],
    ['a path as the project', { project: '../x' }],
    ['a NUL', { environment: 'a\0b' }],
  ])('refuses a name with %s, without repeating it', async (_, more) => {
    const failure = await filled(secret('KEY', 'x', more)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'INVALID_NAME' });
    expect(String(failure)).not.toContain('hunter2');
  });

  it('refuses an empty secret', async () => {
    await expect(filled(secret('KEY', ''))).rejects.toMatchObject({ code: 'EMPTY_SECRET' });
  });

  it('refuses a file of a later zephr by saying so', async () => {
    const text = (await (await filled()).format()).replace('"version":1', '"version":2');
    expect(() => parseVault(text)).toThrow(expect.objectContaining({ code: 'VAULT_TOO_NEW' }));
  });
});

describe('a record that is sealed, but holds something else than records do', () => {
  it.each<[string, Partial<VaultRecord>]>([
    // JSON has no such number, and keeps null.
    ['no time of its change', { changedAt: Number.NaN }],
    ['an end that is no time', { expiresAt: Number.NaN }],
  ])('is refused with %s', async (_, wrong) => {
    const text = await (await filled(secret('A', 'one', wrong))).format();
    await expect(reopened(text)).rejects.toMatchObject({ code: 'VAULT_DAMAGED' });
  });
});

describe('the file of a vault', () => {
  it('is that of the known answer', async () => {
    let drawn = 0;
    const random = (length: number) => new Uint8Array(length).map(() => drawn++ % 251);
    const vault = await Vault.create(KEY_FILE, { random });
    await vault.set(secret('DB_PASSWORD', 'correct horse', { policy: { run: true }, expiresAt: 5_000 }));
    await vault.set(secret('TOKEN', 'x', { environment: 'prod' }));
    await vault.remove(secret('TOKEN', '', { environment: 'prod' }), 2_000);
    expect(await vault.format()).toBe(vectors.text);
    const opened = await reopened(vectors.text);
    expect(shown(opened)).toEqual(['DB_PASSWORD=correct horse']);
  });

  it('is refused with any byte of it changed', async () => {
    const vault = await filled(secret('A', 'one'), secret('B', 'two'));
    const text = await vault.format();
    let tries = 0;
    for (let at = 0; at < text.length; at++) {
      for (const bit of [1, 2, 0x20]) {
        const changed = String.fromCharCode(text.charCodeAt(at) ^ bit);
        const failure = await (async () => reopened(text.slice(0, at) + changed + text.slice(at + 1)))().then(
          () => 'opened',
          (error: { readonly code: string }) => error.code,
        );
        expect(failure, `byte ${at}`).toMatch(/^(VAULT_DAMAGED|WRONG_OPENER|NO_SUCH_SLOT|VAULT_TOO_NEW)$/);
        tries++;
      }
    }
    console.info(`${tries} changed bytes refused`);
  });

  it('is refused with records swapped, put back or left out, and with the slot of another vault', async () => {
    const vault = await filled(secret('A', 'one'), secret('B', 'two'));
    const before = await vault.format();
    await vault.set(secret('A', 'changed'));
    const text = await vault.format();
    const records = /"records":\[(\{.*?\}),(\{.*?\})\]/;
    const [, old = ''] = records.exec(before) ?? [];
    const [, first = '', second = ''] = records.exec(text) ?? [];
    const bodies = (record: string) => /"sealed":"(.*?)"/.exec(record)?.[1] ?? '';
    const other = await (await filled()).format();
    const slots = /"slots":\[(.*?)\]/;
    await vault.addSlot({ kind: 'keyfile', bytes: new Uint8Array(32).fill(9) });
    const withTwo = await vault.format();
    const [, firstSlot = '', secondSlot = ''] = /"slots":\[(\{.*?\}),(\{.*?\})\]/.exec(withTwo) ?? [];
    const wrong = [
      text.replace(first, old),
      text.replace(`${first},${second}`, `${second},${first}`),
      text.replace(`${first},`, ''),
      text
        .replace(bodies(first), 'X')
        .replace(bodies(second), bodies(first))
        .replace('"X"', `"${bodies(second)}"`),
      text.replace(slots, slots.exec(other)?.[0] ?? ''),
      withTwo.replace(`${firstSlot},${secondSlot}`, `${secondSlot},${firstSlot}`),
    ];
    for (const one of wrong) {
      expect(one).not.toBe(text);
      expect(one).not.toBe(withTwo);
      const failure = await (async () => reopened(one))().catch(
        (error: { readonly code: string }) => error.code,
      );
      expect(failure).toMatch(/^(VAULT_DAMAGED|WRONG_OPENER)$/);
    }
  });
});

/** A storage in a folder of its own. */
function storage() {
  const folder = mkdtempSync(join(tmpdir(), 'zephr-vault-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const replace = async (path: string, text: string) => {
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
  };
  const isRunning = (pid: number) => pid === process.pid;
  return { folder, path: join(folder, 'vault.json'), replace, pid: process.pid, isRunning };
}

describe('changing the file', () => {
  it('is done by one at a time, however many there are', async () => {
    const place = storage();
    const changes = Array.from({ length: 50 }, () =>
      changeVaultText(place, async (text) => `${Number(text ?? 0) + 1}`),
    );
    await Promise.all(changes);
    expect(readVaultText(place.path)).toBe('50');
    expect(readdirSync(place.folder)).toEqual(['vault.json']);
  });

  it('leaves the file alone when it fails', async () => {
    const place = storage();
    writeFileSync(place.path, 'before');
    const failing = changeVaultText(place, () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(readFileSync(place.path, 'utf8')).toBe('before');
    expect(readdirSync(place.folder)).toEqual(['vault.json']);
  });

  it('goes on after a process that died with the lock', async () => {
    const place = storage();
    writeFileSync(`${place.path}.lock`, `${process.pid + 1} ${hostname()} x`);
    await Promise.all(
      Array.from({ length: 20 }, () => changeVaultText(place, async (text) => `${Number(text ?? 0) + 1}`)),
    );
    expect(readVaultText(place.path)).toBe('20');
    expect(readdirSync(place.folder)).toEqual(['vault.json']);
  });
});
