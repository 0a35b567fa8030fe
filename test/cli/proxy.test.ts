/** `zephr proxy`: started, told what to do, and ended. What it does with requests: test/broker/proxy. */

import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
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

/** One that is opened by what runs already. */
function startedWithoutKey(session: VaultSession, ...options: string[]) {
  return started({ ...session, env: { ...session.env, ZEPHR_VAULT_KEY_FILE: '' } }, ...options);
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

/** A program that makes a request by the SDK. */
const sdkCall = (url: string) =>
  `import { callWithSecret } from ${JSON.stringify(new URL('../../dist/vault.js', import.meta.url).href)};
   await callWithSecret(${JSON.stringify(url)}, { bearer: 'API_KEY', agent: 'robot' });`;

describe('a proxy that runs', () => {
  const withoutKey = { env: { ZEPHR_VAULT_KEY_FILE: '' } };

  it('opens the vault for other commands, until it ends or the vault is locked', async () => {
    const upstream = await host();
    const session = await boundSession(upstream.host);
    const call = `zephr call ${upstream.url} --bearer API_KEY`;
    expect((await session.sh(call, withoutKey)).code).toBe(3);
    const first = await started(session, '--ttl', '1h');
    expect((await session.sh(call, withoutKey)).code).toBe(0);
    const { stdout } = await session.sh('zephr vault status --json', withoutKey);
    const status = JSON.parse(stdout);
    expect(status).toMatchObject({ unlockedBy: 'zephr proxy', secrets: 1 });
    expect(Date.parse(status.until) - Date.now()).toBeLessThanOrEqual(3_600_000);
    // What it was opened by for an hour does not open another one for longer.
    const second = await startedWithoutKey(session, '--ttl', '8h');
    const both = await session.sh('zephr proxy stop --port $PORT && zephr vault status --json', {
      env: { ...withoutKey.env, PORT: first.port },
    });
    expect(JSON.parse(both.stdout)).toMatchObject({ unlockedBy: 'zephr proxy', until: status.until });
    expect(await session.sh('zephr vault lock')).toMatchObject({
      code: 0,
      stderr: 'the vault is locked\na proxy still has its secrets: zephr proxy stop ends it\n',
    });
    expect((await session.sh(call, withoutKey)).code).toBe(3);
    expect((await ask(`${second.url}/proxy`, request(upstream.url, second.token()))).status).toBe(200);
  });

  it('for one command opens the vault for nobody', async () => {
    const session = await boundSession('127.0.0.1:9');
    const { code, stdout } = await session.sh(
      `zephr run --proxy -- sh -c 'ls "$XDG_RUNTIME_DIR/zephr"; zephr vault ls; echo $?'`,
    );
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^proxy-[0-9]+\.sock\n3\n$/)]);
  });

  it.skipIf(!HAS_SCRIPT)('holds for a person what other commands ask for', async () => {
    const upstream = await host();
    const session = await boundSession(upstream.host, '--approve');
    await started(session);
    writeFileSync(join(session.folder, 'program.mjs'), sdkCall(`${upstream.url}/x?q=1`));
    const ways = [`zephr call --agent robot '${upstream.url}/x?q=1' --bearer API_KEY`, 'node program.mjs'];
    for (const way of ways) {
      for (const [word, isAllowed] of [
        ['yes\r', true],
        ['no\r', false],
      ] as const) {
        const before = upstream.asked.length;
        const answered = session.sh(way);
        await expect
          .poll(async () => (await session.sh('zephr proxy status')).stdout)
          .toContain(' 1 uses wait');
        const shown = await type(session, 'zephr proxy approve', [['to allow it', word]]);
        expect(shown.screen).toContain(`calls itself robot: GET ${upstream.host}/x wants API_KEY as bearer`);
        const { code, stderr } = await answered;
        expect(code === 0, stderr).toBe(isAllowed);
        if (!isAllowed) expect(stderr).toContain('the use was not allowed');
        expect(upstream.asked.length - before).toBe(isAllowed ? 1 : 0);
      }
    }
    const { stdout } = await session.sh('zephr vault log --blocked --json');
    expect(JSON.parse(stdout).entries).toMatchObject(
      ways.map(() => ({ command: 'call', agent: 'robot', reason: 'NOT_ALLOWED' })),
    );
  });

  it('no longer holds what nobody waits for', async () => {
    const session = await boundSession('127.0.0.1:9', '--approve');
    await started(session);
    const gone = inBackground(session, 'zephr', ['call', 'http://127.0.0.1:9/', '--bearer', 'API_KEY']);
    const status = async () => (await session.sh('zephr proxy status')).stdout;
    await expect.poll(status).toContain(' 1 uses wait');
    gone.child.kill('SIGTERM');
    await gone.ended;
    await expect.poll(status).toContain(' 0 uses wait');
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
