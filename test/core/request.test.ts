import { describe, expect, it, vi } from 'vitest';
import { decodeBase64url, encodeBase64url } from '../../src/core/base64url.js';
import { type Bytes, concatBytes, encodeUtf8 } from '../../src/core/bytes.js';
import { writeFrame } from '../../src/core/crypto/frame.js';
import {
  checkFingerprint,
  deriveAnswerKeys,
  deriveCollectKeys,
  fingerprintOf,
  openMessage,
  type RequestMessage,
  sealMessage,
  unwrapAnswerKey,
  wrapAnswerKey,
} from '../../src/core/crypto/request.js';
import { sealChunks } from '../../src/core/crypto/stream.js';
import { gathered } from './byte-source.js';
import { refusedAlike } from './damage.js';
import { requests as vectors } from './vectors.js';

/** What stands behind the dot of a key: fingerprint and link secret of `r1`, the seed of `c1`. */
function keyBytes(key = ''): Bytes {
  return decodeBase64url(key.slice(3));
}

const SEED = keyBytes(`c1.${vectors.requests[0]?.S}`);
const [answerKeys, collectKeys] = await Promise.all([
  deriveAnswerKeys((await deriveCollectKeys(SEED)).linkSecret),
  deriveCollectKeys(SEED),
]);

describe('a request', () => {
  it.each(vectors.requests)('derives the keys of the vector "$name"', async (vector) => {
    const { linkSecret, receipt, keyPair } = await deriveCollectKeys(decodeBase64url(vector.S));
    const { proof, info } = await deriveAnswerKeys(linkSecret);
    const sealed = decodeBase64url(vector.sealed_message);
    const fingerprint = await fingerprintOf(keyPair.publicKey, sealed);
    expect({
      public_key: encodeBase64url(keyPair.publicKey),
      receipt: encodeBase64url(receipt),
      proof: encodeBase64url(proof),
      info: encodeBase64url(info),
      request_key: `r1.${encodeBase64url(concatBytes(fingerprint, linkSecret))}`,
    }).toEqual({
      public_key: vector.public_key,
      receipt: vector.receipt,
      proof: vector.proof,
      info: vector.info,
      request_key: vector.request_key,
    });
  });

  it.each(vectors.requests)('seals and opens the message of the vector "$name"', async (vector) => {
    const keys = await deriveAnswerKeys(keyBytes(vector.request_key).slice(16));
    const message: RequestMessage = JSON.parse(vector.message_meta || '{}');
    expect(encodeBase64url(await sealMessage(message, keys))).toBe(vector.sealed_message);
    expect(await openMessage(decodeBase64url(vector.sealed_message), keys)).toEqual(message);
  });

  it.each(vectors.requests)('wraps and unwraps the answer of the vector "$name"', async (vector) => {
    const { answer } = vector;
    const asker = await deriveCollectKeys(decodeBase64url(vector.S));
    const keys = await deriveAnswerKeys(asker.linkSecret);
    const [K, ikm] = [decodeBase64url(answer.K), decodeBase64url(answer.ephemeral_ikm)];
    const wrapped = await wrapAnswerKey(K, decodeBase64url(vector.public_key), keys, vector.id, ikm);
    expect(wrapped).toBe(answer.wrapped_key);
    expect(await unwrapAnswerKey(wrapped, asker, keys, vector.id)).toEqual(K);
    const another = await wrapAnswerKey(K, decodeBase64url(vector.public_key), keys, vector.id);
    expect(another).not.toBe(wrapped);
    expect(await unwrapAnswerKey(another, asker, keys, vector.id)).toEqual(K);
  });

  it.each(vectors.refuse)('refuses the vector "$name"', async (vector) => {
    const wrapped = vector.wrapped_key;
    if (wrapped !== undefined) {
      const asker = await deriveCollectKeys(keyBytes(vector.collect_key));
      const keys = await deriveAnswerKeys(asker.linkSecret);
      await refusedAlike(unwrapAnswerKey(wrapped, asker, keys, vector.id ?? ''));
      return;
    }
    const own = vectors.requests.find(({ request_key }) => request_key === vector.request_key);
    const sealed = decodeBase64url(vector.sealed_message ?? own?.sealed_message ?? '');
    const fingerprint = keyBytes(vector.request_key).slice(0, 16);
    await refusedAlike(checkFingerprint(fingerprint, decodeBase64url(vector.public_key ?? ''), sealed));
  });

  it('takes the public key and the message that its link names', async () => {
    for (const vector of vectors.requests) {
      const fingerprint = keyBytes(vector.request_key).slice(0, 16);
      const sealed = decodeBase64url(vector.sealed_message);
      await checkFingerprint(fingerprint, decodeBase64url(vector.public_key), sealed);
    }
  });

  it('is the same where WebCrypto has no X25519', async () => {
    vi.resetModules();
    const missing = vi.spyOn(crypto.subtle, 'generateKey').mockRejectedValue(new Error('not supported'));
    const portable = await import('../../src/core/crypto/request.js');
    const asker = await portable.deriveCollectKeys(SEED);
    expect(asker.keyPair.publicKey).toEqual(collectKeys.keyPair.publicKey);
    expect(missing).toHaveBeenCalled();
    missing.mockRestore();
    const K = new Uint8Array(32).fill(7);
    const wrapped = await wrapAnswerKey(K, asker.keyPair.publicKey, answerKeys, 'x'.repeat(22));
    expect(await portable.unwrapAnswerKey(wrapped, asker, answerKeys, 'x'.repeat(22))).toEqual(K);
  });

  it('refuses a public key of low order, with which everybody could open the answer', async () => {
    await refusedAlike(wrapAnswerKey(new Uint8Array(32), new Uint8Array(32), answerKeys, 'x'.repeat(22)));
  });

  it('refuses a wrapped key of another length', async () => {
    const id = 'x'.repeat(22);
    const wrapped = await wrapAnswerKey(new Uint8Array(31), collectKeys.keyPair.publicKey, answerKeys, id);
    await refusedAlike(unwrapAnswerKey(wrapped, collectKeys, answerKeys, id));
  });
});

describe("a request's message", () => {
  it.each<[string, unknown]>([
    ['a message that is too long', { message: 'x'.repeat(1_001) }],
    ['a sender that is too long', { from: '🔑'.repeat(65) }],
    ['half a surrogate pair', { message: '\ud83d' }],
    ['a number', { message: 7 }],
  ])('is refused with %s', async (_, bad) => {
    const message: RequestMessage = JSON.parse(JSON.stringify(bad));
    await expect(sealMessage(message, answerKeys)).rejects.toMatchObject({ code: 'INVALID_META' });
    const frame = writeFrame(encodeUtf8(JSON.stringify(bad)), [], 0);
    await refusedAlike(openMessage(await gathered(sealChunks(answerKeys.messageKey, frame)), answerKeys));
  });

  it('is refused with content, or as something else than an object', async () => {
    for (const frame of [
      writeFrame(new Uint8Array(0), [Uint8Array.of(1)], 1),
      writeFrame(encodeUtf8('[]'), [], 0),
    ]) {
      await refusedAlike(openMessage(await gathered(sealChunks(answerKeys.messageKey, frame)), answerKeys));
    }
  });

  it('may be as long as it may be, in characters rather than bytes', async () => {
    const message = { message: '🔑'.repeat(1_000), from: 'ä'.repeat(64) };
    expect(await openMessage(await sealMessage(message, answerKeys), answerKeys)).toEqual(message);
  });
});
