/** Odd things to put where something is expected, and valid inputs with some damage. */

import fc from 'fast-check';

/** Names that mean something to objects, whoever asks them. */
export const PROTOTYPE_NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '__defineGetter__',
] as const;

/** Numbers as JSON writes them, or would not. */
export const ODD_NUMBERS = [
  '1e400',
  '-1e400',
  '1e-400',
  '9'.repeat(400),
  '-0',
  '0.1',
  '1E2.5',
  '0x10',
  '01',
  'NaN',
  'Infinity',
] as const;

/** What moves cursors, hides or reorders text, ends lines, or is no character at all. */
const ODD_CHARACTERS = [
  '\0',
  '\n',
  '\r\n',
  '\t',
  '\x1b[2J',
  '\x1b]0;title\x07',
  '\x7f',
  '\x85',
  '\x9b31m',
  '\u00a0',
  '\u00ad',
  '\u061c',
  '\u200b',
  '\u200d',
  '\u200f',
  '\u2028',
  '\u202e',
  '\u2066',
  '\u3164',
  '\ud800',
  '\udfff',
  '\ue000',
  '\ufeff',
  '\uff03',
  '\uffff',
  '\u{1f600}',
  '\u{e0041}',
  'e\u0301',
  '\u0130',
] as const;

const SYNTAX = ['#', '%23', '?', '&', '/', '//', '\\', '.', '..', ':', '@', '%', '%00', '%2f', '=', '-', '_'];
const JSON_SYNTAX = ['{', '}', '[', ']', '"', '\\u0000', '\\ud800', ',', 'null', 'true', '{}', '[[[[', ' '];

/** A little of anything. */
export const oddText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...ODD_CHARACTERS) },
  { weight: 3, arbitrary: fc.constantFrom(...SYNTAX) },
  { weight: 2, arbitrary: fc.constantFrom(...JSON_SYNTAX) },
  { weight: 1, arbitrary: fc.constantFrom(...PROTOTYPE_NAMES, ...ODD_NUMBERS) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
  { weight: 2, arbitrary: fc.string({ maxLength: 6 }) },
);

/** Text that was made to trouble a terminal: {@link oddText}, one after the other. */
export const oddLine: fc.Arbitrary<string> = fc
  .array(fc.oneof(oddText, fc.string({ maxLength: 8 })), { maxLength: 8 })
  .map((parts) => parts.join(''));

/** JSON values that nobody expects. */
export const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(null, true, false, 0, -1, 0.5, 1e21, 2 ** 53, Number.MAX_VALUE, '', [], {}, [
      [],
    ]),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom('0', '1', 'null', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00 (\x1b[2J)'),
  },
  { weight: 6, arbitrary: oddLine },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(...PROTOTYPE_NAMES)
      .map((name) => JSON.parse(`{"${name}":{"id":"x"}}`) as unknown),
  },
  { weight: 1, arbitrary: fc.constantFrom(nested(10), nested(100), nested(3_000)) },
);

function nested(depth: number): unknown {
  return JSON.parse('['.repeat(depth) + ']'.repeat(depth));
}

const END = 10_000;

interface Edit {
  readonly kind: 'cut' | 'insert' | 'replace' | 'repeat' | 'truncate' | 'flip' | 'swap';
  /** From 0, the start, to {@link END}. */
  readonly where: number;
  readonly length: number;
  readonly text: string;
}

const edits = fc.array(
  fc.record<Edit>({
    kind: fc.constantFrom('cut', 'insert', 'replace', 'repeat', 'truncate', 'flip', 'swap'),
    where: fc.nat(END),
    length: fc.integer({ min: 1, max: 24 }),
    text: oddText,
  }),
  { maxLength: 3 },
);

/** What `valid` gives, with up to three pieces of damage, or none. */
export function mutated(valid: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(valid, edits).map(([text, some]) => some.reduce(edited, text));
}

/** The same for bytes. */
export function mutatedBytes(valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  return mutated(valid.map((bytes) => Buffer.from(bytes).toString('latin1'))).map(
    (text) => new Uint8Array(Buffer.from(text, 'latin1')),
  );
}

function edited(text: string, { kind, where, length, text: odd }: Edit): string {
  const at = Math.round((where / END) * text.length);
  const before = text.slice(0, at);
  const piece = text.slice(at, at + length);
  const after = text.slice(at + length);
  switch (kind) {
    case 'cut':
      return before + after;
    case 'insert':
      return before + odd + piece + after;
    case 'replace':
      return before + odd + after;
    case 'repeat':
      return before + piece.repeat(length) + after;
    case 'truncate':
      return before;
    case 'flip':
      return before + String.fromCharCode(text.charCodeAt(at) ^ (1 << (length % 8))) + text.slice(at + 1);
    case 'swap':
      return before + after.slice(0, length) + piece + after.slice(length);
  }
}

/** An object with some members replaced, left out or added. */
export function mutatedObject(
  valid: fc.Arbitrary<Readonly<Record<string, unknown>>>,
): fc.Arbitrary<Record<string, unknown>> {
  const change = fc.tuple(
    fc.nat(),
    fc.oneof({ weight: 3, arbitrary: oddValue }, { weight: 1, arbitrary: fc.constant(undefined) }),
  );
  const extra = fc.tuple(
    fc.oneof(fc.constantFrom(...PROTOTYPE_NAMES), fc.string({ maxLength: 5 })),
    oddValue,
  );
  const some = fc.record({
    object: valid,
    changes: fc.oneof(
      { weight: 1, arbitrary: fc.constant([]) },
      { weight: 3, arbitrary: fc.array(change, { minLength: 1, maxLength: 2 }) },
    ),
    extras: fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(extra, { maxLength: 2 }) },
    ),
  });
  return some.map(({ object, changes, extras }) => {
    const members = new Map(Object.entries(object));
    for (const [name, value] of extras) members.set(name, value);
    const names = [...members.keys()];
    for (const [which, value] of changes) {
      const name = names[which % names.length] ?? '';
      if (value === undefined) members.delete(name);
      else members.set(name, value);
    }
    // As JSON does it: a member called __proto__ is a member.
    const made: Record<string, unknown> = {};
    for (const [name, value] of members) {
      Object.defineProperty(made, name, { value, enumerable: true, configurable: true, writable: true });
    }
    return made;
  });
}

/** Whether a text keeps the rule for hints, in words of the fuzzer's own. */
export function mayBeHint(text: string): boolean {
  const points = [...text].map((character) => character.codePointAt(0) ?? 0);
  const between = (point: number, first: number, last: number) => point >= first && point <= last;
  const unprintable = (point: number) =>
    point < 0x20 ||
    between(point, 0x7f, 0x9f) ||
    between(point, 0x2028, 0x202e) ||
    between(point, 0x2066, 0x2069) ||
    between(point, 0xd800, 0xdfff);
  return between(points.length, 1, 128) && !points.some(unprintable);
}
