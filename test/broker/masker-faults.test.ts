/** The fuzzer of masking finds what it is for: a masker with a fault does not get past it. */

import { expect, it } from 'vitest';
import { Masker, maskedForms } from '../../src/broker/masking/masker.js';
import { FORMS, masksWhereverCut, type StreamMasker } from '../fuzz/masking.js';

/** The same cases each time: the fuzzer itself takes others. */
const SEED = 4711;

/** Cases in which a fault has to show. */
const CASES = 3_000;

/** A masker whose pieces go another way. */
function planted(push: (masker: Masker, bytes: Uint8Array) => Uint8Array[]): () => StreamMasker {
  return () => {
    const masker = new Masker(FORMS);
    return { push: (bytes) => push(masker, bytes), end: () => masker.end() };
  };
}

const PLANTS: Readonly<Record<string, () => StreamMasker>> = {
  'gives back what it holds when there is a pause': () => {
    let masker = new Masker(FORMS);
    return {
      push(bytes) {
        const pieces = [...masker.push(bytes), ...masker.end()];
        masker = new Masker(FORMS);
        return pieces;
      },
      end: () => [],
    };
  },
  'drops the last byte of a long piece': planted((masker, bytes) =>
    masker.push(bytes.length > 50 ? bytes.subarray(0, -1) : bytes),
  ),
  'gives its pieces in another order': planted((masker, bytes) => masker.push(bytes).reverse()),
  'leaps a byte too far': () => {
    const { leaps } = FORMS;
    const next = (bytes: Uint8Array, from: number) => leaps.next(bytes, from) + 1;
    return new Masker({ ...FORMS, leaps: { window: leaps.window, next } });
  },
  'takes a wrapped line for the end': () => {
    const { automaton } = FORMS;
    const inLine = new Int32Array(automaton.inLine.length);
    return new Masker({ ...FORMS, automaton: { ...automaton, inLine } });
  },
  'does not know one of the secrets': () =>
    new Masker(maskedForms([{ name: 'PLAIN', value: Buffer.from('correct horse/battery+staple') }])),
};

it.each(Object.entries(PLANTS))('a masker that %s is found', async (_, make) => {
  await expect(masksWhereverCut(make).run(CASES, SEED)).rejects.toThrow();
});

it('a masker without a fault is not', async () => {
  await masksWhereverCut(() => new Masker(FORMS)).run(CASES, SEED);
});
