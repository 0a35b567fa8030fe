/** `zephr proxy`: started, told what to do, and ended. What it does with requests: test/broker/proxy. */

import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inBackground } from '../support/background.js';
import { ask, host } from '../support/proxy.js';
import { HAS_SCRIPT, type } from '../support/typing.js';
import { type VaultSession, vaultSession } from '../support/vault.js';

const SECRET = 'correct horse/battery+staple';

async function boundSession(to: string, options = ''): Promise<VaultSession> {
  const session = await vaultSession();
  const set = await session.sh(`printf %s '${SECRET}' | zephr vault set API_KEY --host ${to} ${options}`);
  expect(set.code, set.stderr).toBe(0);
  return session;
}

/** A proxy that has said that it is ready. */
async function started(session: VaultSession, ...options: string[]) {
  const proxy = inBackground(session, 'zephr', ['proxy', 'start', '--port', '0', ...options]);
  await expect.poll(() => proxy.stdout() + proxy.stderr()).toMatch(/\n/);
  const url = proxy.stdout().trim();
  const { port } = new URL(url);
  const tokenFile = join(session.env.XDG_RUNTIME_DIR ?? '', `zephr/proxy-${port}.token`);
  const token = () => readFileSync(tokenFile, 'utf8').trim();
  return { ...proxy, url, port, tokenFile, token };
}

const request = (target: string, token: string) => ({
  'X-Zephr-Token': token,
  'X-AS-Target-URL': target,
  'X-AS-Inject-Bearer': 'API_KEY',
});

describe('zephr proxy start', () => {
  it('answers who has its token, and ends with a signal, leaving nothing behind', async () => {
    const upstream = await host(({ rawHeaders }, response) => response.end(rawHeaders.join('|')));
    const session = await boundSession(upstream.host);
    const proxy = await started(session);
    const caFile = proxy.tokenFile.replace('.token', '.pem');
    for (const file of [proxy.tokenFile, caFile]) expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(caFile, 'utf8')).toMatch(/^-----BEGIN CERTIFICATE-----/);
    const answer = await ask(`${proxy.url}/proxy`, request(upstream.url, proxy.token()));
    expect(answer).toMatchObject({
      status: 200,
      body: expect.stringContaining('[REDACTED_BY_AGENTSECRETS]'),
    });
    expect(upstream.asked[0]?.rawHeaders).toContain(`Bearer ${SECRET}`);
    expect((await ask(`${proxy.url}/proxy`, request(upstream.url, 'x'))).status).toBe(401);
    proxy.child.kill('SIGTERM');
    expect(await proxy.ended).toBe(0);
    expect(existsSync(proxy.tokenFile) || existsSync(caFile)).toBe(false);
    expect(proxy.stdout() + proxy.stderr()).not.toContain('horse');
  });

  it('reads the vault again on SIGHUP', async () => {
    const upstream = await host();
    const session = await boundSession('other.example');
    const proxy = await started(session);
    const status = async () => (await ask(`${proxy.url}/proxy`, request(upstream.url, proxy.token()))).status;
    expect(await status()).toBe(403);
    await session.sh(
      `zephr vault rm API_KEY; printf new-value | zephr vault set API_KEY --host ${upstream.host}`,
    );
    expect(await status()).toBe(403);
    proxy.child.kill('SIGHUP');
    await expect.poll(status).toBe(200);
    expect(upstream.asked[0]?.rawHeaders).toContain('Bearer new-value');
  });

  it('ends when its time is over', async () => {
    const session = await boundSession('a.example');
    const proxy = await started(session, '--ttl', '1s');
    expect(await proxy.ended).toBe(0);
  });

  it.skipIf(process.platform !== 'linux')('asks for no token at /proxy where that is said', async () => {
    const upstream = await host();
    const session = await boundSession(upstream.host);
    const proxy = await started(session, '--compat-no-token');
    const { 'X-Zephr-Token': _, ...headers } = request(upstream.url, '');
    const health = await ask(`${proxy.url}/health`, { Host: `localhost:${proxy.port}` });
    expect(JSON.parse(health.body)).toEqual({ status: 'ok', project: 'default' });
    expect((await ask(`${proxy.url}/proxy`, headers)).status).toBe(200);
    expect((await ask(`${proxy.url}/proxy`, { ...headers, Origin: 'http://localhost' })).status).toBe(403);
  });

  it('says when its port is taken, and when there is no vault', async () => {
    const session = await boundSession('a.example');
    const proxy = await started(session);
    const second = await session.sh(`zephr proxy start --port ${proxy.port}`);
    expect(second).toMatchObject({ code: 8, stderr: expect.stringContaining(`port ${proxy.port} is taken`) });
    expect((await (await vaultSession()).sh('zephr proxy start --port 0')).code).toBe(5);
  });
});

describe('the other commands', () => {
  it('tell what runs, make another token, and end it', async () => {
    const session = await boundSession('a.example');
    const nothing = await session.sh('zephr proxy status');
    expect(nothing).toMatchObject({ code: 11, stdout: '', stderr: 'no proxy of yours is running\n' });
    expect((await session.sh('zephr proxy rotate')).code).toBe(5);
    expect((await session.sh('zephr proxy stop')).code).toBe(0);
    const proxy = await started(session);
    const before = proxy.token();
    const { stdout } = await session.sh('zephr proxy status --json');
    expect(JSON.parse(stdout)).toEqual({
      proxies: [{ url: proxy.url, secrets: 1, waiting: 0, until: expect.stringMatching(/^\d{4}-/) }],
    });
    expect((await session.sh('zephr proxy status')).stdout).toMatch(
      /^http:\S+ {2}1 secrets, 0 uses wait, ends in /,
    );
    expect((await session.sh('zephr proxy rotate')).code).toBe(0);
    expect(proxy.token()).not.toBe(before);
    expect((await ask(`${proxy.url}/health`, { 'X-Zephr-Token': before })).status).toBe(401);
    const other = await started(session);
    const several = await session.sh('zephr proxy stop');
    expect(several).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('several proxies are running'),
    });
    expect((await session.sh(`zephr proxy stop --port ${other.port}`)).code).toBe(0);
    expect(await other.ended).toBe(0);
    expect((await session.sh('zephr proxy stop --json')).stdout).toBe('{"wasRunning":true}\n');
    expect(await proxy.ended).toBe(0);
  });

  it('approve nothing where nobody is', async () => {
    const session = await boundSession('a.example', '--approve');
    expect(await session.sh('zephr proxy approve')).toMatchObject({ code: 4, stdout: '' });
  });

  it.skipIf(!HAS_SCRIPT)('ask a person about what waits', async () => {
    const upstream = await host();
    const session = await boundSession(upstream.host, '--approve');
    const proxy = await started(session);
    expect((await type(session, 'zephr proxy approve', [])).code).toBe(11);
    for (const [word, status] of [
      ['yes\r', 200],
      ['no\r', 403],
    ] as const) {
      const asked = { ...request(`${upstream.url}/x?q=1`, proxy.token()), 'X-AS-Agent-ID': 'robot' };
      const answered = ask(`${proxy.url}/proxy`, asked);
      await expect
        .poll(async () => (await session.sh('zephr proxy status')).stdout)
        .toContain(' 1 uses wait');
      const shown = await type(session, 'zephr proxy approve', [['to allow it', word]]);
      expect(shown.code).toBe(0);
      expect(shown.screen).toContain(`calls itself robot: GET ${upstream.host}/x wants API_KEY as bearer`);
      expect(await answered).toMatchObject({ status });
    }
    expect(upstream.asked).toHaveLength(1);
  });
});
