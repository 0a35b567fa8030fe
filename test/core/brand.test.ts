/** What an operator may say of themselves, and which colours can be read. */

import { describe, expect, it } from 'vitest';
import { ValidationError } from '../../src/core/errors.js';
import { parseBrand } from '../../src/core/protocol/brand.js';

function refusal(json: unknown): string {
  try {
    parseBrand(json);
    return 'none';
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    expect(error.code).toBe('INVALID_BRAND');
    return error.message;
  }
}

describe('a brand', () => {
  it('is a name, and links and a colour if the operator likes', () => {
    expect(parseBrand({ name: ' Müller & Söhne ' })).toEqual({ name: 'Müller & Söhne' });
    const whole = {
      name: 'A',
      url: 'https://example.com/',
      colour: '#1A4FA0',
      imprint: 'https://example.com/i',
    };
    expect(parseBrand(whole)).toEqual({ ...whole, colour: '#1a4fa0' });
  });

  it.each<[unknown, RegExp]>([
    [[], /no JSON object/],
    [null, /no JSON object/],
    [{}, /no name/],
    [{ name: ' ' }, /no name/],
    [{ name: 7 }, /name is no text/],
    [{ name: 'a'.repeat(65) }, /more than 64/],
    [{ name: 'A\u202eB' }, /cannot be seen/],
    [{ name: 'A', color: '#000000' }, /"color", but knows only name, url, colour, imprint/],
    [{ name: 'A', url: 'javascript:alert(1)' }, /url is no https/],
    [{ name: 'A', url: 'http://example.com' }, /url is no https/],
    [{ name: 'A', imprint: 'https://user:word@example.com' }, /imprint is no https/],
    [{ name: 'A', colour: 'blue' }, /not written as #rrggbb/],
  ])('%j is refused', (json, message) => {
    expect(refusal(json)).toMatch(message);
  });

  it.each(['#ffff00', '#ff7700', '#808080', '#00aaff', '#ffffff'])(
    'with the colour %s, which cannot be read, is told one that can',
    (colour) => {
      const [, darker] =
        /text needs 4\.5: (#[0-9a-f]{6}) would do/.exec(refusal({ name: 'A', colour })) ?? [];
      expect(parseBrand({ name: 'A', colour: darker })).toEqual({ name: 'A', colour: darker });
    },
  );
});
