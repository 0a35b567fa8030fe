/** Gates over HTTP: what a create may ask for, what a status and a health check tell, and who gets in. */

import { expect, it } from 'vitest';
import { listen } from '../../src/server/http/listen.js';
import { trustProxies } from '../../src/server/http/trusted-proxies.js';
import { issueKey } from '../../src/server/secrets/api-keys.js';
import { MemoryStore } from '../../src/server/store/memory/store.js';
import { gatesWith, NOW, newSecret } from '../support/new-secret.js';
import { harness, PROOF, PROOF_HASH, refusal, VERSION_2 } from './harness.js';

const WITH_PROOF = { 'zephr-proof': PROOF };
const MINUTE = 60_000;
const NOT_BEFORE = new Date(NOW + MINUTE).toISOString();

it('health says which are offered', async () => {
  const health = await (await harness().call('GET', '/api/health')).json();
  expect(health).toMatchObject({ gates: ['addresses', 'not_before', 'captcha'] });
});

it('a create says that they are kept, and is refused for what is not offered or not right', async () => {
  const { create, clock } = harness();
  const asked = { addresses: ['203.0.113.0/24'], not_before: NOT_BEFORE };
  const created = await create({ ...VERSION_2, gates: asked });
  expect(await created.json()).toMatchObject({ version: 2, kept: ['gates'] });
  expect(await (await create(VERSION_2)).json()).toMatchObject({ kept: [] });
  const refused = (gates: unknown) => refusal(create({ ...VERSION_2, gates }));
  expect(await refused({ countries: ['FR'] })).toBe('400 GATE_NOT_OFFERED');
  expect(await refused({ addresses: ['localhost'] })).toBe('400 INVALID_GATES');
  expect(await refused({})).toBe('400 INVALID_GATES');
  expect(await refused({ not_before: new Date(clock.now + 60 * MINUTE).toISOString() })).toBe(
    '400 INVALID_GATES',
  );
  expect(await refusal(create({ gates: asked }))).toBe('400 INVALID_GATES');
});

it('a status names them and never the lists', async () => {
  const { made, call } = harness();
  const id = await made({ ...VERSION_2, gates: { not_before: NOT_BEFORE, addresses: ['203.0.113.77'] } });
  const text = await (await call('GET', `/api/secrets/${id}/status`, { headers: WITH_PROOF })).text();
  expect(JSON.parse(text)).toMatchObject({ gates: ['addresses', 'not_before'], not_before: NOT_BEFORE });
  expect(text).not.toContain('203.0.113');
});

it('a status masks where a code goes', async () => {
  const store = new MemoryStore('salt');
  const sentTo = async (code: { by: 'email' | 'phone'; to: string }) => {
    const secret = newSecret({ proofHash: PROOF_HASH, gates: gatesWith({ code }) });
    await store.secrets.create(secret);
    const path = `/api/secrets/${secret.id}/status`;
    return await (await harness(store).call('GET', path, { headers: WITH_PROOF })).json();
  };
  expect(await sentTo({ by: 'email', to: 'alice@example.org' })).toMatchObject({
    gates: ['code'],
    sent_to: 'a…@e….org',
  });
  expect(await sentTo({ by: 'phone', to: '+4930123456' })).toMatchObject({ sent_to: '+49…56' });
});

it('a reader comes from one of the addresses, once it is time, and a refusal says neither', async () => {
  const { made, call, clock } = harness();
  const gates = { addresses: ['203.0.113.0/24', '2001:db8::/32'], not_before: NOT_BEFORE };
  const id = await made({ ...VERSION_2, gates });
  const from = (address: string) => call('GET', `/api/secrets/${id}`, { headers: WITH_PROOF, address });
  const elsewhere = await from('198.51.100.1');
  expect(await elsewhere.clone().text()).not.toMatch(/203|2001|2030/);
  expect(await refusal(elsewhere)).toBe('403 ADDRESS_NOT_ALLOWED');
  const early = await from('::ffff:203.0.113.9');
  expect(early.headers.get('retry-after')).toBe('60');
  expect(await early.clone().text()).not.toMatch(/203|2001|2030/);
  expect(await refusal(early)).toBe('403 TOO_EARLY');
  clock.now += MINUTE;
  expect((await from('2001:db8:7::1')).status).toBe(200);
});

