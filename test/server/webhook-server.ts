/**
 * A server in a process of its own, for `webhook-delivery.test.ts` to kill: prints its URL and serves the file it is
 * given. Its clock goes ahead by so many milliseconds. Webhooks may go to loopback.
 */

import { startServer } from '../../src/server/serve.js';

const [, , store = 'memory:', ahead = '0'] = process.argv;
const server = await startServer({
  host: '127.0.0.1',
  port: 0,
  store,
  access: 'open',
  rateLimit: 0,
  allowPrivateCallbacks: true,
  version: 'webhooks',
  log: () => undefined,
  now: () => Date.now() + Number(ahead),
});
process.stdout.write(`${server.url}\n`);
process.once('SIGTERM', () => void server.close());
