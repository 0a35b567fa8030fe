/** A server with a planted fault, started as `zephr serve` is; the campaign gives it the same options. */

import { parseArgs } from 'node:util';
import { resolveInSystem } from '../../src/net/resolve.js';
import { createApp } from '../../src/server/app.js';
import { listen } from '../../src/server/http/listen.js';
import { startMaintenance } from '../../src/server/maintenance.js';
import { ANY_CALLBACKS } from '../../src/server/secrets/callbacks.js';
import { openStore } from '../../src/server/store/open.js';
import { createLog } from '../../src/server/telemetry/pino-log.js';
import { startWebhooks } from '../../src/server/webhooks/delivery.js';
import { sendWebhook } from '../../src/server/webhooks/send.js';
import { PLANT_VARIABLE, PLANTS, type Plant } from './plants.js';

const { values } = parseArgs({ options: { store: { type: 'string' } }, strict: false });
const { name, oneIn } = JSON.parse(process.env[PLANT_VARIABLE] ?? '') as Plant;
const log = createLog((line) => process.stderr.write(`${line}\n`), Date.now);
const store = PLANTS[name](await openStore(String(values.store)), () => Math.random() * oneIn < 1);
const policy = ANY_CALLBACKS;
const app = createApp({
  store,
  access: 'open',
  rateLimit: 0,
  version: 'planted',
  log,
  callbacks: policy,
  now: Date.now,
});
const listener = await listen(app, { host: '127.0.0.1', port: 0 });
const maintenance = startMaintenance({ store, log, now: Date.now });
const send = (event: Parameters<typeof sendWebhook>[0]) =>
  sendWebhook(event, { policy, resolve: resolveInSystem });
const webhooks = startWebhooks({ outbox: store.outbox, send, log, now: Date.now });
process.stdout.write(`${listener.url}\n`);
process.once('SIGTERM', async () => {
  await Promise.all([listener.close(), webhooks.stop()]);
  await maintenance.stop();
  await store.close();
});
