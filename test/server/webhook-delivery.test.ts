/** Webhooks from the request that causes them to a receiver on a real socket. */

import { describe, expect, test } from 'vitest';
import { resolveInSystem } from '../../src/net/resolve.js';
import { ANY_CALLBACKS } from '../../src/server/secrets/callbacks.js';
import { MemoryStore } from '../../src/server/store/memory/store.js';
import { createLog } from '../../src/server/telemetry/pino-log.js';
import { startWebhooks } from '../../src/server/webhooks/delivery.js';
import { sendWebhook } from '../../src/server/webhooks/send.js';
import { CALLBACK_SECRET, isSigned, receiver } from '../support/receiver.js';
import { harness, PROOF, VERSION_2 } from './harness.js';

describe('a server with its webhooks', () => {
  /** An app that may call back to loopback. `tick` delivers what is due by its clock, and waits for that. */
  function server() {
    const store = new MemoryStore('salt');
    const { clock, ...app } = harness(store, { callbacks: ANY_CALLBACKS });
    const lines: string[] = [];
    const sending = { policy: ANY_CALLBACKS, resolve: resolveInSystem };
    const tick = async () => {
      const webhooks = startWebhooks({
        outbox: store.outbox,
        send: (event) => sendWebhook(event, sending),
        log: createLog(
          (line) => lines.push(line),
          () => clock.now,
        ),
        now: () => clock.now,
      });
      await webhooks.stop();
    };
    return { ...app, clock, store, lines, tick };
  }

  const iso = (ms: number) => new Date(ms).toISOString();
  const proof = { 'zephr-proof': PROOF };

  test('tells of a read, signed, as the protocol has it', async () => {
    const { url, received } = await receiver();
    const { made, read, tick, clock } = server();
    const id = await made({ callback_url: url, callback_secret: CALLBACK_SECRET, hint: 'db password' });
    await tick();
    expect(received).toEqual([]);
    await read(id);
    await tick();
    const [webhook, ...others] = received;
    expect(others).toEqual([]);
    expect(webhook?.fields).toEqual({
      event: 'secret.consumed',
      event_id: expect.stringMatching(/^[0-9a-f-]{14}4[0-9a-f-]{21}$/),
      secret_id: id,
      occurred_at: iso(clock.now),
      hint: 'db password',
    });
    expect(webhook?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-zephr-signature': expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(webhook && isSigned(webhook)).toBe(true);
  });

  test('tells of the first of several views, a revocation and an expiry, each once', async () => {
    const { url, received } = await receiver();
    const { made, read, call, tick, clock, store } = server();
    const callback = { callback_url: url, callback_secret: CALLBACK_SECRET };
    const several = await made({ ...callback, ...VERSION_2, views: 3 });
    const revoked = await made({ ...callback, ...VERSION_2 });
    const unread = await made(callback);
    const quiet = await made();
    for (let view = 1; view <= 3; view += 1) await read(several, proof);
    await read(quiet);
    await call('DELETE', `/api/secrets/${revoked}`, { headers: proof });
    await call('DELETE', `/api/secrets/${revoked}`, { headers: proof });
    clock.now += 61 * 60_000;
    await store.purge(clock.now);
    await read(unread);
    await tick();
    await tick();
    const told = received.map(({ fields }) => `${fields.event} ${fields.secret_id}`);
    expect(told.sort()).toEqual(
      [`secret.consumed ${several}`, `secret.revoked ${revoked}`, `secret.expired ${unread}`].sort(),
    );
    expect(received.every(isSigned)).toBe(true);
  });

  test('delivers to a receiver that was down for a minute, afterwards and once', async () => {
    const { made, read, tick, clock } = server();
    const start = clock.now;
    const { url, received } = await receiver((response) => {
      response.writeHead(clock.now < start + 60_000 ? 503 : 204).end();
    });
    await read(await made({ callback_url: url, callback_secret: CALLBACK_SECRET }));
    for (let second = 0; second <= 7_200; second += 1) {
      clock.now = start + second * 1_000;
      await tick();
    }
    // At 0, 5 and 35 s it was down, at 155 s it was not.
    expect(received).toHaveLength(4);
    expect(new Set(received.map(({ body }) => body.toString())).size).toBe(1);
    expect(new Set(received.map(({ headers }) => headers['x-zephr-signature'])).size).toBe(1);
  });

  test('logs neither ids, nor places, nor what signs', async () => {
    const { url } = await receiver();
    const { made, read, tick, lines, log } = server();
    const id = await made({ callback_url: url, callback_secret: CALLBACK_SECRET, hint: 'db password' });
    await read(id);
    await tick();
    expect(lines.join()).toContain('"outcome":"delivered"');
    for (const word of [id, '127.0.0.1', '/hook', CALLBACK_SECRET, 'db password']) {
      expect([...lines, ...log].join()).not.toContain(word);
    }
  });
});
