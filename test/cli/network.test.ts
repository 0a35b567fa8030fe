/** What goes wrong on the way to a server, or with its answer: exit 8, and what was used up. */

import { describe, expect, it } from 'vitest';
import { deadHost, httpHost, tcpHost } from '../support/hosts.js';
import { sharedServer } from '../support/shared-server.js';

const server = sharedServer();
const { session } = server;

/** What a get says whose secret may have been given out. */
const AGAIN = /the same command reads it again within \d\d seconds, should the server have given it out\n?$/;

describe('the network', () => {
  const link = (url: string) => `${url}/secret/${'A'.repeat(22)}#v2.${'A'.repeat(43)}`;
  const html = () =>
    httpHost((_, response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>hi</h1>'));
  const broken = () =>
    httpHost((_, response) => response.writeHead(500, { 'Content-Type': 'text/html' }).end('<h1>oh</h1>'));
  const half = () =>
    httpHost((_, response) => {
      response
        .writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '500' })
        .write('{"encrypted_blob":"AAA');
      setTimeout(() => response.destroy(), 10);
    });
  const never = () => tcpHost(() => undefined);

  it.each<[string, () => Promise<string>, string]>([
    ['HTML', html, 'did not answer as a zephr server'],
    ['500', broken, 'Request failed (HTTP 500).'],
    ['half a body', half, 'closed the connection before its answer was complete'],
    ['nothing, ever', never, 'did not answer in time'],
    ['no connection', deadHost, 'refused the connection'],
  ])('that answers %s is exit 8, for a create and for a get', async (_, host, words) => {
    const { sh } = session();
    const url = await host();
    for (const command of [
      `echo hunter2 | zephr --server ${url} --timeout 3`,
      `zephr get '${link(url)}' --timeout 3`,
    ]) {
      const { code, stderr, stdout } = await sh(command);
      expect(stderr).toContain('zephr: error: ');
      expect(stderr).toContain(words);
      expect(stderr).not.toContain('<h1>');
      expect(stderr).not.toContain('AAAAA');
      expect(stdout).toBe('');
      expect(code).toBe(8);
    }
  });

  it('that answers in something else than HTTP is exit 8, asked once, and is not called silent', async () => {
    let asked = 0;
    const url = await tcpHost((socket) =>
      socket.once('data', () => {
        asked++;
        socket.end('SSH-2.0-OpenSSH_9.9\r\n');
      }),
    );
    expect(await session().sh(`echo hunter2 | zephr --server ${url}`)).toMatchObject({
      code: 8,
      stdout: '',
      stderr: expect.stringMatching(
        /^zephr: error: 127\.0\.0\.1:\d+ did not answer as a zephr server\nzephr: hint: check --server/,
      ),
    });
    expect(asked).toBe(1);
  });

  it.each(['echo hunter2 | zephr --server URL', 'zephr get LINK', 'zephr status LINK', 'zephr revoke LINK'])(
    'that redirects is exit 8 for %s, and is not followed: the host is named',
    async (command) => {
      let followed = 0;
      const target = await httpHost((_, response) => {
        followed++;
        response.writeHead(500).end();
      });
      const url = await httpHost((request, response) => {
        request.resume();
        response.writeHead(307, { Location: `${target}${request.url}#v2.hunter3` }).end();
      });
      const { code, stderr } = await session().sh(command.replace('URL', url).replace('LINK', link(url)));
      const [error, ...rest] = stderr.split('\n');
      expect(error).toBe(
        `zephr: error: ${new URL(url).host} redirects to ${new URL(target).host}, and redirects are not followed`,
      );
      // Who redirects a read may have passed it on before.
      expect(rest.join('\n')).toMatch(command.includes(' get ') ? AGAIN : /^$/);
      expect(code).toBe(8);
      expect(followed).toBe(0);
    },
  );

  it('that fails is asked three times with the same bytes, key or claim; one that decides, once', async () => {
    for (const [status, times] of [
      [503, 3],
      [500, 1],
      [429, 1],
    ] as const) {
      const seen: string[] = [];
      const url = await httpHost(async (request, response) => {
        let body = '';
        for await (const chunk of request) body += String(chunk);
        const { 'idempotency-key': key, 'zephr-claim': claim } = request.headers;
        seen.push(JSON.stringify([request.method, key ?? claim, body]));
        response.writeHead(status).end();
      });
      await session().sh(`echo hunter2 | zephr --server ${url}; zephr get '${link(url)}'`);
      expect(seen).toHaveLength(2 * times);
      expect(new Set(seen).size).toBe(2);
    }
  });

  it('without the host is exit 8', async () => {
    const { code, stderr } = await session().sh('echo hunter2 | zephr --server https://nowhere.invalid');
    expect(stderr).toContain('nowhere.invalid');
    expect(code).toBe(8);
  });

  it('with a server of version 1 only is told, and no link is shown', async () => {
    const url = await httpHost((request, response) => {
      request.resume();
      request.on('end', () => {
        const body = { id: 'A'.repeat(22), expires_at: new Date().toISOString() };
        response.writeHead(201, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
      });
    });
    const { code, stdout, stderr } = await session().sh(`echo hunter2 | zephr --server ${url}`);
    expect(stderr).toContain('speaks only version 1');
    expect(stdout).toBe('');
    expect(code).toBe(8);
  });

  it('shows control characters of a server instead of sending them to the terminal', async () => {
    const url = await httpHost((_, response) => {
      const error = { code: 'EVIL', message: 'red \u001b[31m and \u202eback' };
      response.writeHead(400, { 'Content-Type': 'application/json' }).end(JSON.stringify({ error }));
    });
    const { stderr } = await session().sh(`zephr get '${link(url)}'`);
    expect(stderr).toContain('red \\u{1b}[31m and \\u{202e}back');
    expect(stderr).not.toContain('\u001b');
  });

  it.each([
    [401, 3],
    [403, 4],
    [413, 4],
    [404, 5],
    [410, 6],
    [429, 7],
    [400, 2],
    [503, 8],
  ])('that answers %i is exit %i', async (status, expected) => {
    const url = await httpHost((_, response) => {
      response
        .writeHead(status, { 'Content-Type': 'application/json', 'Retry-After': '30' })
        .end('{"error":{"code":"SOME","message":"some words"}}');
    });
    const { code, stderr } = await session().sh(`zephr get '${link(url)}'`);
    const [error, hint = ''] = stderr.split('\n');
    expect([error, hint.split('; ')[0]]).toEqual([
      'zephr: error: some words',
      'zephr: hint: try again in 30 seconds',
    ]);
    // Only an answer that does not decide leaves it open whether the secret was given out.
    expect(hint.split('; ').slice(1).join()).toMatch(status < 500 ? /^$/ : AGAIN);
    expect(code).toBe(expected);
  });
});
