/** Which callbacks a server takes. */

import { describe, expect, test } from 'vitest';
import { ANY_CALLBACKS, checkCallback, PUBLIC_CALLBACKS } from '../../src/server/secrets/callbacks.js';
import { harness, refusal } from './harness.js';

describe('a create with a callback', () => {
  const callback = (callback_url: string) => ({ callback_url, callback_secret: 's' });

  test('to the inside is refused, to the outside not', async () => {
    const { create } = harness();
    for (const host of ['10.0.0.1', '[::1]', 'localhost', '2130706433', 'db.internal']) {
      expect(await refusal(create(callback(`https://${host}/`)))).toBe('400 INVALID_CALLBACK_URL_HOST');
    }
    expect((await create(callback('https://ffmpeg.org/hook?x=1'))).status).toBe(201);
  });

  test('passes without one, and to anywhere when the operator allows it', () => {
    expect(() => checkCallback(null, PUBLIC_CALLBACKS)).not.toThrow();
    expect(() => checkCallback({ url: 'http://10.0.0.1/', secret: 's' }, ANY_CALLBACKS)).not.toThrow();
  });

  test('needs https unless the operator allows private ones', async () => {
    expect(await refusal(harness().create(callback('http://example.com/')))).toBe(
      '400 INVALID_CALLBACK_URL_PROTOCOL',
    );
    const { create } = harness(undefined, { callbacks: ANY_CALLBACKS });
    expect((await create(callback('http://127.0.0.1:8080/'))).status).toBe(201);
    expect(await refusal(create(callback('ftp://example.com/')))).toBe('400 INVALID_CALLBACK_URL_PROTOCOL');
  });
});
