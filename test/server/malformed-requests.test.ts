/** Requests that no client should send; `npm run fuzz:server` sends many more. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { malformedCall } from '../support/malformed.js';
import { harness } from './harness.js';

describe('a malformed request', () => {
  test('is refused, whatever is wrong with it, in the shape of an error', async () => {
    const { app, log } = harness(undefined, { rateLimit: 0 });
    await fc.assert(
      fc.asyncProperty(malformedCall, async ({ method, path, headers, body }) => {
        const init = { method, headers, ...(body === undefined ? {} : { body }) };
        const response = await app.request(path, init, { address: '192.0.2.77' });
        expect(response.status).toBeGreaterThanOrEqual(400);
        expect(response.status).toBeLessThan(500);
        if (method === 'HEAD') return;
        const { error } = (await response.json()) as { error: { code: unknown; message: unknown } };
        expect(error.code).toMatch(/^[A-Z_]+$/);
        expect(error.message).toEqual(expect.any(String));
      }),
      { numRuns: 3_000 },
    );
    expect(log.filter((line) => JSON.parse(line).level !== 'info')).toEqual([]);
  });
});
