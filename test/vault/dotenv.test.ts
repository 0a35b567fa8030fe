/** `.env` files: what dotenv makes of a text, zephr makes of it, except that nothing is guessed. */

import { describe, expect, it } from 'vitest';
import { parseDotenv } from '../../src/vault/dotenv.js';

function valuesIn(text: string): Record<string, string> {
  const { entries, unreadable } = parseDotenv(text);
  expect(unreadable).toEqual([]);
  return Object.fromEntries(entries.map(({ name, value }) => [name, value]));
}

describe('a .env file', () => {
  it.each([
    ['A=1', { A: '1' }],
    ['A = 1 ', { A: '1' }],
    ['export A=1', { A: '1' }],
    ['A: 1', { A: '1' }],
    ['A=', { A: '' }],
    ['A="one two" # comment', { A: 'one two' }],
    ["A='#1'", { A: '#1' }],
    ['A=`it\'s "so"`', { A: 'it\'s "so"' }],
    ['A="x\\ny"', { A: 'x\ny' }],
    ["A='x\\ny'", { A: 'x\\ny' }],
    ['A="first\nsecond"\nB=2', { A: 'first\nsecond', B: '2' }],
    ['# only\n\nA=1 # one', { A: '1' }],
    ['A=1\r\nB=2\r\n', { A: '1', B: '2' }],
    ['\uFEFFA=1', { A: '1' }],
    ['A=1\nA=2', { A: '2' }],
    ['A=a=b', { A: 'a=b' }],
    ['A=$B', { A: '$B' }],
    ['', {}],
  ])('%j', (text, expected) => {
    expect(valuesIn(text)).toEqual(expected);
  });

  it('tells each value with its line, and the lines that say nothing', () => {
    const text = 'A="1\n2"\nwhat is this\nB=3\nC="open\n';
    expect(parseDotenv(text)).toEqual({
      entries: [
        { name: 'A', value: '1\n2', line: 1 },
        { name: 'B', value: '3', line: 4 },
      ],
      unreadable: [3, 5],
    });
  });

  it('ends, whatever the text', () => {
    for (const text of ['=', '=1', 'A', 'A="', '"', '\\', '\0', "A='\n\n", 'export', 'export =', ':', '#'])
      expect(parseDotenv(text).entries.every(({ name }) => name !== '')).toBe(true);
  });
});
