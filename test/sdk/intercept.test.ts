/** `zephr/intercept`, as a program loads the built package: requests that name a secret are made by the proxy, or not at all. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { inBackground } from '../support/background.js';
import { host } from '../support/proxy.js';
import { type VaultSession, vaultSession } from '../support/vault.js';

const bundle = fileURLToPath(new URL('../../dist/intercept.js', import.meta.url));
const undici = fileURLToPath(new URL('../../node_modules/undici/index.js', import.meta.url));

const SECRET = 'correct horse/battery+staple';

/** A host that has API_KEY, and a session with a proxy between it and programs. */
async function behindProxy() {
  const upstream = await host(({ rawHeaders, url, method }, response) => {
    if (url?.startsWith('/next')) response.writeHead(302, { Location: '/there' });
    response.end(`${method} ${url} ${rawHeaders.join('|')}`);
  });
  const session = await vaultSession();
  await session.sh(`zephr vault set API_KEY --host ${upstream.host}`, { stdin: SECRET });
  const proxy = inBackground(session, 'zephr', ['proxy', 'start', '--port', '0']);
  await expect.poll(() => proxy.stdout()).toMatch(/\n/);
  session.env.ZEPHR_PROXY_PORT = new URL(proxy.stdout().trim()).port;
  return { upstream, session };
}

