/** A server with a planted fault, started as `zephr serve` is; the campaign gives it the same options. */

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { resolveInSystem } from '../../src/net/resolve.js';
import { createApp } from '../../src/server/app.js';
import { listen } from '../../src/server/http/listen.js';
import { startMaintenance } from '../../src/server/maintenance.js';
import { ANY_CALLBACKS } from '../../src/server/secrets/callbacks.js';
import { Courier } from '../../src/server/secrets/gates/courier.js';
import { openWays } from '../../src/server/secrets/gates/ways.js';
import { openStore } from '../../src/server/store/open.js';
import { createLog } from '../../src/server/telemetry/pino-log.js';
import { startWebhooks } from '../../src/server/webhooks/delivery.js';
import { sendWebhook } from '../../src/server/webhooks/send.js';
import { PLANT_VARIABLE, PLANTS, type Plant } from './plants.js';

const { values } = parseArgs({
  options: {
    store: { type: 'string' },
    'sms-url': { type: 'string' },
    'sms-secret-file': { type: 'string' },
    'sms-countries': { type: 'string' },
  },
  strict: false,
});
const { name, oneIn } = JSON.parse(process.env[PLANT_VARIABLE] ?? '') as Plant;
const log = createLog((line) => process.stderr.write(`${line}\n`), Date.now);
const store = PLANTS[name](await openStore(String(values.store)), () => Math.random() * oneIn < 1);
const policy = ANY_CALLBACKS;
const phones = {
  url: String(values['sms-url']),
  secret: readFileSync(String(values['sms-secret-file']), 'utf8'),
  phoneCodes: [String(values['sms-countries'])],
};
const ways = await openWays({ phones });
if (ways === null) throw new Error('there is no way to send codes');
const courier = new Courier({ outbox: store.outbox, ways: ways.ways, log, now: Date.now });
const app = createApp({
  store,
  access: 'open',
  rateLimit: 0,
  version: 'planted',
  log,
  callbacks: policy,
  codes: { ...ways, onQueued: () => courier.collect() },
  now: Date.now,
});
const listener = await listen(app, { host: '127.0.0.1', port: 0 });
const maintenance = startMaintenance({ store, log, now: Date.now });
const send = (event: Parameters<typeof sendWebhook>[0]) =>
  sendWebhook(event, { policy, resolve: resolveInSystem });
const webhooks = startWebhooks({ outbox: store.outbox, send, log, now: Date.now });
process.stdout.write(`${listener.url}\n`);
process.once('SIGTERM', async () => {
  await Promise.all([listener.close(), webhooks.stop(), courier.stop()]);
  await maintenance.stop();
  await store.close();
});
