import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { Fetch } from '../../src/client/transport/fetch.js';
import { send } from '../../src/client/transport/send.js';
import { ApiError, NetworkError } from '../../src/core/errors.js';
import { MAX_REPLY_BYTES } from '../../src/core/protocol/replies.js';
import { nodeFetch } from '../../src/net/http.js';
import { deadHost, httpHost, tcpHost } from '../support/hosts.js';

const json = { 'Content-Type': 'application/json' };

function get(server: string) {
  return { method: 'GET', url: `${server}/api/secrets/x`, headers: {} } as const;
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it should have failed');
}

/** Counts requests and answers each with the next handler, the last one again and again. */
async function script(...handlers: RequestListener[]): Promise<{ url: string; requests: string[] }> {
  const requests: string[] = [];
  const url = await httpHost((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      const handler = handlers[Math.min(requests.length, handlers.length - 1)];
      requests.push(`${request.method} ${request.url} ${request.headers['idempotency-key'] ?? ''} ${body}`);
      handler?.(request, response);
    });
  });
  return { url, requests };
}

const ok: RequestListener = (_, response) => response.writeHead(200, json).end('{"ok":true}');
const cut: RequestListener = (_, response) => {
  response.writeHead(200, { ...json, 'Content-Length': '1000' }).write('{"encrypted');
  setTimeout(() => response.destroy(), 20);
};

/** A `fetch` that gives one answer without a body. */
function answer(status: number, headers: Record<string, string> = {}): Fetch {
  const get = (name: string) => headers[name.toLowerCase()] ?? null;
  return async () => ({ status, headers: { get }, body: null });
}

describe('an answer', () => {
  it.each([1, 99, 101, 199, 600, 999])('of status %i is no answer of a zephr server', async (status) => {
    const error = await failure(send(get('https://zephr.example'), { fetch: answer(status) }));
    expect(error).toBeInstanceOf(NetworkError);
    expect(error).toMatchObject({ code: 'INVALID_REPLY', host: 'zephr.example' });
  });

  it.each([
    ['2678400', 2_678_400],
    ['0', 0],
    ['2678401', undefined],
    ['9999999', undefined],
    ['-1', undefined],
    ['1e3', undefined],
    ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
  ])('with Retry-After: %s means %s seconds', async (header, retryAfter) => {
    const fetch = answer(429, { 'retry-after': header });
    expect(await failure(send(get('https://zephr.example'), { fetch }))).toMatchObject({ retryAfter });
  });

  it('that redirects to what is no host’s name does not get it shown', async () => {
    const fetch = answer(302, { location: `https://${'a'.repeat(300)}.example/` });
    expect(await failure(send(get('https://zephr.example'), { fetch }))).toMatchObject({
      code: 'REDIRECTED',
      message: 'zephr.example redirects, and redirects are not followed',
    });
  });
});

describe.each<[string, Fetch]>([
  ["Node's fetch", globalThis.fetch],
  ["the command's fetch", nodeFetch],
])('what is no answer of a zephr server is not asked for again over %s', (_, fetch) => {
  const json200 = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';

  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['two lengths', `${json200}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`],
    ['too many headers', `${json200}${'X: y\r\n'.repeat(20_000)}\r\n{}`],
    ['a status of no kind', 'HTTP/1.1 700 ?\r\nContent-Length: 0\r\n\r\n'],
  ])('%s', async (_name, bytes) => {
    let connections = 0;
    const url = await tcpHost((socket) => {
      connections++;
      socket.once('data', () => socket.end(bytes));
    });
    expect(await failure(send(get(url), { fetch }))).toMatchObject({
      name: 'NetworkError',
      code: 'INVALID_REPLY',
      message: `${new URL(url).host} did not answer as a zephr server`,
    });
    expect(connections).toBe(1);
  });
});

