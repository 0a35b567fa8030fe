/** Answers that do not come, or come wrong, after the server gave the secret out: the claim is kept, and who asks is told. */

import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { main } from '../../src/cli/main.js';
import { fakeTerminal } from '../support/fake-terminal.js';
import { httpHost } from '../support/hosts.js';
import type { Session } from '../support/session.js';
import { sharedServer } from '../support/shared-server.js';

const server = sharedServer();
const { session } = server;

const DAY_MS = 86_400_000;

const claims = ({ folder }: Session) => {
  const path = join(folder, '.local/state/zephr/claims');
  return readdirSync(path).map((name) => join(path, name));
};

/** What the server answers to a request that a proxy passes on. */
async function passOn(request: Parameters<RequestListener>[0]) {
  const reply = await fetch(`${server.url}${request.url}`, {
    method: request.method ?? 'GET',
    headers: request.headers as Record<string, string>,
  });
  const headers = { 'Zephr-Claim': reply.headers.get('Zephr-Claim') ?? '' };
  return { status: reply.status, headers, body: await reply.text() };
}

/** A link that leads to the proxy. */
async function linkTo(proxy: string, one: Session, flags = ''): Promise<string> {
  return (await one.sh(`echo hunter2 | zephr -q ${flags}`)).stdout.trim().replace(server.url, proxy);
}

describe('an answer that does not tell what happened', () => {
  const inWords = (code: string) => JSON.stringify({ error: { code, message: 'no' } });
  it.each([
    [500, inWords('INTERNAL_ERROR'), '{"error":{"code":"INTERNAL_ERROR"'],
    [500, '<html>', '{"error":{"code":"HTTP_500"'],
    [502, '<html>', '{"error":{"code":"HTTP_502"'],
    [503, inWords('STORE_UNAVAILABLE'), '{"error":{"code":"STORE_UNAVAILABLE"'],
    [200, '{}', '{"error":{"code":"INVALID_REPLY"'],
    [200, '', '{"error":{"code":"INVALID_REPLY"'],
    [302, '', '{"error":{"code":"REDIRECTED"'],
  ])('keeps the claim: %i with the body %j', async (status, body, words) => {
    let isBroken = true;
    const proxy = await httpHost(async (request, response) => {
      const reply = await passOn(request);
      if (isBroken) response.writeHead(status, { Location: 'https://elsewhere.example/' }).end(body);
      else response.writeHead(reply.status, reply.headers).end(reply.body);
    });
    const one = session();
    const link = await linkTo(proxy, one);
    const { stderr, code } = await one.sh(`zephr get --json '${link}'`);
    expect(stderr.slice(0, 9)).toBe('{"error":');
    expect([stderr.startsWith(words), stderr.split(',')[0]]).toEqual([true, words]);
    expect(code).toBe(8);
    const { error } = JSON.parse(stderr);
    expect(error.hint).toMatch(
      /the same command reads it again within \d\d seconds, should the server have given it out$/,
    );
    expect(Date.parse(error.readableUntil)).toBeGreaterThan(Date.now());
    isBroken = false;
    expect(await one.sh(`zephr get '${link}'`)).toMatchObject({ code: 0, stdout: 'hunter2\n' });
    expect(claims(one)).toEqual([]);
  });

  it('keeps the claim when the server is gone by the next try', async () => {
    const answer: RequestListener = async (request, response) => {
      const reply = await passOn(request);
      response.writeHead(reply.status, reply.headers).end(reply.body);
    };
    const failing = createServer(async (request) => {
      await passOn(request);
      failing.close();
      failing.closeAllConnections();
    });
    failing.listen(0, '127.0.0.1');
    await once(failing, 'listening');
    const { port } = failing.address() as AddressInfo;
    const one = session();
    const link = await linkTo(`http://127.0.0.1:${port}`, one);
    const { stderr } = await one.sh(`zephr get '${link}'`);
    expect(stderr).toContain('refused the connection');
    expect(stderr).toContain('the same command reads it again within');
    const back = createServer(answer);
    onTestFinished(() => void back.close());
    back.listen(port, '127.0.0.1');
    await once(back, 'listening');
    expect(await one.sh(`zephr get '${link}'`)).toMatchObject({ code: 0, stdout: 'hunter2\n' });
  });
});

describe('an answer that says that nothing was given', () => {
  it.each([
    [400, 'INVALID_CLAIM', 2],
    [401, 'INVALID_API_KEY', 3],
    [403, 'WRONG_KEY', 9],
    [404, 'SECRET_NOT_FOUND', 5],
    [410, 'SECRET_EXPIRED', 6],
    [429, 'RATE_LIMIT_EXCEEDED', 7],
  ])('leaves no claim: %i %s', async (status, name, exit) => {
    const proxy = await httpHost((_, response) => {
      response.writeHead(status).end(JSON.stringify({ error: { code: name, message: 'no' } }));
    });
    const one = session();
    const { stderr, code } = await one.sh(`zephr get '${await linkTo(proxy, one)}'`);
    expect(code).toBe(exit);
    expect(stderr).not.toContain('reads it again');
    expect(claims(one)).toEqual([]);
  });
});

describe('the time that is left', () => {
  it.each([
    ['days ahead', 3 * DAY_MS, true],
    ['days behind', -3 * DAY_MS, true],
    ['40 s ahead', 40_000, true],
    ['40 s behind', -40_000, true],
    ['days ahead, which it does not say', 3 * DAY_MS, false],
    ['days behind, which it does not say', -3 * DAY_MS, false],
  ])('is right where the clock of the server is %s', async (_, ahead, hasDate) => {
    const proxy = await httpHost(async (request, response) => {
      const { status, headers, body } = await passOn(request);
      const shift = (time: string) => new Date(Date.parse(time) + ahead);
      const shifted = body.replace(/(?<="purge_at":")[^"]+/, (time) => shift(time).toISOString());
      response.sendDate = false;
      if (hasDate) response.setHeader('Date', new Date(Date.now() + ahead).toUTCString());
      response.writeHead(status, headers).end(shifted);
    });
    const one = session();
    const { stderr } = await one.sh(`zephr get --json '${await linkTo(proxy, one)}' > /dev/full`);
    const { hint, readableUntil } = JSON.parse(stderr).error;
    expect(hint).toMatch(/again within [4-6]\d seconds$/);
    expect(Date.parse(readableUntil) - Date.now()).toBeLessThan(62_000);
    expect(Date.parse(readableUntil) - Date.now()).toBeGreaterThan(30_000);
  });
});

describe('a claim', () => {
  it('is on the disk, its folder too, before the request goes out', async () => {
    const one = session();
    const probe = await open('/dev/null');
    const sync = vi.spyOn(Object.getPrototypeOf(probe) as typeof probe, 'sync');
    await probe.close();
    onTestFinished(() => sync.mockRestore());
    let before: unknown;
    const proxy = await httpHost(async (request, response) => {
      if (request.method === 'GET') {
        const [claim = ''] = claims(one).filter((path) => !path.endsWith('.lock'));
        before = [statSync(claim).mode & 0o777, sync.mock.calls.length];
      }
      const reply = await passOn(request);
      response.writeHead(reply.status, reply.headers).end(reply.body);
    });
    const link = await linkTo(proxy, one);
    const terminal = fakeTerminal({ env: { XDG_STATE_HOME: join(one.folder, '.local/state') } });
    expect(await main(['get', link], terminal)).toBe(0);
    expect(before).toEqual([0o600, 2]);
    expect(terminal.written('stdout').toString()).toBe('hunter2\n');
    expect(claims(one)).toEqual([]);
  });
});
