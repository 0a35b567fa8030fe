/** Output that is cut anywhere: not one byte of a secret comes out, and every other byte does, in order. */

import assert from 'node:assert/strict';
import { closeSync, writeSync } from 'node:fs';
import { setImmediate as afterEvents, setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { type MaskedForms, Masker, maskedForms } from '../../src/broker/masking/masker.js';
import { MaskedStream, makePipes } from '../../src/broker/running/streams.js';
import { type Family, type Property, property } from './family.js';

const SECRETS = {
  PLAIN: 'correct horse/battery+staple',
  QUOTED: 'say "hi" to\tZoë & co',
  LINES: 'first line of it\nsecond line of it\n',
  // Begins as another one does.
  OVERLAP: 'correct horse correct horse!',
  SHORT: 'xyzzy!',
} as const;

type Name = keyof typeof SECRETS;

export const FORMS: MaskedForms = maskedForms(
  Object.entries(SECRETS).map(([name, value]) => ({ name, value: Buffer.from(value) })),
);

/** The ways that programs write a value in, each of which is found as a whole. */
const ENCODINGS: Readonly<Record<string, (value: Buffer) => Buffer>> = {
  plain: (value) => value,
  percent: (value) => Buffer.from(Array.from(value, (byte) => percent(byte)).join('')),
  JSON: (value) => Buffer.from(JSON.stringify(value.toString()).slice(1, -1)),
  hex: (value) => Buffer.from(value.toString('hex')),
  'hex in capitals': (value) => Buffer.from(value.toString('hex').toUpperCase()),
  base64: (value) => Buffer.from(value.toString('base64')),
  base64url: (value) => Buffer.from(value.toString('base64url')),
  'wrapped base64': (value) => Buffer.from(value.toString('base64').replace(/.{11}(?=.)/g, '$&\n')),
  'wrapped by both line ends': (value) =>
    Buffer.from(value.toString('base64').replace(/.{7}(?=.)/g, '$&\r\n')),
};

function percent(byte: number): string {
  const character = String.fromCharCode(byte);
  return /[\w.~-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

/** Bytes that no form of a secret has in it, in kinds of output: text, lines and binary. */
const NOISE: readonly (readonly number[])[] = [
  [...Buffer.from(' #|;<>')],
  [...Buffer.from('#|\n')],
  [0x00, 0x01, 0x80, 0xfe, 0xff, 0x1b],
];

const noise = fc
  .constantFrom(...NOISE)
  .chain((bytes) => fc.array(fc.constantFrom(...bytes), { minLength: 1, maxLength: 24 }))
  .map((bytes) => ({ sent: Buffer.from(bytes), expected: Buffer.from(bytes), kind: 'noise' }));

const secret = fc
  .tuple(fc.constantFrom(...(Object.keys(SECRETS) as Name[])), fc.constantFrom(...Object.keys(ENCODINGS)))
  .map(([name, encoding]) => ({
    sent: ENCODINGS[encoding]?.(Buffer.from(SECRETS[name])) ?? Buffer.alloc(0),
    expected: Buffer.from(`[masked ${name}]`),
    kind: encoding,
  }));

/** A secret of which the end is missing: nothing but noise, in the end. */
const broken = secret.chain((whole) =>
  fc.integer({ min: 1, max: 5 }).map((length) => {
    const part = whole.sent.subarray(0, length);
    return { sent: part, expected: part, kind: 'a beginning' };
  }),
);

const stream = fc
  .array(fc.tuple(noise, fc.oneof({ weight: 3, arbitrary: secret }, { weight: 1, arbitrary: broken })), {
    maxLength: 6,
  })
  .chain((parts) => noise.map((last) => [...parts.flat(), last]));

const cuts = fc.oneof(
  fc.constant(() => 1),
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 20 })
    .map((sizes) => (index: number) => sizes[index % sizes.length] ?? 1),
  fc.integer({ min: 1, max: 400 }).map((size) => () => size),
);

/** What masks a stream, as {@link Masker} does. */
export interface StreamMasker {
  push(bytes: Uint8Array): Uint8Array[];
  end(): Uint8Array[];
}

/** What comes out of a masker that gets `bytes` in pieces. */
function masked(bytes: Buffer, size: (index: number) => number, masker: StreamMasker): Buffer {
  const out: Uint8Array[] = [];
  for (const piece of piecesOf(bytes, size)) {
    out.push(...masker.push(piece).map((one) => one.slice()));
    // Who reads a pipe uses its buffer again.
    piece.fill(0x2e);
  }
  return Buffer.concat([...out, ...masker.end()]);
}

function* piecesOf(bytes: Buffer, size: (index: number) => number): Generator<Uint8Array> {
  for (let [at, index] = [0, 0]; at < bytes.length; index++) {
    const length = Math.max(index % 50 === 49 ? 1 : 0, size(index));
    yield Uint8Array.from(bytes.subarray(at, at + length));
    at += length;
  }
}

/** A masker that another one goes on from before the piece with this number, in another process say. */
class HandedOver implements StreamMasker {
  #masker = new Masker(FORMS);
  #left: number;

  constructor(index: number) {
    this.#left = index;
  }

  push(bytes: Uint8Array): Uint8Array[] {
    if (this.#left-- === 0)
      this.#masker = Masker.at(FORMS, JSON.parse(JSON.stringify(this.#masker.position)));
    return this.#masker.push(bytes);
  }

  end(): Uint8Array[] {
    return this.#masker.end();
  }
}

/** That secrets are masked and nothing else is, by a masker that is made for each stream. */
export function masksWhereverCut(make: (handsOverBefore: number) => StreamMasker): Property {
  return property(
    'wherever output is cut, secrets are masked and nothing else is',
    fc.record({ parts: stream, size: cuts, handsOver: fc.integer({ min: 0, max: 20 }) }),
    ({ parts, size, handsOver }) => {
      const { sent, expected } = joined(parts);
      const out = masked(sent, size, make(handsOver));
      assert.equal(out.toString('latin1'), expected.toString('latin1'));
      return parts.map(({ kind }) => kind);
    },
    { outcomes: ['noise', 'a beginning', ...Object.keys(ENCODINGS)] },
  );
}

function joined(parts: readonly { readonly sent: Buffer; readonly expected: Buffer }[]) {
  return {
    sent: Buffer.concat(parts.map((part) => part.sent)),
    expected: Buffer.concat(parts.map((part) => part.expected)),
  };
}

/** What a writer does between two writes: nothing, or it lets the reader read, or it waits too. */
const PAUSES = [async () => undefined, () => afterEvents(), () => wait(1)] as const;

/** What comes out of a pipe that is written to with pauses. */
async function throughPipe(
  bytes: Buffer,
  size: (index: number) => number,
  pauses: readonly number[],
): Promise<Buffer> {
  const [pipe] = await makePipes(1);
  assert(pipe !== undefined);
  const out: Buffer[] = [];
  const reader = new MaskedStream(pipe, FORMS, async (piece) => void out.push(Buffer.from(piece)));
  let index = 0;
  for (const piece of piecesOf(bytes, size)) {
    writeSync(pipe.write, piece);
    await PAUSES[pauses[index++ % pauses.length] ?? 0]?.();
  }
  closeSync(pipe.write);
  await reader.ended;
  return Buffer.concat(out);
}

const masksWhateverPauses = property(
  'whatever pauses a pipe is written to with, the same comes out of it',
  fc.record({
    parts: stream,
    size: cuts,
    pauses: fc.array(fc.nat({ max: PAUSES.length - 1 }), { minLength: 1, maxLength: 12 }),
  }),
  async ({ parts, size, pauses }) => {
    const { sent, expected } = joined(parts);
    const out = await throughPipe(sent, size, pauses);
    assert.equal(out.toString('latin1'), expected.toString('latin1'));
    return parts.map(({ kind }) => kind);
  },
  // Each case starts a process that makes the pipe.
  { weight: 1 },
);

export const MASKING: Family = {
  name: 'masking',
  properties: [masksWhereverCut((index) => new HandedOver(index)), masksWhateverPauses],
};
