/** Ids of new secrets: made from random bytes that are drawn for many at once, each byte used once. */

import { expect, test } from 'vitest';
import { randomBytes } from '../../src/core/bytes.js';
import { isSecretId } from '../../src/core/link.js';
import { idMaker } from '../../src/server/secrets/secrets.js';

test('ids are ids, and none comes twice', () => {
  const newId = idMaker(randomBytes);
  const ids = Array.from({ length: 5_000 }, newId);
  expect(ids.every(isSecretId)).toBe(true);
  expect(new Set(ids).size).toBe(5_000);
});

test('every random byte is in one id, whole and in order', () => {
  let drawn = 0;
  const newId = idMaker((length) => Uint8Array.from({ length }, () => drawn++ % 251));
  const bytes = Buffer.concat(Array.from({ length: 600 }, () => Buffer.from(newId(), 'base64url')));
  expect(bytes).toEqual(Buffer.from(Array.from({ length: 600 * 16 }, (_, i) => i % 251)));
});
