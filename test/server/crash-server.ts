/** A server in a process of its own, for `crash.test.ts` to kill: prints its URL and serves the file it is given. */

import { startServer } from '../../src/server/serve.js';

const [, , store = 'memory:'] = process.argv;
const server = await startServer({
  host: '127.0.0.1',
  port: 0,
  store,
  access: 'open',
  rateLimit: 0,
  version: 'crash',
  log: () => undefined,
});
process.stdout.write(`${server.url}\n`);
