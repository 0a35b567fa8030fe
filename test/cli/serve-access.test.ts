/** Which options of `zephr serve` decide who may use the server. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startServerProcess } from '../support/server.js';
import { openSession } from '../support/session.js';

describe('who may ask a zephr serve', () => {
  it.each([
    ['--access none', 'the access mode is not open, tiered or closed'],
    ['--rate-limit many', 'the rate limit is not a number'],
    ['--rate-limit -1', 'the rate limit is not a number'],
    ['--rate-limit 1.5', 'the rate limit is not a number'],
    ['--trust-proxy 10.0.0.0/33', "'10.0.0.0/33' is not a range of addresses such as"],
    ['--trust-proxy 10.0.0.0/8,', "'' is not a range of addresses such as"],
    ['--trust-proxy localhost', "'localhost' is not a range of addresses such as"],
  ])('does not start with %s', async (options, message) => {
    const { sh, folder } = openSession();
    const { code, stdout, stderr } = await sh(`zephr serve --port 0 --store zephr.db ${options}`);
    expect(stderr).toContain(`zephr: error: ${message}`);
    expect(stdout).toBe('');
    expect(code).toBe(2);
    expect(existsSync(join(folder, 'zephr.db'))).toBe(false);
  });

  it.each([
    ['ACCESS', 'none'],
    ['RATE_LIMIT', 'many'],
    ['TRUST_PROXY', '10/8'],
  ])('does not start with ZEPHR_SERVE_%s=%s', async (name, value) => {
    const { sh } = openSession();
    expect((await sh(`ZEPHR_SERVE_${name}=${value} zephr serve --port 0`)).code).toBe(2);
  });

  it('takes access, rate limit and proxies from its environment, blank ones not counted', async () => {
    const env = {
      ZEPHR_SERVE_ACCESS: 'open',
      ZEPHR_SERVE_RATE_LIMIT: '7',
      ZEPHR_SERVE_TRUST_PROXY: '127.0.0.1, ::1',
    };
    const server = await startServerProcess({ env });
    onTestFinished(async () => {
      await server.stop();
    });
    const response = await fetch(`${server.url}/api/health`, {
      headers: { 'x-forwarded-for': '203.0.113.9' },
    });
    expect(await response.json()).toMatchObject({ limits: { creates: { count: 7, per: 'minute' } } });
    await server.stop();
    expect(server.log()).toContain('"203.0.113.0/24"');
    const blank = await startServerProcess({ env: { ...env, ZEPHR_SERVE_RATE_LIMIT: ' ' } });
    onTestFinished(async () => {
      await blank.stop();
    });
    const health = await (await fetch(`${blank.url}/api/health`)).json();
    expect(health).toMatchObject({ limits: { creates: { count: 60, per: 'minute' } } });
  });
});