describe.each<[string, Fetch]>([
  ["Node's fetch", globalThis.fetch],
  ["the command's fetch", nodeFetch],
])('an answer whose body is cut off is a lost connection over %s', (_, fetch) => {
  const closing = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n';

  it.each([
    ['in a body with a length', `${closing}Content-Length: 20\r\n\r\n{"a`],
    ['in a chunk', `${closing}Transfer-Encoding: chunked\r\n\r\n5\r\n{"a`],
  ])('%s', async (_name, bytes) => {
    const url = await tcpHost((socket) => {
      socket.once('data', () => socket.end(bytes));
    });
    expect(await failure(send(get(url), { fetch }))).toMatchObject({
      code: 'CONNECTION_LOST',
      host: new URL(url).host,
    });
  });
});

describe("the command's fetch", () => {
  it.each([
    ['switches to another protocol', 'HTTP/1.1 101 ?\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'],
    [
      'is compressed unasked',
      'HTTP/1.1 200 ?\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n\x1f\x8b',
    ],
  ])('takes an answer that %s for no zephr server’s, at once', async (_, bytes) => {
    let connections = 0;
    const url = await tcpHost((socket) => {
      connections++;
      socket.once('data', () => socket.end(bytes, 'latin1'));
    });
    const error = await failure(send(get(url), { fetch: nodeFetch }));
    expect(error).toMatchObject({ name: 'NetworkError', code: 'INVALID_REPLY' });
    expect(connections).toBe(1);
  });

  it.each([300, 304, 399])('knows no target of a redirect that names none: %i', async (status) => {
    const reply = { status, headers: new Headers(), body: null };
    const fetch = async () => reply;
    expect(await failure(send(get('https://zephr.example'), { fetch }))).toMatchObject({
      message: 'zephr.example redirects, and redirects are not followed',
    });
  });
});

