import { describe, expect, it } from 'vitest';
import { parseHealthReply } from '../../src/core/protocol/replies.js';

const HEALTH = {
  status: 'ok',
  version: '2.0.0',
  protocol: [1, 2],
  access: 'open',
  limits: { expiry: { min: 1, max: 43_200 }, blob: 1_048_576 },
};

describe('a health reply', () => {
  it('is believed as the server writes it', () => {
    const { status: _, ...believed } = HEALTH;
    expect(parseHealthReply(HEALTH)).toEqual(believed);
  });

  it.each([
    ['null', null],
    ['a list', [HEALTH]],
    ['text', 'ok'],
    ['another status', { ...HEALTH, status: 'degraded' }],
    ['no protocol', { ...HEALTH, protocol: undefined }],
    ['an empty protocol', { ...HEALTH, protocol: [] }],
    ['a protocol in words', { ...HEALTH, protocol: ['2'] }],
    ['one number for a protocol', { ...HEALTH, protocol: 2 }],
  ])('that is or has %s is not believed', (_, json) => {
    expect(() => parseHealthReply(json)).toThrow(expect.objectContaining({ code: 'INVALID_REPLY' }));
  });

  it.each([
    ['version', 2],
    ['version', ''],
    ['version', 'x'.repeat(65)],
    ['version', 'two\u001b[31m'],
    ['access', null],
    ['access', 'open to all'],
    ['limits', null],
    ['limits', {}],
    ['limits', { expiry: { min: 1, max: 2 } }],
    ['limits', { expiry: { min: 0, max: 2 }, blob: 1 }],
    ['limits', { expiry: { min: 1, max: 2.5 }, blob: 1 }],
    ['limits', { expiry: { min: 1, max: 2 }, blob: '1' }],
  ])('without its %s where that is %j', (member, value) => {
    const { status: _, [member as 'version']: __, ...rest } = HEALTH;
    expect(parseHealthReply({ ...HEALTH, [member]: value })).toEqual(rest);
  });
});
