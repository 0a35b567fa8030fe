import { describe, expect, test } from 'vitest';
import { TIERS } from '../../src/core/protocol/limits.js';
import { patientPing } from '../../src/server/routes/health.js';
import { issueKey } from '../../src/server/secrets/api-keys.js';
import { StoreError } from '../../src/server/store/contracts/store.js';
import { MemoryStore } from '../../src/server/store/memory/store.js';
import { harness, refusal } from './harness.js';

describe('asking a store whether it is there', () => {
  test('ends when it does not answer', async () => {
    const ping = patientPing({ ping: () => new Promise(() => undefined) }, 20);
    await expect(ping()).rejects.toBeInstanceOf(StoreError);
    await expect(ping()).rejects.toBeInstanceOf(StoreError);
  });

  test('asks a store that is stuck once, and again when it has answered', async () => {
    const answers: (() => void)[] = [];
    const ping = patientPing({ ping: () => new Promise((resolve) => answers.push(resolve)) });
    const asked = [ping(), ping(), ping()];
    expect(answers).toHaveLength(1);
    answers[0]?.();
    await Promise.all(asked);
    const again = ping();
    expect(answers).toHaveLength(2);
    answers[1]?.();
    await again;
  });

  test('fails as the store does, and then asks it again', async () => {
    let broken = true;
    const ping = patientPing({
      async ping() {
        if (broken) throw new StoreError(new Error('disk on fire'));
      },
    });
    await expect(ping()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    broken = false;
    await ping();
  });

  test('shown an API key, tells its tier and limits, and 401 for another', async () => {
    const store = new MemoryStore('salt');
    const { key } = await issueKey(store.keys, { name: 'ci', tier: 'free' }, 0);
    const { call } = harness(store);
    const shown = (authorization: string) =>
      call('GET', '/api/health', { headers: { Authorization: authorization } });
    expect(await (await shown(`Bearer ${key}`)).json()).toMatchObject({ tier: 'free', limits: TIERS.free });
    expect(await refusal(shown(`Bearer zeph_${'A'.repeat(40)}`))).toBe('401 INVALID_API_KEY');
    expect(await (await call('GET', '/api/health')).json()).not.toHaveProperty('tier');
  });

  test('makes health 503 within a bounded time', async () => {
    const stuck = new MemoryStore('salt');
    stuck.ping = () => new Promise(() => undefined);
    expect(await refusal(harness(stuck).call('GET', '/api/health'))).toBe('503 STORE_UNAVAILABLE');
  });
});
