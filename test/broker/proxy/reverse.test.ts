/** Requests by way of `/proxy` and `/to/{host}/…`: what arrives, what comes back, and what is refused. */

import { mkdirSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { verifyChain } from '../../../src/broker/audit/chain.js';
import { readAuditLog } from '../../../src/broker/audit/log.js';
import { type Asked, ask, host, rawExchange, secret, testProxy } from '../../support/proxy.js';

const VALUE = 'user-Ab1:p4ss/W0rd+"x"=&%';
const MASK = '[REDACTED_BY_AGENTSECRETS]';

const bearer = (token: string) => ({ 'X-Zephr-Token': token });

const echo = (asked: Asked, response: ServerResponse) => response.end(JSON.stringify(asked));

const header = ({ rawHeaders }: Asked, name: string) => rawHeaders[rawHeaders.indexOf(name) + 1];

describe('/proxy', () => {
  it.each<[string, string, (asked: Asked) => unknown, unknown]>([
    ['Bearer', '', (asked) => header(asked, 'Authorization'), `Bearer ${VALUE}`],
    ['Basic', '', (asked) => header(asked, 'Authorization'), `Basic ${btoa(VALUE)}`],
    ['Header-X-aPi-Key', '', (asked) => header(asked, 'X-aPi-Key'), VALUE],
    ['Query-apiKey', '', (asked) => new URL(asked.url, 'http://h').searchParams.get('apiKey'), VALUE],
    ['Body-auth.Token', '{"a":1}', (asked) => JSON.parse(asked.body), { a: 1, auth: { Token: VALUE } }],
    ['Form-Pass', 'a=1', (asked) => new URLSearchParams(asked.body).get('Pass'), VALUE],
  ])(
    'puts a secret in by X-AS-Inject-%s, and takes it out of what comes back',
    async (style, body, seen, value) => {
      const upstream = await host(echo);
      const proxy = await testProxy([secret('API_KEY', VALUE, { hosts: [upstream.host] })]);
      const type = style.startsWith('Form') ? 'application/x-www-form-urlencoded' : 'application/json';
      const answer = await ask(
        `${proxy.url}/proxy`,
        {
          ...bearer(proxy.token),
          ...(body !== '' && { 'Content-Type': type }),
          'X-AS-Target-URL': `${upstream.url}/v1/me?x=1`,
          'X-AS-Method': body === '' ? 'GET' : 'POST',
          'X-AS-Agent-ID': 'robot',
          [`X-AS-Inject-${style}`]: 'API_KEY',
          'X-Own': 'kept',
        },
        { method: body === '' ? 'GET' : 'POST', body },
      );
      const [asked] = upstream.asked;
      expect(answer.status).toBe(200);
      expect(asked && seen(asked)).toEqual(value);
      expect(asked?.url).toMatch(/^\/v1\/me\?x=1/);
      expect(asked && header(asked, 'X-Own')).toBe('kept');
      expect(asked?.rawHeaders.join()).not.toMatch(/x-as-|token/i);
      expect(answer.body).toContain(MASK);
      expect(answer.body).not.toContain('p4ss');
      expect(await proxy.entries()).toMatchObject([
        { command: 'proxy', agent: 'robot', secrets: ['API_KEY'], path: '/v1/me', decision: 'allowed' },
        { decision: 'done', status: 200 },
      ]);
      expect(verifyChain(await readAuditLog(proxy.logPath))).toEqual([]);
    },
  );

  it.each<[string, Record<string, string>, number, object]>([
    ['no target', { 'X-AS-Inject-Bearer': 'API_KEY' }, 400, { error: 'missing_target' }],
    ['no injection', { 'X-AS-Target-URL': 'https://a.example/' }, 400, { error: 'missing_injection' }],
    [
      'an unbound host',
      { 'X-AS-Target-URL': 'https://a.example/', 'X-AS-Inject-Bearer': 'API_KEY' },
      403,
      {
        error: 'domain_not_in_allowlist',
        domain: 'a.example',
        hint: 'to allow it, a person runs: zephr vault bind API_KEY --host b.example,a.example --as bearer',
      },
    ],
    [
      'another slot',
      { 'X-AS-Target-URL': 'https://b.example/', 'X-AS-Inject-Query-key': 'API_KEY' },
      403,
      { error: 'capability_denied', code: 'SLOT_NOT_ALLOWED' },
    ],
    [
      'plain http',
      { 'X-AS-Target-URL': 'http://b.example/', 'X-AS-Inject-Bearer': 'API_KEY' },
      403,
      { error: 'non_https_blocked' },
    ],
    [
      'a name that is not there',
      { 'X-AS-Target-URL': 'https://b.example/', 'X-AS-Inject-Bearer': 'OTHER' },
      502,
      { error: expect.stringMatching(/^secret 'OTHER' not found in keychain/) },
    ],
    [
      'a value in place of a name',
      { 'X-AS-Target-URL': 'https://b.example/', 'X-AS-Inject-Bearer': 'hunter2hunter2' },
      400,
      { error: 'invalid_injection', message: expect.not.stringContaining('hunter2') },
    ],
  ])('refuses %s', async (_, headers, status, body) => {
    const proxy = await testProxy([secret('API_KEY', VALUE, { hosts: ['b.example'], as: 'bearer' })]);
    const answer = await ask(`${proxy.url}/proxy`, { ...bearer(proxy.token), ...headers });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject(body);
    expect((await proxy.entries()).every(({ decision }) => decision === 'refused')).toBe(true);
  });

  it('follows no redirect', async () => {
    const other = await host();
    const upstream = await host((_, response) => response.writeHead(302, { Location: other.url }).end());
    const proxy = await testProxy([secret('API_KEY', VALUE, { hosts: [upstream.host, other.host] })]);
    const asked = { 'X-AS-Target-URL': upstream.url, 'X-AS-Inject-Bearer': 'API_KEY' };
    const answer = await ask(`${proxy.url}/proxy`, { ...bearer(proxy.token), ...asked });
    expect(answer.status).toBe(302);
    expect(other.asked).toEqual([]);
  });

  it('sends nothing that it cannot log', async () => {
    const upstream = await host();
    const proxy = await testProxy([secret('API_KEY', VALUE, { hosts: [upstream.host] })]);
    rmSync(proxy.logPath, { force: true });
    mkdirSync(proxy.logPath);
    const asked = { 'X-AS-Target-URL': upstream.url, 'X-AS-Inject-Bearer': 'API_KEY' };
    const answer = await ask(`${proxy.url}/proxy`, { ...bearer(proxy.token), ...asked });
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'LOG_FAILED' });
    expect(upstream.asked).toEqual([]);
  });

  it('answers when a use has been approved, and not before', async () => {
    const upstream = await host((_, response) => response.end('done'));
    const proxy = await testProxy([secret('API_KEY', VALUE, { hosts: [upstream.host], approve: true })]);
    const asked = { 'X-AS-Target-URL': `${upstream.url}/x?q=1`, 'X-AS-Inject-Bearer': 'API_KEY' };
    for (const isAllowed of [true, false]) {
      const answered = ask(`${proxy.url}/proxy`, { ...bearer(proxy.token), ...asked });
      await expect.poll(() => proxy.approvals.waiting).toHaveLength(1);
      const [use] = proxy.approvals.waiting;
      expect(use).toMatchObject({
        method: 'GET',
        target: `${upstream.host}/x`,
        secrets: ['API_KEY as bearer'],
      });
      expect(proxy.approvals.decide(use?.id ?? 0, isAllowed)).toBe(true);
      expect((await answered).status).toBe(isAllowed ? 200 : 403);
    }
    expect(upstream.asked).toHaveLength(1);
    expect((await proxy.entries()).map(({ decision, reason }) => reason ?? decision)).toEqual([
      'allowed',
      'done',
      'NOT_APPROVED',
    ]);
  });
});

