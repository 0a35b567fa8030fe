/** Bytes that no client should send, at a real server; `npm run fuzz:server` sends many more. */

import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { malformedBytes } from '../support/malformed.js';
import { statusesFor } from '../support/raw-request.js';
import { startServerProcess } from '../support/server.js';
import { logged } from '../support/server-log.js';
import { openSession } from '../support/session.js';

it('malformed bytes are refused or cut off, and the server goes on as before', async () => {
  const server = await startServerProcess({ args: ['--rate-limit', '0'] });
  onTestFinished(() => void server.stop());
  await fc.assert(
    fc.asyncProperty(fc.array(malformedBytes, { minLength: 8, maxLength: 8 }), async (requests) => {
      const answers = await Promise.all(requests.map((bytes) => statusesFor(server.url, bytes)));
      for (const status of answers.flat()) {
        expect(status).toBeGreaterThanOrEqual(400);
        expect(status).toBeLessThan(500);
      }
    }),
    { numRuns: 150 },
  );
  expect(logged(server).filter(({ level }) => level !== 'info')).toEqual([]);
  const { stdout } = await openSession({ ZEPHR_SERVER: server.url }).sh(
    'echo hunter2 | zephr -q | zephr get -q',
  );
  expect(stdout).toBe('hunter2\n');
});
