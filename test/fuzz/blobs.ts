/** Sealed blobs: one that somebody changed opens to the original's bytes or to nothing, whoever changed it. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeBase64url, encodeBase64url } from '../../src/core/base64url.js';
import { concatBytes } from '../../src/core/bytes.js';
import { type UnlockedKey, unlockKey } from '../../src/core/crypto/key-schedule.js';
import { encodeMeta } from '../../src/core/crypto/meta.js';
import { openV1, sealV1 } from '../../src/core/crypto/seal-v1.js';
import { openStreamV2, openV2, sealV2 } from '../../src/core/crypto/seal-v2.js';
import { sealChunks } from '../../src/core/crypto/stream.js';
import { EncryptionError } from '../../src/core/errors.js';
import { generateKey, type LinkKey } from '../../src/core/key.js';
import { type Family, property, resultOf } from './family.js';
import { mutated, mutatedBytes, mutatedObject, oddText } from './odd.js';

const SEALED_CHUNK = 65_536 + 16;
const DOES_NOT_OPEN = 'the secret does not open: wrong key or passphrase, or it was tampered with';

interface Sealed {
  readonly blob: string;
  readonly content: Uint8Array;
}

interface World {
  readonly key1: LinkKey;
  readonly key2: LinkKey;
  readonly unlocked: UnlockedKey;
  readonly v1: readonly Sealed[];
  readonly v2: readonly Sealed[];
  /** Of three chunks. */
  readonly long: Sealed;
}

const meta = { name: 'id_rsa', message: 'for you' };
let made: Promise<World> | undefined;

/** Keys and secrets under them, sealed once. */
function world(): Promise<World> {
  made ??= makeWorld();
  return made;
}

async function makeWorld(): Promise<World> {
  const key1 = generateKey(1);
  const key2 = generateKey(2);
  const unlocked = await unlockKey(key2, undefined);
  const contents = ['x', 'hunter2', '{"iv":"","ciphertext":""}', 'ä'.repeat(300)].map((text) =>
    Buffer.from(text),
  );
  const sealAll = (seal: (content: Uint8Array) => Promise<string>) =>
    Promise.all(contents.map(async (content) => ({ content, blob: await seal(content) })));
  // Each chunk ends like a frame, so that only the cipher can tell that others should follow.
  const content = new Uint8Array(3 * 65_536 - 500).map((_, index) =>
    (index + 3) % 65_536 === 0 ? 0x80 : index % 251,
  );
  return {
    key1,
    key2,
    unlocked,
    v1: await sealAll((one) => sealV1(one, key1)),
    v2: await sealAll((one) => sealV2(one, meta, unlocked)),
    long: { content, blob: await sealV2(content, {}, unlocked) },
  };
}

/** That opening gave what was sealed, or the one error that says nothing. */
async function opened(open: () => Promise<Uint8Array>, { content }: Sealed): Promise<'opened' | 'refused'> {
  const result = await resultOf(open);
  if ('error' in result) {
    assert(result.error instanceof EncryptionError, String(result.error));
    assert.deepEqual([result.error.code, result.error.message], ['DECRYPTION_FAILED', DOES_NOT_OPEN]);
    return 'refused';
  }
  assert(Buffer.from(content).equals(result.value), 'other bytes than were sealed');
  return 'opened';
}

/** Where there is to be damage: which blob, and in which form of it. */
const damage = fc.record({
  which: fc.nat(3),
  layer: fc.constantFrom('text', 'bytes', 'bit'),
  /** Edits of 200 places, which stand for those of a blob: there is none before the first case. */
  edit: mutated(fc.constant('\u0001'.repeat(200))),
  bit: fc.oneof(fc.nat(7), fc.nat(8 * 400)),
});

type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

/** Applies the edits that were made to 200 places to `text` of any length. */
function replayed(text: string, edit: string): string {
  const step = text.length / 200;
  let at = 0;
  let result = '';
  for (const unit of edit) {
    if (unit === '\u0001') {
      result += text.slice(Math.round(at * step), Math.round((at + 1) * step));
      at++;
    } else result += unit;
  }
  return result;
}

function damaged(blob: string, { layer, edit, bit }: Damage): string {
  if (layer === 'text') return replayed(blob, edit);
  const bytes = decodeBase64url(blob);
  if (layer === 'bytes') {
    return encodeBase64url(Buffer.from(replayed(Buffer.from(bytes).toString('latin1'), edit), 'latin1'));
  }
  const index = (bit >> 3) % bytes.length;
  bytes[index] = (bytes[index] ?? 0) ^ (1 << (bit & 7));
  return encodeBase64url(bytes);
}

const version2 = property(
  'a version 2 blob opens as it is, and in no other form',
  damage,
  async (how) => {
    const { v2, unlocked } = await world();
    const sealed = v2[how.which] ?? v2[0];
    assert(sealed);
    const blob = damaged(sealed.blob, how);
    const outcome = await opened(async () => (await openV2(blob, unlocked)).content, sealed);
    assert.equal(outcome, blob === sealed.blob ? 'opened' : 'refused');
    return outcome;
  },
  { weight: 150, outcomes: ['opened', 'refused'] },
);

const version1 = property(
  'a version 1 blob opens to what was sealed, or not at all',
  damage,
  async (how) => {
    const { v1, key1 } = await world();
    const sealed = v1[how.which] ?? v1[0];
    assert(sealed);
    return opened(() => openV1(damaged(sealed.blob, how), key1), sealed);
  },
  { weight: 150, outcomes: ['opened', 'refused'] },
);

