/** Members put into JSON texts, of which nothing else changes. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InjectionError } from '../../src/broker/broker-error.js';
import { setMember } from '../../src/broker/requests/json-text.js';

describe('a member of a JSON text', () => {
  it.each([
    ['{}', 'k', '{"k":"v"}'],
    [' { } ', 'k', ' { "k":"v"} '],
    ['{"a":12345678901234567890}', 'k', '{"a":12345678901234567890,"k":"v"}'],
    ['{"a": 1.0, "b": 1E400}', 'k', '{"a": 1.0, "b": 1E400,"k":"v"}'],
    ['{\n  "a": 1\n}\n', 'k', '{\n  "a": 1,"k":"v"\n}\n'],
    ['{"a":"}\\"{","b":[{"k":1}]}', 'k', '{"a":"}\\"{","b":[{"k":1}],"k":"v"}'],
    ['{"a":{"b":{}},"c":1}', 'a.b.k', '{"a":{"b":{"k":"v"}},"c":1}'],
    ['{"a":1}', 'x.y.z', '{"a":1,"x":{"y":{"z":"v"}}}'],
    ['{"a": {"k": 9007199254740993} }', 'a.k', '{"a": {"k": "v"} }'],
    ['{"\\u006b":1,"b":2}', 'k', '{"\\u006b":"v","b":2}'],
    ['{"b":{"k":1,"k":2}}', 'k', '{"b":{"k":1,"k":2},"k":"v"}'],
  ])('%s with %s', (text, path, whole) => {
    expect(setMember(text, path.split('.'), 'v')).toBe(whole);
  });

  it.each([
    ['', 'k', 'not JSON'],
    ['{"a":hunter2}', 'k', 'not JSON'],
    ['[1]', 'k', 'not a JSON object'],
    ['null', 'k', 'not a JSON object'],
    ['{"a":"hunter2"}', 'a.k', "the body's a is not an object"],
    ['{"a":[]}', 'a.k', "the body's a is not an object"],
    ['{"k":1,"\\u006b":2}', 'k', 'has k twice'],
  ])('is not put into %s at %s', (text, path, message) => {
    const put = () => setMember(text, path.split('.'), 'v');
    expect(put).toThrow(InjectionError);
    expect(put).toThrow(message);
    expect(put).not.toThrow('hunter2');
  });

  it('is what a parser reads, whatever stands beside it', () => {
    const names = fc.constantFrom('a', 'b', 'k', '"', '\\', 'é', '}');
    const objects = fc.dictionary(names, fc.jsonValue());
    fc.assert(
      fc.property(
        objects,
        names,
        fc.string(),
        fc.constantFrom(undefined, 1),
        (object, name, value, indent) => {
          const text = JSON.stringify(object, null, indent);
          const expected = { ...(JSON.parse(text) as object), [name]: value };
          expect(JSON.parse(setMember(text, [name], value))).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });
});