describe.each<[string, Fetch]>([
  ["Node's fetch", globalThis.fetch],
  ["the command's fetch", nodeFetch],
])('a request over %s', (_, fetch) => {
  it('gives headers and JSON of an answer', async () => {
    const { url } = await script((_, response) =>
      response.writeHead(200, { ...json, 'Zephr-Claim': 'c' }).end('{"a":1}'),
    );
    const reply = await send(get(url), { fetch });
    expect(reply.json).toEqual({ a: 1 });
    expect(reply.headers.get('zephr-claim')).toBe('c');
  });

  it('takes a 204 without a body', async () => {
    const { url } = await script((_, response) => response.writeHead(204).end());
    expect((await send({ ...get(url), method: 'DELETE' }, { fetch })).json).toBeUndefined();
  });

  it('repeats a request that was cut off, with identical bytes', async () => {
    const { url, requests } = await script(cut, (request) => request.socket.destroy(), ok);
    const request = {
      method: 'POST',
      url: `${url}/api/secrets`,
      headers: { ...json, 'Idempotency-Key': 'k1' },
      body: '{"ü":1}',
    } as const;
    expect((await send(request, { fetch })).json).toEqual({ ok: true });
    expect(requests).toHaveLength(3);
    expect(new Set(requests)).toEqual(new Set(['POST /api/secrets k1 {"ü":1}']));
  });

  it('gives up after three tries and names the host', async () => {
    const { url, requests } = await script(cut);
    const error = await failure(send(get(url), { fetch }));
    expect(error).toBeInstanceOf(NetworkError);
    expect(error).toMatchObject({ code: 'CONNECTION_LOST', host: new URL(url).host });
    expect((error as Error).message).toContain(new URL(url).host);
    expect(requests).toHaveLength(3);
  });

  it.each([
    [503, 502],
    [504, 503],
  ])('repeats what a gateway answered with %i and %i', async (first, second) => {
    const busy =
      (status: number): RequestListener =>
      (_, response) =>
        response.writeHead(status).end();
    const { url, requests } = await script(busy(first), busy(second), ok);
    expect((await send(get(url), { fetch })).json).toEqual({ ok: true });
    expect(requests).toHaveLength(3);
  });

  it.each([400, 401, 403, 404, 409, 410, 413, 429, 500])(
    'never repeats after an answer that decides: %i',
    async (status) => {
      const { url, requests } = await script((_, response) =>
        response
          .writeHead(status, { ...json, 'Retry-After': '7' })
          .end('{"error":{"code":"SOME_CODE","message":"some words"}}'),
      );
      const error = await failure(send(get(url), { fetch }));
      expect(error).toBeInstanceOf(ApiError);
      expect(error).toMatchObject({
        statusCode: status,
        code: 'SOME_CODE',
        message: 'some words',
        retryAfter: 7,
      });
      expect(requests).toHaveLength(1);
    },
  );

  it.each([
    ['text in error', json, '{"error":"internal details"}'],
    ['HTML', { 'Content-Type': 'text/html' }, '<h1>internal details</h1>'],
    ['nothing', {}, ''],
    ['bytes that are not UTF-8', json, Buffer.from([0x22, 0xff, 0x22])],
  ])('shows nothing of an error body that is %s', async (_, headers, body) => {
    const { url } = await script((_, response) => response.writeHead(500, headers).end(body));
    const error = await failure(send(get(url), { fetch }));
    expect(error).toMatchObject({ statusCode: 500, code: 'HTTP_500', isVerdict: false });
    expect((error as Error).message).toMatch(/^Request failed \(HTTP 500\)\. The answer is /);
  });

  it('does not take HTML for an answer, nor ask for it again', async () => {
    const { url, requests } = await script((_, response) =>
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>'),
    );
    expect(await failure(send(get(url), { fetch }))).toMatchObject({
      name: 'NetworkError',
      code: 'INVALID_REPLY',
    });
    expect(requests).toHaveLength(1);
  });

  it('asks again when JSON is cut off behind a proxy that hides the cut', async () => {
    const { url, requests } = await script(
      (_, response) => response.writeHead(200, json).end('{"encrypted_bl'),
      ok,
    );
    expect((await send(get(url), { fetch })).json).toEqual({ ok: true });
    expect(requests).toHaveLength(2);
  });

  it('follows no redirect and names its target', async () => {
    const { url: elsewhere, requests } = await script(ok);
    const { url } = await script((_, response) =>
      response.writeHead(307, { Location: `${elsewhere}/stolen` }).end(),
    );
    const error = await failure(send(get(url), { fetch }));
    expect(error).toMatchObject({ name: 'NetworkError', code: 'REDIRECTED' });
    expect((error as Error).message).toContain(new URL(elsewhere).host);
    expect((error as Error).message).not.toContain('stolen');
    expect(requests).toHaveLength(0);
  });

  it('stops reading an answer that is longer than any secret', async () => {
    let sent = 0;
    const url = await httpHost((_, response) => {
      response.writeHead(200, json);
      const more = () => {
        while (!response.destroyed && sent < 20 * MAX_REPLY_BYTES) {
          sent += 65_536;
          if (!response.write(Buffer.alloc(65_536, 0x20))) return;
        }
        response.end();
      };
      response.on('drain', more);
      more();
    });
    expect(await failure(send(get(url), { fetch }))).toMatchObject({ code: 'REPLY_TOO_LARGE' });
    expect(sent).toBeLessThan(20 * MAX_REPLY_BYTES);
  });

  it.each([1, 7, MAX_REPLY_BYTES])(
    'takes an answer of the longest length, not a byte more: %d at once',
    async (size) => {
      const cancelled: unknown[] = [];
      const answering = (length: number) => async () => {
        let left = length;
        const reader = {
          async read() {
            // One large piece and small ones after it, so that the limit is met in either.
            const next = left > size * 10 ? left - size * 10 : Math.min(left, size);
            left -= next;
            return next === 0 ? { done: true } : { done: false, value: new Uint8Array(next).fill(0x20) };
          },
          async cancel(reason: unknown) {
            cancelled.push(reason);
          },
        };
        return { status: 400, headers: new Headers(), body: { getReader: () => reader } };
      };
      const whole = await failure(send(get('https://zephr.example'), { fetch: answering(MAX_REPLY_BYTES) }));
      expect(whole).toMatchObject({ name: 'ApiError', code: 'HTTP_400' });
      expect(cancelled).toEqual([]);
      const over = await failure(
        send(get('https://zephr.example'), { fetch: answering(MAX_REPLY_BYTES + 1) }),
      );
      expect(over).toMatchObject({ name: 'NetworkError', code: 'REPLY_TOO_LARGE' });
      // The rest is not wanted: the connection is free again.
      expect(cancelled).toEqual([over]);
    },
  );

  it('is a NetworkError that names the host when the connection is refused', async () => {
    const url = await deadHost();
    const error = await failure(send(get(url), { fetch }));
    expect(error).toMatchObject({
      name: 'NetworkError',
      code: 'CONNECTION_REFUSED',
      host: new URL(url).host,
    });
  });

  it('is a NetworkError when plain text answers a TLS handshake', async () => {
    const url = await tcpHost((socket) => socket.end('220 not TLS\r\n'));
    const error = await failure(send(get(url.replace('http:', 'https:')), { fetch }));
    expect(error).toBeInstanceOf(NetworkError);
    expect((error as Error).message).toContain(new URL(url).host);
  });

  it('is a NetworkError when no answer comes in time, and the deadline covers all tries', async () => {
    let connections = 0;
    const url = await tcpHost(() => {
      connections++;
    });
    const error = await failure(send(get(url), { fetch, timeout: 150 }));
    expect(error).toMatchObject({ name: 'NetworkError', code: 'TIMEOUT', host: new URL(url).host });
    expect(connections).toBe(1);
  });

  it('is a NetworkError when the answer begins and does not end in time', async () => {
    const url = await httpHost((_, response) => response.writeHead(200, json).write('{'));
    expect(await failure(send(get(url), { fetch, timeout: 150 }))).toMatchObject({ code: 'TIMEOUT' });
  });

  it("rejects with the caller's reason when the caller cancels", async () => {
    const url = await tcpHost(() => undefined);
    const reason = new Error('changed my mind');
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 30);
    expect(await failure(send(get(url), { fetch, signal: controller.signal }))).toBe(reason);
  });

  it('sends nothing for a signal that has fired already', async () => {
    const { url, requests } = await script(ok);
    const reason = new Error('too late');
    expect(await failure(send(get(url), { fetch, signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(requests).toHaveLength(0);
  });
});

describe('a request', () => {
  const rejecting =
    (code: string): Fetch =>
    () =>
      Promise.reject(
        Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error(code), { code }) }),
      );

  it.each([
    ['ENOTFOUND', 'HOST_NOT_FOUND', 1],
    ['EAI_AGAIN', 'HOST_LOOKUP_FAILED', 3],
    ['ECONNREFUSED', 'CONNECTION_REFUSED', 3],
    ['UND_ERR_SOCKET', 'CONNECTION_LOST', 3],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'TLS_ERROR', 1],
    ['CERT_HAS_EXPIRED', 'TLS_ERROR', 1],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'TLS_ERROR', 1],
    ['EHOSTUNREACH', 'NETWORK_ERROR', 3],
  ])('that fails with %s is a %s after %i tries', async (code, expected, tries) => {
    let count = 0;
    const fetch: Fetch = (url, init) => {
      count++;
      return rejecting(code)(url, init);
    };
    const error = await failure(send(get('https://zephr.example:8443'), { fetch }));
    expect(error).toMatchObject({ name: 'NetworkError', code: expected, host: 'zephr.example:8443' });
    expect((error as Error).message).toContain('zephr.example:8443');
    expect(count).toBe(tries);
  });

  it('ends in time even over a fetch that ignores its signal', async () => {
    const error = await failure(
      send(get('https://zephr.example'), { fetch: () => new Promise(() => undefined), timeout: 50 }),
    );
    expect(error).toMatchObject({ code: 'TIMEOUT' });
  });
});
