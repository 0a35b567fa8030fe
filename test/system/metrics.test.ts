import { expect, it, onTestFinished } from 'vitest';
import { startServerProcess } from '../support/server.js';
import { openSession } from '../support/session.js';

it.each([
  ['--metrics', { args: ['--metrics'] }],
  ['ZEPHR_SERVE_METRICS=1', { env: { ZEPHR_SERVE_METRICS: '1' } }],
])('zephr serve with %s counts secrets, and its process', async (_, options) => {
  const server = await startServerProcess(options);
  onTestFinished(() => void server.stop());
  await openSession({ ZEPHR_SERVER: server.url }).sh('echo hunter2 | zephr -q | zephr get -q');
  const text = await (await fetch(`${server.url}/metrics`)).text();
  expect(text).toContain('\nzephr_secrets_total{event="created"} 1\n');
  expect(text).toContain('\nzephr_secrets_total{event="read"} 1\n');
  expect(text).toMatch(/\nprocess_cpu_seconds_total [0-9.e-]+\n/);
  expect(await server.stop()).toBe(0);
});

it('zephr serve without it does neither', async () => {
  const server = await startServerProcess();
  onTestFinished(() => void server.stop());
  expect((await fetch(`${server.url}/metrics`)).status).toBe(404);
});
