/** The reply to a read: the same JSON, however long the ciphertext is. */

import { expect, test } from 'vitest';
import { encodeBase64url } from '../../src/core/base64url.js';
import { LARGE_BYTES, readResponse } from '../../src/server/routes/read-reply.js';
import type { Reading } from '../../src/server/store/contracts/secrets.js';

const PURGE_AT = Date.parse('2030-01-01T00:00:00.000Z');

/** What a store tells of a read of a secret of so many bytes. */
function reading(length: number, changes: Partial<Reading> = {}): Reading {
  const blob = Uint8Array.from({ length }, (_, index) => (index * 7) % 251);
  return {
    blob,
    hint: null,
    viewsLeft: 0,
    purgeAt: PURGE_AT,
    version: 1,
    chunks: null,
    ...changes,
  } as Reading;
}

const textOf = (read: Reading) => {
  const { status, headers, body } = readResponse(read, { 'Zephr-Claim': 'c' });
  expect(status).toBe(200);
  expect(headers).toEqual({ 'Content-Type': 'application/json', 'Zephr-Claim': 'c' });
  return typeof body === 'string' ? body : Buffer.from(body as Uint8Array).toString();
};

test.each([1, LARGE_BYTES, LARGE_BYTES + 1, LARGE_BYTES + 2, LARGE_BYTES + 3, 500_000])(
  'of %i bytes is the JSON of its members, in their order',
  (length) => {
    const first = reading(length);
    expect(textOf(first)).toBe(
      JSON.stringify({ encrypted_blob: encodeBase64url(first.blob), purge_at: '2030-01-01T00:00:00.000Z' }),
    );
    const second = reading(length, { hint: 'für „Bob“ 🔑', version: 2, viewsLeft: 3, chunks: 4 });
    expect(textOf(second)).toBe(
      JSON.stringify({
        encrypted_blob: encodeBase64url(second.blob),
        hint: 'für „Bob“ 🔑',
        purge_at: '2030-01-01T00:00:00.000Z',
        version: 2,
        views_left: 3,
        chunks: 4,
      }),
    );
  },
);

test('is that of a part of a buffer, where the ciphertext is one', () => {
  const whole = reading(200_000).blob;
  const blob = whole.subarray(7, 150_001) as Reading['blob'];
  expect(JSON.parse(textOf(reading(1, { blob }))).encrypted_blob).toBe(encodeBase64url(blob));
});
