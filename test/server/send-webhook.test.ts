/** One attempt to deliver a webhook, on real sockets: where it goes, what it sends, and what it makes of the answer. */

import type { LookupAddress } from 'node:dns';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Resolve } from '../../src/net/resolve.js';
import { type CallbackPolicy, PUBLIC_CALLBACKS } from '../../src/server/secrets/callbacks.js';
import type { OutboxEvent } from '../../src/server/store/contracts/outbox.js';
import { type SendOptions, sendWebhook } from '../../src/server/webhooks/send.js';
import { HOOKS_CERTIFICATE, HOOKS_KEY } from '../support/hooks-certificate.js';
import { deadHost, httpHost, tcpHost } from '../support/hosts.js';

const NAME = 'hooks.example.com';
/** Long enough that a test that has to wait for it fails by its own timeout. */
const NEVER = 600_000;

/** As if 127.0.0.1 and ::1 were all there is of the Internet. */
const LOOPBACK_IS_PUBLIC: CallbackPolicy = {
  protocols: ['https:', 'http:'],
  allowsHost: () => true,
  allowsAddress: (address) => address === '127.0.0.1' || address === '::1',
};

function eventTo(url: string): OutboxEvent {
  const body = '{"event":"secret.consumed"}';
  return {
    id: 'id',
    name: 'secret.consumed',
    url,
    host: 'host',
    body,
    caller: 'somebody',
    signature: 'abc123',
  };
}

/** Resolves every name to `addresses`, and counts. */
function resolver(...addresses: string[]): { resolve: Resolve; names: string[] } {
  const names: string[] = [];
  const resolve: Resolve = async (name) => {
    names.push(name);
    return addresses.map(lookup);
  };
  return { resolve, names };
}

function lookup(address: string): LookupAddress {
  return { address, family: address.includes(':') ? 6 : 4 };
}

/** Sends an event to `url`, on a loopback that counts as public. */
function send(url: string, changes: Partial<SendOptions> = {}) {
  return sendWebhook(eventTo(url), {
    policy: LOOPBACK_IS_PUBLIC,
    resolve: resolver('127.0.0.1').resolve,
    timeoutMs: NEVER,
    ...changes,
  });
}

