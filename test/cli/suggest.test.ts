/** The name that is suggested for a mistyped word. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { suggest } from '../../src/cli/parser/suggest.js';

const NAMES = ['get', 'status', 'revoke', 'serve', 'config', 'completion'];

describe('the suggestion', () => {
  it.each([
    ['get', 'get'],
    ['gte', 'get'],
    ['gt', 'get'],
    ['gett', 'get'],
    ['got', 'get'],
    ['statsu', 'status'],
    ['satus', 'status'],
    ['confgi', 'config'],
    ['cmpletoin', 'completion'],
    ['server', 'serve'],
  ])('to %s is %s', (word, name) => {
    expect(suggest(word, NAMES)).toBe(name);
  });

  it.each(['', 'g', 'put', 'gate', 'toast', 'complete', 'hunter2', 'statistics'])('to %j is none', (word) => {
    expect(suggest(word, NAMES)).toBeUndefined();
  });

  it('is the name itself for every name, and for every name with two neighbours swapped', () => {
    for (const name of NAMES) {
      for (let at = 0; at + 1 < name.length; at++) {
        const swapped = name.slice(0, at) + name[at + 1] + name[at] + name.slice(at + 2);
        expect(suggest(swapped, NAMES)).toBe(name);
      }
    }
  });

  it('has a length that two slips can make of the word', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'getsaurvo') }), (word) => {
        const name = suggest(word, NAMES);
        if (name !== undefined) expect(Math.abs(name.length - word.length)).toBeLessThanOrEqual(2);
      }),
    );
  });
});
