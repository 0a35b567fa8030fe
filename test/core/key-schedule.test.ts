import { createHash, hkdfSync } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import {
  formatLinkProof,
  formatProof,
  linkProofHash,
  type PassphraseKdf,
  proofHash,
  unlockKey,
} from '../../src/core/crypto/key-schedule.js';
import { formatKey, generateKey, parseKey } from '../../src/core/key.js';
import { v2 } from './vectors.js';

const argon2id = vi.hoisted(() => ({ loaded: 0 }));
vi.mock('../../src/core/crypto/argon2id.js', async (original) => {
  argon2id.loaded++;
  return original();
});

const plainKey = generateKey(2);
const lockedKey = generateKey(2, true);

/** A KDF that is no work, and the inputs it was called with. */
function cheapKdf(): {
  kdf: PassphraseKdf;
  calls: { passphrase: Uint8Array; text: string; salt: Uint8Array }[];
} {
  const calls: { passphrase: Uint8Array; text: string; salt: Uint8Array }[] = [];
  const kdf: PassphraseKdf = async (passphrase, salt) => {
    calls.push({ passphrase, text: Buffer.from(passphrase).toString(), salt });
    return new Uint8Array(createHash('sha256').update(passphrase).update(salt).digest());
  };
  return { kdf, calls };
}

describe('the key schedule', () => {
  it('does not load Argon2id for a key without a passphrase', async () => {
    await unlockKey(plainKey);
    expect(argon2id.loaded).toBe(0);
  });

  it.each(v2.seal)('gives the proofs of the vector $name, and their hashes', async (vector) => {
    const unlocked = await unlockKey(parseKey(vector.key), vector.passphrase);
    expect(formatProof(unlocked)).toBe(vector.proof);
    expect(await proofHash(unlocked)).toBe(vector.proof_hash);
    expect(formatLinkProof(unlocked)).toBe(vector.link_proof ?? null);
    expect(await linkProofHash(unlocked)).toBe(vector.link_proof_hash ?? null);
  });

  it('has vectors with a link proof: those with a passphrase', () => {
    const withProof = v2.seal.filter((vector) => vector.link_proof !== undefined);
    expect(withProof.length).toBeGreaterThan(1);
    expect(withProof).toEqual(v2.seal.filter((vector) => vector.passphrase !== undefined));
  });

  it('gives the same link proof whatever the passphrase is', async () => {
    const { kdf } = cheapKdf();
    const [one, other] = await Promise.all(['x', 'y'].map((text) => unlockKey(lockedKey, text, kdf)));
    expect(one?.linkProof).toEqual(other?.linkProof);
    expect(one?.proof).not.toEqual(other?.proof);
  });

  it('derives a salt of 16 bytes from the key', async () => {
    const { kdf, calls } = cheapKdf();
    await unlockKey(lockedKey, 'x', kdf);
    const salt = hkdfSync('sha256', lockedKey.bytes, '', 'zephr/v2/passphrase-salt', 16);
    expect(calls[0]?.salt).toEqual(new Uint8Array(salt));
  });

  it('takes a passphrase in any normal form for the same', async () => {
    const { kdf, calls } = cheapKdf();
    const composed = await unlockKey(lockedKey, 'p\u00e4ss\ufb01', kdf);
    const decomposed = await unlockKey(lockedKey, 'pa\u0308ss\ufb01', kdf);
    expect(decomposed.proof).toEqual(composed.proof);
    expect(calls.map(({ text }) => text)).toEqual(['p\u00e4ss\ufb01', 'p\u00e4ss\ufb01']);
  });

  it('tells passphrases apart to the last space', async () => {
    const { kdf } = cheapKdf();
    const proofs = await Promise.all(
      ['x', 'X', ' x', 'x ', 'x\n'].map(async (text) => formatProof(await unlockKey(lockedKey, text, kdf))),
    );
    expect(new Set(proofs).size).toBe(5);
  });

  it('makes another proof of the same bytes without a passphrase', async () => {
    const { kdf } = cheapKdf();
    const locked = await unlockKey(lockedKey, 'x', kdf);
    const plain = await unlockKey({ ...lockedKey, passphrase: false });
    expect(locked.proof).not.toEqual(plain.proof);
  });

  it('keeps its encryption key from being taken out', async () => {
    const { encryptionKey } = await unlockKey(plainKey);
    expect(encryptionKey.extractable).toBe(false);
    await expect(crypto.subtle.exportKey('raw', encryptionKey)).rejects.toThrow();
  });

  it('wipes the passphrase and what was made of it, also when the KDF fails', async () => {
    const { kdf, calls } = cheapKdf();
    const made: Uint8Array[] = [];
    await unlockKey(lockedKey, 'secret', async (passphrase, salt) => {
      const bytes = await kdf(passphrase, salt);
      made.push(bytes);
      return bytes;
    });
    const failing: PassphraseKdf = async (passphrase) => {
      made.push(passphrase);
      throw new Error('out of memory');
    };
    await expect(unlockKey(lockedKey, 'secret', failing)).rejects.toThrow('out of memory');
    expect(calls[0]?.passphrase).toEqual(new Uint8Array(6));
    expect(made).toEqual([new Uint8Array(32), new Uint8Array(6)]);
  });

  it('leaves the link key as it is', async () => {
    const before = formatKey(plainKey);
    await unlockKey(plainKey);
    expect(formatKey(plainKey)).toBe(before);
  });

  it.each([undefined, ''])('needs a passphrase where the key says so, and %j is none', async (passphrase) => {
    const { kdf, calls } = cheapKdf();
    await expect(unlockKey(lockedKey, passphrase, kdf)).rejects.toMatchObject({
      name: 'ValidationError',
      code: 'PASSPHRASE_REQUIRED',
    });
    expect(calls).toEqual([]);
  });

  it.each(['x', ''])('takes no passphrase where the key says so, not even %j', async (passphrase) => {
    await expect(unlockKey(plainKey, passphrase)).rejects.toMatchObject({
      name: 'ValidationError',
      code: 'UNEXPECTED_PASSPHRASE',
    });
  });

  it('takes no passphrase that UTF-8 cannot say', async () => {
    await expect(unlockKey(lockedKey, 'x\ud83d')).rejects.toMatchObject({ code: 'INVALID_PASSPHRASE' });
  });

  it('is not for keys of version 1', async () => {
    await expect(unlockKey(generateKey(1))).rejects.toMatchObject({
      name: 'ValidationError',
      code: 'INVALID_KEY',
    });
  });
});