/** An HTTPS server with the certificate of {@link NAME}. @returns its port. */
async function httpsHost(handler: RequestListener): Promise<number> {
  const server = createServer({ cert: HOOKS_CERTIFICATE, key: HOOKS_KEY }, handler);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** The same port under a name. */
function named(url: string, name = NAME): string {
  return url.replace('127.0.0.1', name);
}

describe('what is sent', () => {
  test('is a POST of the exact body with its type and its signature, and nothing of the fragment', async () => {
    const seen: unknown[] = [];
    const url = await httpHost((request, response) => {
      request.setEncoding('utf8').on('data', (body) => {
        const { method, url: path, headers } = request;
        seen.push({ method, path, headers, body });
        response.end();
      });
    });
    expect(await send(`${named(url)}/a%20b?x=1&y#fragment`)).toEqual({ outcome: 'delivered', status: 200 });
    expect(seen).toEqual([
      {
        method: 'POST',
        path: '/a%20b?x=1&y',
        headers: {
          host: new URL(named(url)).host,
          connection: 'close',
          'content-type': 'application/json',
          'content-length': '27',
          'x-zephr-signature': 'abc123',
          'user-agent': 'zephr',
        },
        body: '{"event":"secret.consumed"}',
      },
    ]);
  });
});

describe('the answer', () => {
  test.each([200, 201, 204, 299])('%i means delivered', async (status) => {
    const url = await httpHost((_, response) => response.writeHead(status).end());
    expect(await send(url)).toEqual({ outcome: 'delivered', status });
  });

  test.each([300, 304, 400, 401, 404, 410, 429, 500, 503, 599])('%i means refused', async (status) => {
    const url = await httpHost((_, response) => response.writeHead(status).end());
    expect(await send(url)).toEqual({ outcome: 'refused', status });
  });

  test.each([301, 302, 303, 307, 308])('%i is not followed', async (status) => {
    let visits = 0;
    const inside = await httpHost((_, response) => {
      visits += 1;
      response.end();
    });
    const url = await httpHost((_, response) => response.writeHead(status, { Location: inside }).end());
    expect(await send(url)).toEqual({ outcome: 'refused', status });
    expect(visits).toBe(0);
  });

  test('may go on without end after its status: that is cut off', async () => {
    let hangUp: () => void = () => undefined;
    const closed = new Promise<void>((resolve) => {
      hangUp = resolve;
    });
    const url = await httpHost((_, response) => {
      const pour = () => {
        while (response.write('x'.repeat(10_000)));
      };
      response.on('drain', pour).on('close', hangUp);
      pour();
    });
    expect(await send(url)).toEqual({ outcome: 'delivered', status: 200 });
    await closed;
  });

  test('may break off after its status', async () => {
    const url = await tcpHost((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 202 Accepted\r\nContent-Length: 99\r\n\r\nx'));
    });
    expect(await send(url)).toEqual({ outcome: 'delivered', status: 202 });
  });

  test.each([
    ['HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n', 'NO_ANSWER'],
    ['SSH-2.0-OpenSSH_9.6\r\n', 'HPE_INVALID_CONSTANT'],
    [`HTTP/1.1 200 OK\r\n${'X-Long: x\r\n'.repeat(5_000)}`, 'HPE_HEADER_OVERFLOW'],
    ['', 'ECONNRESET'],
  ])('%j is none', async (answer, reason) => {
    const url = await tcpHost((socket) => {
      socket.once('data', () => socket.end(answer));
    });
    expect(await send(url)).toEqual({ outcome: 'failed', reason });
  });

  test('that does not come in time is none', async () => {
    const url = await httpHost(() => undefined);
    expect(await send(url, { timeoutMs: 50 })).toEqual({ outcome: 'failed', reason: 'TIMED_OUT' });
  });

  test('that is always about to come is none', async () => {
    const url = await tcpHost((socket) => {
      const promise = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 5);
      socket.on('close', () => clearInterval(promise));
    });
    expect(await send(url, { timeoutMs: 50 })).toEqual({ outcome: 'failed', reason: 'TIMED_OUT' });
  });

  test('of a body that does not end in time counts all the same', async () => {
    const url = await httpHost((_, response) => response.writeHead(200).write('x'));
    expect(await send(url, { timeoutMs: 100 })).toEqual({ outcome: 'delivered', status: 200 });
  });

  test('of nobody is a failure', async () => {
    expect(await send(await deadHost())).toEqual({ outcome: 'failed', reason: 'ECONNREFUSED' });
  });
});

