/** Answers that are not of a zephr server: what is between it and the command, or what is in its place, is named. */

import { describe, expect, it } from 'vitest';
import { httpHost } from '../support/hosts.js';
import { openSession } from '../support/session.js';
import { sharedServer } from '../support/shared-server.js';

const server = sharedServer();

const KEY = 'A'.repeat(43);

describe('an answer in HTML', () => {
  it.each([
    [401, 'nginx/1.22.1', 8, 'a login gateway or a firewall on the way'],
    [403, 'cloudflare', 8, 'a login gateway or a firewall on the way'],
    [404, 'Apache/2.4.57 (Debian)', 8, 'does that address, with its path, belong to a zephr server?'],
    [413, 'nginx', 8, 'a proxy on the way may take less than the server'],
    [410, 'nginx', 8, ''],
    [429, 'nginx', 7, ''],
  ])('with the status %i is not the word of a zephr server', async (status, name, exit, advice) => {
    const url = await httpHost((_, response) =>
      response.writeHead(status, { 'Content-Type': 'text/html', Server: name }).end('<h1>hidden</h1>'),
    );
    const { sh } = openSession({ ZEPHR_SERVER: url, ZEPHR_API_KEY: `zeph_${'k'.repeat(40)}` });
    const link = `${url}/secret/${'A'.repeat(22)}#v2.${KEY}`;
    for (const command of ['echo x | zephr', `zephr get '${link}'`, `zephr status '${link}'`]) {
      const { code, stdout, stderr } = await sh(command);
      const software = name.split(' ')[0];
      expect(stderr).toContain(
        `Request failed (HTTP ${status}). The answer is a web page, from ${software}.`,
      );
      expect(stderr).toContain(advice);
      expect(stderr).not.toMatch(/API key|tier|hidden|whoever read it/);
      expect([code, stdout]).toEqual([exit, '']);
    }
  });

  it('says what is too long where a server takes no such headers, after an API key that is none', async () => {
    const { sh } = server.session();
    const { code, stderr, stdout } = await sh('echo x | ZEPHR_API_KEY=$(printf %020000d 0) zephr');
    expect(stderr).toBe(
      'zephr: error: Request failed (HTTP 431). The answer is empty.\n' +
        'zephr: hint: what is sent besides the secret is too long: is the API key a key, and nothing but it? ZEPHR_API_KEY_FILE names a file with one line\n',
    );
    expect([code, stdout]).toEqual([8, '']);
  });

  it('of a success is named too', async () => {
    const url = await httpHost((_, response) =>
      response.writeHead(200, { 'Content-Type': 'text/html', Server: 'nginx' }).end('<h1>welcome</h1>'),
    );
    const { code, stderr } = await openSession({ ZEPHR_SERVER: url }).sh('echo x | zephr');
    expect(stderr).toContain('did not answer as a zephr server: its answer is a web page, from nginx');
    expect(code).toBe(8);
  });

  it('names no software that is no name', async () => {
    const url = await httpHost((_, response) =>
      response.writeHead(403, { Server: 'x\tsee https://evil.example' }).end('{"error":"text"}'),
    );
    const { stderr } = await openSession({ ZEPHR_SERVER: url }).sh('echo x | zephr');
    expect(stderr).toContain("Request failed (HTTP 403). The answer is not zephr's.\n");
  });

  it('fails the doctor, which does not blame the API key', async () => {
    const url = await httpHost((_, response) =>
      response.writeHead(401, { 'Content-Type': 'text/html' }).end('<h1>sign in</h1>'),
    );
    const env = { ZEPHR_SERVER: url, ZEPHR_API_KEY: `zeph_${'k'.repeat(40)}` };
    const { code, stdout, stderr } = await openSession(env).sh('zephr doctor');
    expect(stdout + stderr).toContain('The answer is a web page');
    expect(stdout + stderr).not.toContain('refused the API key');
    expect(code).toBe(8);
  });
});

describe("a server's word", () => {
  /** A server that creates what it likes. */
  const lying = (reply: object) =>
    httpHost((request, response) => {
      if (request.method === 'DELETE') return response.writeHead(204).end();
      const expires_at = new Date(Date.now() + 24 * 3_600_000).toISOString();
      const created = { id: 'A'.repeat(22), expires_at, version: 2, views: 1, ...reply };
      return response.writeHead(201, { 'Content-Type': 'application/json' }).end(JSON.stringify(created));
    });

  it('that differs from what was asked for is a warning', async () => {
    const url = await lying({ views: 7 });
    const { code, stderr } = await openSession({ ZEPHR_SERVER: url }).sh('echo x | zephr --views 2 -e 5m');
    expect(stderr).toContain(
      'zephr: warning: the server lets the secret be read 7 times, not 2 times as was asked',
    );
    expect(stderr).toContain('by its own clock, longer than was asked');
    expect(code).toBe(0);
  });

  it('that does not promise to protect a passphrase is no link', async () => {
    const url = await lying({});
    const { sh } = openSession({ ZEPHR_SERVER: url });
    const { code, stdout, stderr } = await sh('echo y > p; echo x | zephr --passphrase-file p');
    expect(stderr).toContain('does not protect passphrases');
    expect(stderr).toContain('the secret was revoked');
    expect([code, stdout]).toEqual([8, '']);
  });
});
