/** `zephr serve --base-url` behind reverse proxies, with the real command on both ends. */

import { request } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { httpHost } from '../support/hosts.js';
import { startServerProcess } from '../support/server.js';
import { origin } from '../support/server-log.js';
import { openSession } from '../support/session.js';

/** A reverse proxy; `rewrite` says what becomes of a path. */
async function reverseProxy(target: () => string, rewrite: (path: string) => string): Promise<string> {
  return httpHost((incoming, outgoing) => {
    const { method, headers, url = '' } = incoming;
    const passed = request(`${target()}${rewrite(url)}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(passed);
  });
}

describe('zephr serve --base-url', () => {
  it.each([
    ['passes the path on', (path: string) => path],
    ['strips the prefix', (path: string) => path.replace(/^\/zephr/, '')],
  ])('prints it, and works behind a proxy that %s', async (_, rewrite) => {
    let target = '';
    const url = `${await reverseProxy(() => target, rewrite)}/zephr`;
    const server = await startServerProcess({ env: { ZEPHR_SERVE_BASE_URL: `${url}/` } });
    onTestFinished(() => void server.stop());
    target = await origin(server);
    expect(server.url).toBe(url);

    const session = openSession({ ZEPHR_SERVER: url });
    const { stdout, code } = await session.sh('echo hunter2 | zephr | tee link | zephr get && cat link');
    expect(stdout).toMatch(/^hunter2\n/);
    expect(stdout).toContain(`\n${url}/secret/`);
    expect(code).toBe(0);
    expect((await session.sh('zephr get < link')).code).toBe(6);
  });

  it.each([
    ['http://secrets.example.com', 'plain http'],
    ['https://host/zephr?x=1', 'query'],
    ['https://a:b@host', 'user name'],
    ['secrets.example.com', 'not a URL'],
  ])('refuses %s before it starts', async (url, words) => {
    const { code, stdout, stderr } = await openSession().sh(
      `zephr serve --port 0 --store memory: --base-url '${url}'`,
    );
    expect(stderr).toContain(words);
    expect(stderr).toContain('--base-url');
    expect(stderr).toContain('zephr: hint: ');
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});