it('answers to a request have those of the request', async () => {
  const store = new MemoryStore('salt');
  const { ASKED, ANSWER } = await import('./harness.js');
  const { call } = harness(store);
  const json = { 'content-type': 'application/json' };
  const ask = (gates: unknown) =>
    call('POST', '/api/requests', { headers: json, body: JSON.stringify({ ...ASKED, gates }) });
  const asked = await ask({ addresses: ['203.0.113.9'] });
  const { id, kept } = (await asked.json()) as { id: string; kept: unknown };
  expect(kept).toEqual(['gates']);
  expect(await (await ask(undefined)).json()).not.toHaveProperty('kept');
  const headers = { ...json, ...WITH_PROOF, 'idempotency-key': 'one' };
  const body = JSON.stringify(ANSWER);
  const answered = await call('POST', `/api/requests/${id}/answers`, { headers, body });
  const answer = ((await answered.json()) as { id: string }).id;
  const from = (address: string) => call('GET', `/api/secrets/${answer}`, { headers: WITH_PROOF, address });
  expect(await refusal(from('198.51.100.1'))).toBe('403 ADDRESS_NOT_ALLOWED');
  expect((await from('203.0.113.9')).status).toBe(200);
  // An answer waits 2 hours.
  const late = new Date(NOW + 120 * MINUTE).toISOString();
  expect(await refusal(ask({ not_before: late }))).toBe('400 INVALID_GATES');
});

it('codes take an API key', async () => {
  const { GateKeeper } = await import('../../src/server/secrets/gate-keeper.js');
  const keeper = new GateKeeper();
  Object.assign(keeper, { offers: ['email'] });
  const gates = { code: { email: 'alice@example.org' } };
  expect(() => keeper.accept(gates, false, NOW)).toThrow(
    expect.objectContaining({ code: 'API_KEY_REQUIRED' }),
  );
  expect(keeper.accept(gates, true, NOW)).toEqual(
    gatesWith({ code: { by: 'email', to: 'alice@example.org' } }),
  );
});

it('the address that a client makes up counts only as far as trusted proxies have written it', async () => {
  const { app, made } = harness();
  const id = await made({ ...VERSION_2, views: 3, gates: { addresses: ['203.0.113.9'] } });
  const reading = async (trusted: readonly string[], forwardedFor: string) => {
    const listener = await listen(app, { host: '127.0.0.1', port: 0, clientAddress: trustProxies(trusted) });
    try {
      const headers = { ...WITH_PROOF, 'x-forwarded-for': forwardedFor };
      return (await fetch(`${listener.url}/api/secrets/${id}`, { headers })).status;
    } finally {
      await listener.close();
    }
  };
  expect(await reading([], '203.0.113.9')).toBe(403);
  expect(await reading(['10.0.0.0/8'], '203.0.113.9')).toBe(403);
  expect(await reading(['127.0.0.1'], '203.0.113.9, 198.51.100.1')).toBe(403);
  expect(await reading(['127.0.0.1'], '198.51.100.1, 203.0.113.9')).toBe(200);
  expect(await reading(['127.0.0.1'], '::ffff:203.0.113.9')).toBe(200);
});

it('neither lists nor whole addresses are in the log', async () => {
  const store = new MemoryStore('salt');
  const { key } = await issueKey(store.keys, { name: 'ci', tier: 'pro' }, 0);
  const { create, call, log } = harness(store);
  const created = await create(
    { ...VERSION_2, gates: { addresses: ['203.0.113.201', '2001:db8:aa:bb::/64'] } },
    { authorization: `Bearer ${key}` },
  );
  const { id } = (await created.json()) as { id: string };
  for (const address of ['198.51.100.37', '203.0.113.201'])
    await call('GET', `/api/secrets/${id}`, { headers: WITH_PROOF, address });
  expect(log).toHaveLength(3);
  expect(log.join('\n')).not.toMatch(/203\.0\.113\.201|aa:bb|198\.51\.100\.37/);
});