const envelopes = property(
  'an envelope of version 1 opens only with the iv and the ciphertext that were sealed',
  fc.record({
    which: fc.nat(3),
    members: mutatedObject(fc.constant({ iv: 'IV', ciphertext: 'TEXT' })),
    order: fc.boolean(),
  }),
  async ({ which, members, order }) => {
    const { v1, key1 } = await world();
    const sealed = v1[which] ?? v1[0];
    assert(sealed);
    const { iv, ciphertext } = JSON.parse(Buffer.from(sealed.blob, 'base64url').toString()) as Record<
      string,
      string
    >;
    const entries = Object.entries(members).map(([name, value]) => [
      name,
      value === 'IV' ? iv : value === 'TEXT' ? ciphertext : value,
    ]);
    const pairs = (order ? entries : entries.reverse()).map(
      ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value) ?? 'null'}`,
    );
    const blob = encodeBase64url(Buffer.from(`{${pairs.join(',')}}`));
    return opened(() => openV1(blob, key1), sealed);
  },
  { outcomes: ['opened', 'refused'] },
);

const keys = property(
  'another key, another version or another passphrase opens nothing',
  fc.record({ bit: fc.nat(255), which: fc.nat(3), version: fc.constantFrom(1, 2, 3) }),
  async ({ bit, which, version }) => {
    const { v1, v2, key1, key2 } = await world();
    const other = (key: LinkKey): LinkKey => {
      const bytes = key.bytes.slice();
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return { ...key, bytes };
    };
    const [one, two] = [v1[which], v2[which]];
    assert(one && two);
    const outcome =
      version === 1
        ? await opened(() => openV1(one.blob, other(key1)), one)
        : version === 2
          ? await opened(
              async () => (await openV2(two.blob, await unlockKey(other(key2), undefined))).content,
              two,
            )
          : await opened(() => openV1(two.blob, key1), two);
    assert.equal(outcome, 'refused');
    return outcome;
  },
  { weight: 30 },
);

const chunks = property(
  'chunks that are swapped, left out, repeated or cut, in whatever pieces they come, open to nothing',
  fc.record({
    order: fc.array(fc.nat(2), { maxLength: 5 }),
    cut: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: SEALED_CHUNK })),
    piece: fc.constantFrom(1 << 20, SEALED_CHUNK, 65_536, 9_973),
  }),
  async ({ order, cut, piece }) => {
    const { long, unlocked } = await world();
    const sealed = decodeBase64url(long.blob);
    const parts = order.map((index) =>
      sealed.subarray(1 + index * SEALED_CHUNK, 1 + (index + 1) * SEALED_CHUNK),
    );
    const whole = concatBytes(sealed.subarray(0, 1), ...parts);
    const bytes = whole.subarray(0, Math.max(0, whole.length - cut));
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += piece) pieces.push(bytes.subarray(at, at + piece));
    const outcome = await opened(async () => {
      const { content } = await openStreamV2(pieces, unlocked);
      const all: Uint8Array[] = [];
      for await (const one of content) all.push(one);
      return concatBytes(...all);
    }, long);
    assert.equal(outcome, order.join() === '0,1,2' && cut === 0 ? 'opened' : 'refused');
    return outcome;
  },
  { weight: 5, found: [{ order: [0, 1, 2], cut: 0, piece: 9_973 }] },
);

/** What a sender with the key, and a will, can put in a frame. */
const frame = fc.oneof(
  mutatedBytes(
    fc
      .tuple(
        fc.constantFrom({}, { name: 'x' }, { message: 'hi' }),
        fc.uint8Array({ maxLength: 40 }),
        fc.nat(300),
      )
      .map(([about, content, zeros]) => {
        const encoded = encodeMeta(about);
        const length = Uint8Array.of(encoded.length >> 8, encoded.length & 255);
        return concatBytes(length, encoded, content, Uint8Array.of(0x80), new Uint8Array(zeros));
      }),
  ),
  oddText.map((text) => new Uint8Array(Buffer.from(text))),
);

const frames = property(
  'a frame that is genuine and malformed is its content, or opens to nothing',
  frame.filter((bytes) => bytes.length > 0),
  async (bytes) => {
    const { unlocked } = await world();
    const sealed: Uint8Array[] = [Uint8Array.of(2)];
    for await (const chunk of sealChunks(unlocked.encryptionKey, [bytes])) sealed.push(chunk);
    const blob = encodeBase64url(concatBytes(...sealed));
    const result = await resultOf(() => openV2(blob, unlocked));
    if ('error' in result) {
      assert(
        result.error instanceof EncryptionError && result.error.message === DOES_NOT_OPEN,
        String(result.error),
      );
      return 'refused';
    }
    // Read by hand: a length, the meta, the content, the last byte that is not zero.
    const metaEnd = 2 + (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0);
    const end = bytes.findLastIndex((byte) => byte !== 0);
    assert(end >= metaEnd && bytes[end] === 0x80, 'no end mark');
    assert.deepEqual(result.value.content, bytes.slice(metaEnd, end));
    return 'opened';
  },
  { weight: 60, outcomes: ['opened', 'refused'] },
);

export const BLOBS: Family = {
  name: 'blobs',
  properties: [version2, version1, envelopes, keys, chunks, frames],
};