describe('/to/{host}/', () => {
  it.each(['X-Zephr-Token', 'X-Api-Key', 'Authorization'])(
    'carries the secret that belongs to the host, with the token in %s',
    async (carrier) => {
      const upstream = await host(echo);
      const policy = { hosts: [upstream.host], as: 'header:X-Api-Key' };
      const proxy = await testProxy([secret('API_KEY', VALUE, policy)]);
      const token = carrier === 'Authorization' ? `Bearer ${proxy.token}` : proxy.token;
      const answer = await ask(`${proxy.url}/to/${upstream.host}/v1//a?b=%2F`, { [carrier]: token });
      const [asked] = upstream.asked;
      expect(asked?.url).toBe('/v1//a?b=%2F');
      expect(asked && header(asked, 'X-Api-Key')).toBe(VALUE);
      expect(asked?.rawHeaders.join()).not.toContain(proxy.token);
      expect(answer.body).toContain('[masked API_KEY]');
      expect(answer.body).not.toContain('p4ss');
    },
  );

  it('goes to the host of its path, whatever the path is', async () => {
    const upstream = await host(echo);
    const proxy = await testProxy([secret('API_KEY', VALUE, { hosts: ['a.example'], as: 'bearer' })]);
    for (const path of [
      `${upstream.host}/`,
      'a.example@b.example/',
      'a.example%40b/',
      '/b.example/',
      'b.example\\a/',
    ]) {
      const answer = await ask(`${proxy.url}/to/${path}`, bearer(proxy.token));
      expect([path, answer.status]).toEqual([
        path,
        expect.toSatisfy((status) => status === 403 || status === 400),
      ]);
    }
    expect(upstream.asked).toEqual([]);
  });

  it('streams both ways', async () => {
    const sent: string[] = [];
    const upstream = await host((_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write('data: one\n\n');
      sent.push('one');
    });
    const proxy = await testProxy([secret('API_KEY', VALUE, { hosts: [upstream.host], as: 'bearer' })]);
    const answer = await fetch(`${proxy.url}/to/${upstream.host}/events`, { headers: bearer(proxy.token) });
    const reader = answer.body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    expect(new TextDecoder().decode(value)).toBe('data: one\n\n');
    await reader?.cancel();
  });
});

