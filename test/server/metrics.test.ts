/** What `/metrics` shows, and what it does not. */

import { describe, expect, test } from 'vitest';
import { startMaintenance } from '../../src/server/maintenance.js';
import { instrumentedStore } from '../../src/server/store/instrumented.js';
import { MemoryStore } from '../../src/server/store/memory/store.js';
import type { Log } from '../../src/server/telemetry/log.js';
import { createPrometheusMetrics } from '../../src/server/telemetry/prometheus.js';
import { recordOf } from '../support/reading.js';
import { ANSWER, ASKED, CLAIM, harness, PROOF, refusal, VERSION_2 } from './harness.js';

const HOUR_MS = 3_600_000;
const SILENT: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

function counting() {
  const metrics = createPrometheusMetrics('9.8.7');
  const store = instrumentedStore(new MemoryStore('salt'), { metrics });
  const { clock, ...server } = harness(store, { metrics });
  const text = async () => (await server.call('GET', '/metrics')).text();
  /** The value of one line. */
  const value = async (name: string) => {
    const line = (await text()).split('\n').find((one) => one.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length + 1));
  };
  return { ...server, clock, store, metrics, text, value };
}

const secrets = (event: string) => `zephr_secrets_total{event="${event}"}`;
const requests = (route: string, method: string, status: number) =>
  `zephr_http_requests_total{route="${route}",method="${method}",status="${status}"}`;

describe('/metrics', () => {
  test('is not there unless it is asked for', async () => {
    expect(await refusal(harness().call('GET', '/metrics'))).toBe('404 NOT_FOUND');
  });

  test('is in the text format of Prometheus, kept by no cache and open to no other origin', async () => {
    const { call } = counting();
    const { status, headers } = await call('GET', '/metrics');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(await refusal(call('POST', '/metrics'))).toBe('405 METHOD_NOT_ALLOWED');
    expect(await refusal(call('GET', '/api/metrics'))).toBe('404 NOT_FOUND');
  });

  test('has only lines that Prometheus reads', async () => {
    const { create, text } = counting();
    await create();
    const sample =
      /^[a-z_]+[a-z0-9_]*(\{[a-z]+="[^"\n]*"(,[a-z]+="[^"\n]*")*\})? (-?[0-9.]+(e[+-]?[0-9]+)?|Nan|\+Inf)$/;
    for (const line of (await text()).trimEnd().split('\n')) {
      if (!/^(# (HELP|TYPE) [a-z]|$)/.test(line)) expect(line).toMatch(sample);
    }
  });

  test('counts requests by the pattern of their route', async () => {
    const { create, read, call, value } = counting();
    for (let count = 0; count < 3; count += 1) await create();
    await create({ expiry: 'CANARY' });
    await read('a'.repeat(22));
    await read('b'.repeat(22));
    await call('GET', '/CANARY');
    expect(await value(requests('/api/secrets', 'POST', 201))).toBe(3);
    expect(await value(requests('/api/secrets', 'POST', 400))).toBe(1);
    expect(await value(requests('/api/secrets/:id', 'GET', 404))).toBe(2);
    expect(await value(requests('none', 'GET', 404))).toBe(1);
    const durations = 'zephr_http_request_duration_seconds_count{route="/api/secrets",method="POST"}';
    expect(await value(durations)).toBe(4);
  });

  test('counts what became of secrets', async () => {
    const { made, read, call, create, store, metrics, clock, value } = counting();
    for (const event of ['created', 'read', 'revoked', 'expired'])
      expect(await value(secrets(event))).toBe(0);
    await read(await made());
    const revoked = await made(VERSION_2);
    await call('DELETE', `/api/secrets/${revoked}`, { headers: { 'zephr-proof': PROOF } });
    const once = { 'idempotency-key': 'once' };
    await create({}, once);
    await create({}, once);
    clock.now += 2 * HOUR_MS;
    await startMaintenance({ store, log: SILENT, metrics, now: () => clock.now }).stop();
    expect(await value(secrets('created'))).toBe(3);
    expect(await value(secrets('read'))).toBe(1);
    expect(await value(secrets('revoked'))).toBe(1);
    expect(await value(secrets('expired'))).toBe(1);
  });

  test('counts an answer to a request as a secret, once', async () => {
    const { call, value } = counting();
    const post = async (path: string, body: object, headers: Record<string, string> = {}) =>
      (await call('POST', path, {
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }).then((response) => response.json())) as { id: string };
    const { id } = await post('/api/requests', ASKED);
    expect(await value(secrets('created'))).toBe(0);
    const proved = { 'zephr-proof': PROOF, 'idempotency-key': 'once' };
    for (let times = 0; times < 2; times += 1) await post(`/api/requests/${id}/answers`, ANSWER, proved);
    expect(await value(secrets('created'))).toBe(1);
  });

  test('tells how long the store took, and how often it failed', async () => {
    const { made, store, read, value } = counting();
    await read(await made());
    expect(await value('zephr_store_duration_seconds_count{verb="consume",outcome="ok"}')).toBe(1);
    const broken = new MemoryStore('salt');
    broken.secrets.status = () => Promise.reject(new Error('disk on fire'));
    const metrics = createPrometheusMetrics('9.8.7');
    await expect(recordOf(instrumentedStore(broken, { metrics }), 'x', 0)).rejects.toThrow();
    expect(await metrics.text()).toContain(
      'zephr_store_duration_seconds_count{verb="status",outcome="failed"} 1',
    );
    await store.close();
  });

  test('tells of the process and the version', async () => {
    const { value } = counting();
    expect(await value('process_resident_memory_bytes')).toBeGreaterThan(0);
    expect(await value('nodejs_eventloop_lag_seconds')).toBeGreaterThanOrEqual(0);
    expect(await value('zephr_info{version="9.8.7"}')).toBe(1);
  });

  test('holds nothing that a client chose, however many there are', async () => {
    const { call, create, made, read, text } = counting();
    const id = await made({ ...VERSION_2, hint: 'CANARY' });
    await read(id, { 'zephr-proof': PROOF, 'zephr-claim': CLAIM });
    await create({ hint: 'CANARY' }, { 'idempotency-key': 'CANARY', authorization: 'Bearer CANARY' });
    await call('GET', '/secret/CANARY?CANARY', { address: '198.51.100.77' });
    const lines = (await text()).split('\n').length;
    for (let count = 0; count < 50; count += 1) {
      await call(`X${count}`, `/CANARY${count}`, { address: `2001:db8:${count}::1` });
      await call('GET', `/secret/CANARY${count}`);
    }
    const after = await text();
    // The route of what is not there, and the other methods, came in once each.
    expect(after.split('\n').length).toBeLessThan(lines + 40);
    for (const word of ['CANARY', id, PROOF, CLAIM, '192.0.2', '198.51', '2001:db8']) {
      expect(after).not.toContain(word);
    }
  });
});
