/**
 * A server in a process of its own, for `webhook-processes.test.ts` to kill: prints its URL and serves the store it is
 * given. Its clock goes ahead by so many milliseconds. Webhooks may go to loopback, and a receiver may take its time: on
 * a busy machine the usual 5 s would end attempts that a test still holds.
 */

import { resolveInSystem } from '../../src/net/resolve.js';
import { createApp } from '../../src/server/app.js';
import { listen } from '../../src/server/http/listen.js';
import { ANY_CALLBACKS } from '../../src/server/secrets/callbacks.js';
import { openStore } from '../../src/server/store/open.js';
import { startWebhooks } from '../../src/server/webhooks/delivery.js';
import { sendWebhook } from '../../src/server/webhooks/send.js';

const [, , where = 'memory:', ahead = '0'] = process.argv;
const now = () => Date.now() + Number(ahead);
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const sending = { policy: ANY_CALLBACKS, resolve: resolveInSystem, timeoutMs: 50_000 };

const store = await openStore(where);
const app = createApp({
  store,
  access: 'open',
  rateLimit: 0,
  version: 'webhooks',
  log,
  callbacks: ANY_CALLBACKS,
  now,
});
const listener = await listen(app, { host: '127.0.0.1', port: 0 });
const webhooks = startWebhooks({
  outbox: store.outbox,
  send: (event) => sendWebhook(event, sending),
  log,
  now,
});
process.stdout.write(`${listener.url}\n`);
process.once('SIGTERM', async () => {
  await Promise.all([listener.close(), webhooks.stop()]);
  await store.close();
});