describe('the connection', () => {
  const NOT_ALLOWED = { outcome: 'failed', reason: 'HOST_NOT_ALLOWED' };

  /** A receiver on loopback that counts its connections. */
  async function counting(): Promise<{ url: string; count: () => number }> {
    let count = 0;
    const url = await tcpHost((socket) => {
      count += 1;
      socket.end('HTTP/1.1 200 OK\r\n\r\n');
    });
    return { url, count: () => count };
  }

  test('goes to the address that was checked, even if the name has another one by then', async () => {
    const { url, count } = await counting();
    const answers = ['127.0.0.1', '10.0.0.1', '10.0.0.1'];
    const resolve: Resolve = async () => [lookup(answers.shift() ?? '')];
    expect(await send(named(url, 'localhost'), { resolve })).toMatchObject({ outcome: 'delivered' });
    expect(count()).toBe(1);
    expect(answers).toHaveLength(2);
  });

  test('is not made when the name leads inside', async () => {
    const { url, count } = await counting();
    const policy = { ...PUBLIC_CALLBACKS, protocols: ['http:'] };
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1', '10.0.0.1', '64:ff9b::7f00:1']) {
      const { resolve } = resolver(address);
      expect(await send(named(url), { policy, resolve })).toEqual(NOT_ALLOWED);
    }
    expect(count()).toBe(0);
  });

  test('is not made when one of several addresses leads inside', async () => {
    const { url, count } = await counting();
    for (const addresses of [
      ['127.0.0.1', '10.0.0.1'],
      ['fd00::1', '127.0.0.1'],
    ]) {
      expect(await send(named(url), { resolve: resolver(...addresses).resolve })).toEqual(NOT_ALLOWED);
    }
    expect(count()).toBe(0);
  });

  test('is not made to an address or a protocol that is not allowed, however it got into the store', async () => {
    const { url, count } = await counting();
    const { resolve, names } = resolver('127.0.0.1');
    expect(await send(url, { policy: PUBLIC_CALLBACKS, resolve })).toEqual(NOT_ALLOWED);
    expect(await send(url.replace('http', 'https'), { policy: PUBLIC_CALLBACKS, resolve })).toEqual(
      NOT_ALLOWED,
    );
    expect(await send('ftp://127.0.0.1/', { resolve })).toEqual(NOT_ALLOWED);
    expect(names).toEqual([]);
    expect(count()).toBe(0);
  });

  test('tries the next address when the first does not answer', async () => {
    const { url, count } = await counting();
    const { resolve } = resolver('::1', '127.0.0.1');
    expect(await send(named(url), { resolve })).toMatchObject({ outcome: 'delivered' });
    expect(count()).toBe(1);
  });

  test('needs a name that has an address', async () => {
    const { url } = await counting();
    const outcome = { outcome: 'failed', reason: 'HOST_NOT_FOUND' };
    expect(await send(named(url), { resolve: resolver().resolve })).toEqual(outcome);
  });

  test('does not wait for a resolver longer than there is time', async () => {
    const resolve: Resolve = (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    const outcome = { outcome: 'failed', reason: 'TIMED_OUT' };
    expect(await send('https://hooks.example.com/', { resolve, timeoutMs: 30 })).toEqual(outcome);
  });

  test('is resolved by its name, without the dot of the root; an address is looked up nowhere', async () => {
    const { resolve, names } = resolver();
    for (const host of ['[::1]', 'hooks.example.com.', 'B\u00dcCHER.example']) {
      await send(`https://${host}:1/`, { resolve });
    }
    expect(names).toEqual(['hooks.example.com', 'xn--bcher-kva.example']);
  });
});

describe('https', () => {
  test('names the host to the receiver and wants a certificate for that name', async () => {
    const seen: unknown[] = [];
    const port = await httpsHost(({ socket, headers }, response) => {
      seen.push([(socket as TLSSocket & { servername: string }).servername, headers.host]);
      response.end();
    });
    const ca = HOOKS_CERTIFICATE;
    expect(await send(`https://${NAME}:${port}/`, { ca })).toMatchObject({ outcome: 'delivered' });
    expect(await send(`https://${NAME}.:${port}/`, { ca })).toMatchObject({ outcome: 'delivered' });
    expect(seen).toEqual([
      [NAME, `${NAME}:${port}`],
      [NAME, `${NAME}:${port}`],
    ]);
  });

  test('sends nothing to who has a certificate for another name, or of nobody', async () => {
    let requests = 0;
    const port = await httpsHost((_, response) => {
      requests += 1;
      response.end();
    });
    const ca = HOOKS_CERTIFICATE;
    const wrongName = { outcome: 'failed', reason: 'ERR_TLS_CERT_ALTNAME_INVALID' };
    expect(await send(`https://other.example.com:${port}/`, { ca })).toEqual(wrongName);
    expect(await send(`https://127.0.0.1:${port}/`, { ca })).toEqual(wrongName);
    expect(await send(`https://${NAME}:${port}/`)).toEqual({
      outcome: 'failed',
      reason: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    expect(requests).toBe(0);
  });

  test('to who speaks something else is a failure', async () => {
    const url = await httpHost((_, response) => response.end());
    const attempt = await send(url.replace('http', 'https'));
    expect(attempt).toEqual({ outcome: 'failed', reason: expect.stringMatching(/SSL|EPROTO/) });
  });

  test('that does not answer the handshake ends in time', async () => {
    const url = await tcpHost(() => undefined);
    const outcome = { outcome: 'failed', reason: 'TIMED_OUT' };
    expect(await send(url.replace('http', 'https'), { timeoutMs: 50 })).toEqual(outcome);
  });
});