/** Runs a program with the interception, and gives what it prints as JSON. */
async function program({ sh, folder }: VaultSession, code: string): Promise<unknown> {
  writeFileSync(join(folder, 'program.mjs'), code);
  const { stdout, stderr } = await sh(`node --import ${bundle} program.mjs`);
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

const HELPERS = `
  import http, { get, request } from 'node:http';
  import https, { get as getTls } from 'node:https';
  const read = (sent) => new Promise((resolve, reject) => {
    sent.on('error', (error) => resolve(error.message));
    sent.on('response', async (response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      resolve(body);
    });
  });
  const failure = async (work) => { try { await work(); return 'none'; } catch (error) { return (error.cause ?? error).message; } };
`;

describe('zephr/intercept', () => {
  it.each([
    [
      'fetch',
      "await (await fetch(url, { headers: { Authorization: 'Bearer ZEPHR_SECRET_API_KEY' } })).text()",
    ],
    [
      'fetch of a Request',
      "await (await fetch(new Request(url, { headers: [['authorization', 'bearer AS_SECRET_API_KEY']] }))).text()",
    ],
    ['http.get', "await read(http.get(url, { headers: { Authorization: 'Bearer ZEPHR_SECRET_API_KEY' } }))"],
    [
      'get by its name',
      "await read(get(new URL(url), { headers: { authorization: 'Bearer ZEPHR_SECRET_API_KEY' } }))",
    ],
    [
      'http.request by options',
      "await read(request({ hostname, port, path: '/a?x=1', headers: { Authorization: 'Bearer ZEPHR_SECRET_API_KEY' } }).end())",
    ],
    [
      'headers in a list',
      "await read(http.request(url, { headers: ['Authorization', 'Bearer ZEPHR_SECRET_API_KEY'] }).end())",
    ],
    [
      'undici.request',
      "await (await undici.request(url, { headers: { authorization: 'Bearer ZEPHR_SECRET_API_KEY' } })).body.text()",
    ],
    [
      'undici.fetch',
      "await (await undici.fetch(url, { headers: { authorization: 'Bearer ZEPHR_SECRET_API_KEY' } })).text()",
    ],
    [
      'undici with a query',
      "await (await undici.request(url.replace('?x=1', ''), { query: { x: 1 }, headers: ['authorization', 'Bearer ZEPHR_SECRET_API_KEY'] })).body.text()",
    ],
  ])('%s', async (_, call) => {
    const { upstream, session } = await behindProxy();
    const { hostname, port } = new URL(upstream.url);
    const seen = await program(
      session,
      `${HELPERS} import * as undici from ${JSON.stringify(undici)};
       const [url, hostname, port] = ['${upstream.url}/a?x=1', '${hostname}', ${port}];
       console.log(JSON.stringify(${call}));`,
    );
    expect(seen).toMatch(/^GET \/a\?x=1 /);
    expect(seen).toContain('Bearer [REDACTED_BY_AGENTSECRETS]');
    expect(upstream.asked[0]?.rawHeaders).toContain(`Bearer ${SECRET}`);
    expect(upstream.asked[0]?.rawHeaders.join('|')).not.toMatch(/x-as-|x-zephr-|_SECRET_/i);
  });

  it('keeps method, body, other headers and the URL of a response, and leaves other requests alone', async () => {
    const { upstream, session } = await behindProxy();
    const seen = await program(
      session,
      `${HELPERS}
       const url = '${upstream.url}';
       const headers = { 'X-Key': 'ZEPHR_SECRET_API_KEY', 'X-Other': 'kept', 'X-AS-Target-URL': 'https://other.example/' };
       const put = await fetch(url + '/next', { method: 'PUT', body: new Blob(['a body']).stream(), duplex: 'half', headers, redirect: 'manual' });
       const posted = await read(http.request(url, { method: 'POST', auth: 'user:word', headers: { 'x-key': 'AS_SECRET_API_KEY' } }).end('another'));
       const plain = await (await fetch(url, { headers: { 'X-Key': 'SECRET_API_KEY' } })).text();
       console.log(JSON.stringify({ status: put.status, url: put.url, location: put.headers.get('location'), posted, plain }));`,
    );
    expect(seen).toMatchObject({
      status: 302,
      url: `${upstream.url}/next`,
      location: '/there',
      posted: expect.stringMatching(/^POST \/ .*x-key\|\[REDACTED_BY_AGENTSECRETS\]/),
      plain: expect.stringContaining('SECRET_API_KEY'),
    });
    const [put, posted] = upstream.asked;
    expect(put?.method).toBe('PUT');
    // Which case fetch gives names is its own affair.
    expect(put?.rawHeaders.join('|')).toMatch(/\|X-Other\|kept\|/i);
    expect(put?.rawHeaders).toContain(SECRET);
    const basic = `Basic ${Buffer.from('user:word').toString('base64')}`;
    expect(posted?.rawHeaders).toEqual(expect.arrayContaining(['x-key', SECRET, 'Authorization', basic]));
  });

  it('sends no name of a secret anywhere else, whatever is wrong', async () => {
    const { upstream, session } = await behindProxy();
    const seen = await program(
      session,
      `${HELPERS} import * as undici from ${JSON.stringify(undici)};
       const url = '${upstream.url}';
       const named = { Authorization: 'Bearer ZEPHR_SECRET_API_KEY' };
       const odd = { 'X-Key': 'Token ZEPHR_SECRET_API_KEY' };
       const results = [
         await failure(() => fetch(url, { headers: odd })),
         await failure(() => http.get(url, { headers: odd })),
         await failure(() => http.get({ socketPath: '/nowhere', headers: named })),
         (await fetch('https://other.example/', { headers: named })).status,
         JSON.parse(await read(getTls('https://other.example/', { headers: named }))).code,
         (await fetch(url, { headers: { Authorization: 'Bearer ZEPHR_SECRET_NONE' } })).status,
       ];
       process.env.XDG_RUNTIME_DIR = '/nowhere';
       console.log(JSON.stringify(results));`,
    );
    const odd = 'the name of a secret stands alone in X-Key, or behind Bearer or Basic in Authorization';
    expect(seen).toEqual([
      expect.stringMatching(/stands alone in x-key/i),
      odd,
      'a request to a socket carries no secret',
      403,
      'HOST_NOT_BOUND',
      502,
    ]);
    expect(upstream.asked).toEqual([]);
  });

  it('says that no proxy runs, or that a dispatcher could pass the token on', async () => {
    const { upstream, session } = await behindProxy();
    session.env.ZEPHR_PROXY_PORT = '1';
    const code = `${HELPERS} import * as undici from ${JSON.stringify(undici)};
      const headers = { Authorization: 'Bearer ZEPHR_SECRET_API_KEY' };
      const results = [await failure(() => fetch('${upstream.url}', { headers })), await failure(() => http.get('${upstream.url}', { headers }))];
      console.log(JSON.stringify(results));`;
    const none = 'no zephr proxy of yours runs at port 1, and the request was not sent: zephr proxy start';
    expect(await program(session, code)).toEqual([none, none]);
    session.env.ZEPHR_PROXY_PORT = 'x';
    expect((await session.sh(`node --import ${bundle} -e 0`)).stderr).toContain(
      'ZEPHR_PROXY_PORT is no port',
    );
    expect(upstream.asked).toEqual([]);
    expect(readFileSync(bundle, 'utf8')).not.toContain('sourceMappingURL');
  });
});