describe('a client', () => {
  it.each<[string, Record<string, string>, number, string]>([
    ['without a token', {}, 401, 'NO_TOKEN'],
    ['with another token', { 'X-Zephr-Token': 'x'.repeat(43) }, 401, 'NO_TOKEN'],
    ['with an Origin', { Origin: 'http://127.0.0.1' }, 403, 'WEB_PAGE'],
    ['with an Origin of null', { Origin: 'null' }, 403, 'WEB_PAGE'],
    ['that is a page', { 'Sec-Fetch-Site': 'same-origin' }, 403, 'WEB_PAGE'],
    ['with a foreign Host', { Host: 'evil.example' }, 403, 'OTHER_HOST'],
    ['with the Host of another port', { Host: '127.0.0.1:1' }, 403, 'OTHER_HOST'],
  ])('%s is refused on every path, which the log says', async (_, headers, status, reason) => {
    const upstream = await host();
    const proxy = await testProxy([secret('API_KEY', VALUE, { hosts: [upstream.host], as: 'bearer' })]);
    const own = status === 403 ? bearer(proxy.token) : {};
    for (const path of ['/proxy', '/health', `/to/${upstream.host}/`, '/', '/other']) {
      const answer = await ask(proxy.url + path, {
        'X-AS-Target-URL': upstream.url,
        'X-AS-Inject-Bearer': 'API_KEY',
        ...own,
        ...headers,
      });
      expect([path, answer.status]).toEqual([path, status]);
    }
    expect(upstream.asked).toEqual([]);
    // Once, however often it tries.
    await expect.poll(() => proxy.entries()).toHaveLength(1);
    expect(await proxy.entries()).toMatchObject([{ decision: 'refused', reason, secrets: [] }]);
  });

  it('is not answered by an old token once there is another', async () => {
    const proxy = await testProxy([]);
    const before = proxy.token;
    expect((await ask(`${proxy.url}/health`, bearer(before))).status).toBe(200);
    expect(proxy.rotate()).not.toBe(before);
    expect((await ask(`${proxy.url}/health`, bearer(before))).status).toBe(401);
    expect((await ask(`${proxy.url}/health`, bearer(proxy.token))).status).toBe(200);
  });

  it.skipIf(process.platform !== 'linux')('of this user needs no token where that is said', async () => {
    const upstream = await host();
    const secrets = [secret('API_KEY', VALUE, { hosts: [upstream.host], as: 'bearer' })];
    const own = await testProxy(secrets, { userWithoutToken: process.getuid?.() });
    expect((await ask(`${own.url}/health`)).status).toBe(200);
    expect((await ask(`${own.url}/to/${upstream.host}/`)).status).toBe(401);
    const other = await testProxy(secrets, { userWithoutToken: 4_000_000 });
    expect((await ask(`${other.url}/health`)).status).toBe(401);
  });
});

describe('a request that could be read in two ways', () => {
  it.each<[string, string]>([
    ['a length and chunks', 'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n'],
    ['two lengths', 'Content-Length: 3\r\nContent-Length: 4\r\n'],
    ['several hosts', 'Host: 127.0.0.1\r\n'],
    ['a Connection header that names another', 'Connection: X-Key\r\n'],
    ['a folded header', 'X-A: b\r\n c\r\n'],
    ['a space before a colon', 'X-A : b\r\n'],
    ['chunks of another coding', 'Transfer-Encoding: xchunked\r\n'],
  ])('is refused: %s', async (_, headers) => {
    const upstream = await host();
    const proxy = await testProxy([secret('API_KEY', VALUE, { hosts: [upstream.host], as: 'bearer' })]);
    const answer = await rawExchange(
      proxy.port,
      `POST /to/${upstream.host}/ HTTP/1.1\r\nHost: 127.0.0.1:${proxy.port}\r\nX-Zephr-Token: ${proxy.token}\r\nConnection: close\r\n${headers}\r\n0\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(upstream.asked).toEqual([]);
  });

  it.each(['TRACE', 'trace'])('is refused: %s', async (method) => {
    const upstream = await host();
    const proxy = await testProxy([secret('API_KEY', VALUE, { hosts: [upstream.host], as: 'bearer' })]);
    const asked = { 'X-AS-Target-URL': upstream.url, 'X-AS-Method': method, 'X-AS-Inject-Bearer': 'API_KEY' };
    expect((await ask(`${proxy.url}/proxy`, { ...bearer(proxy.token), ...asked })).status).toBe(400);
    expect(upstream.asked).toEqual([]);
  });

  it('is not made of two: what follows a refused request is not read', async () => {
    const upstream = await host();
    const proxy = await testProxy([secret('API_KEY', VALUE, { hosts: [upstream.host], as: 'bearer' })]);
    const good = `GET /to/${upstream.host}/ HTTP/1.1\r\nHost: 127.0.0.1:${proxy.port}\r\nX-Zephr-Token: ${proxy.token}\r\n\r\n`;
    const answer = await rawExchange(
      proxy.port,
      `GET /health HTTP/1.1\r\nHost: 127.0.0.1:${proxy.port}\r\n\r\n${good}`,
    );
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 401']);
    expect(upstream.asked).toEqual([]);
  });
});
