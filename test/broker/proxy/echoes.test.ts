/** A host that repeats the secret in every way it can, to a client that shall not see it. */

import { createHash, randomBytes } from 'node:crypto';
import { request, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import zlib, { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Asked, ask, host, secret, testProxy } from '../../support/proxy.js';

const VALUE = 'user-Ab1:p4ss/W0rd+"x"=&%';

const zstd: unknown = 'zstdCompressSync' in zlib ? zlib.zstdCompressSync : undefined;

/** Ways to repeat a secret in a response. */
const ECHOES: Record<string, (seen: string, response: ServerResponse) => unknown> = {
  identity: (seen, response) => response.end(seen),
  'a known length': (seen, response) =>
    response.setHeader('Content-Length', Buffer.byteLength(seen)).end(seen),
  gzip: (seen, response) => response.setHeader('Content-Encoding', 'gzip').end(gzipSync(seen)),
  br: (seen, response) => response.setHeader('Content-Encoding', 'br').end(brotliCompressSync(seen)),
  deflate: (seen, response) => response.setHeader('Content-Encoding', 'deflate').end(deflateSync(seen)),
  ...(typeof zstd === 'function' && {
    zstd: (seen: string, response: ServerResponse) =>
      response.setHeader('Content-Encoding', 'zstd').end(zstd(Buffer.from(seen))),
  }),
  'chunks of one byte': (seen, response) => {
    for (const byte of Buffer.from(seen)) response.write(Buffer.of(byte));
    response.end();
  },
  events: (seen, response) => {
    response.setHeader('Content-Type', 'text/event-stream').write(`data: ${seen.slice(0, 20)}`);
    setImmediate(() => response.end(`${seen.slice(20)}\n\n`));
  },
  'a trailer': (seen, response) => {
    response.setHeader('Trailer', 'X-Last').write('x');
    response.addTrailers({ 'X-Last': encodeURIComponent(seen) });
    response.end();
  },
  'a Location': (seen, response) =>
    response.writeHead(302, { Location: `/?k=${encodeURIComponent(seen)}` }).end(),
  'the status text': (seen, response) => response.writeHead(200, `Saw ${encodeURIComponent(seen)}`).end(),
  'a header': (seen, response) => response.writeHead(200, { 'X-Echo': JSON.stringify(seen) }).end(),
};

const SLOTS = ['Bearer', 'Basic', 'Header-X-aPi-Key', 'Query-apiKey', 'Body-auth.Token', 'Form-Pass'];

/** The secret as the host understood it. */
function seenIn({ url, rawHeaders, body }: Asked, slot: string): string {
  const header = (name: string) => rawHeaders[rawHeaders.indexOf(name) + 1] ?? '';
  if (slot === 'Bearer') return header('Authorization').slice('Bearer '.length);
  if (slot === 'Basic')
    return Buffer.from(header('Authorization').slice('Basic '.length), 'base64').toString();
  if (slot.startsWith('Header')) return header('X-aPi-Key');
  if (slot.startsWith('Query')) return new URL(url, 'http://h').searchParams.get('apiKey') ?? '';
  if (slot.startsWith('Body')) return JSON.parse(body).auth.Token;
  return new URLSearchParams(body).get('Pass') ?? '';
}

describe.each(SLOTS)('the secret by X-AS-Inject-%s', (slot) => {
  it.each(Object.keys(ECHOES))('arrives as it is, and an echo by %s does not come back', async (way) => {
    const seen: string[] = [];
    const upstream = await host((asked, response) => {
      seen.push(seenIn(asked, slot));
      ECHOES[way]?.(`<${seen.at(-1)}>`, response);
    });
    const proxy = await testProxy([secret('API_KEY', VALUE, { hosts: [upstream.host] })]);
    const headers = {
      'X-Zephr-Token': proxy.token,
      'X-AS-Target-URL': `${upstream.url}/`,
      [`X-AS-Inject-${slot}`]: 'API_KEY',
    };
    const method = /^(?:Body|Form)/.test(slot) ? 'POST' : 'GET';
    const answer = await ask(`${proxy.url}/proxy`, headers, { method });
    const everything = JSON.stringify(answer);
    expect(seen).toEqual([VALUE]);
    expect(everything).toContain('[REDACTED_BY_AGENTSECRETS]');
    expect(everything).not.toContain('p4ss');
    expect(everything).not.toContain('user-Ab1');
  });
});

describe.each(['Bearer', 'Basic', 'Header-X-aPi-Key', 'Query-apiKey'])(
  'a WebSocket by X-AS-Inject-%s',
  (slot) => {
    it('does not repeat the secret', async () => {
      const seen: string[] = [];
      const upstream = await host();
      upstream.server.on('upgrade', ({ url = '', rawHeaders }, socket: Socket) => {
        seen.push(seenIn({ method: '', url, rawHeaders, body: '' }, slot));
        socket.end(
          `HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Echo: ${seen[0]}\r\n\r\n<${seen[0]}>`,
        );
      });
      const proxy = await testProxy([secret('API_KEY', VALUE, { hosts: [upstream.host] })]);
      const sent = request(`${proxy.url}/to/${upstream.host}/`, {
        headers: {
          'X-Zephr-Token': proxy.token,
          [`X-AS-Inject-${slot}`]: 'API_KEY',
          Upgrade: 'websocket',
          Connection: 'Upgrade',
        },
      });
      sent.end();
      const text = await new Promise<string>((resolve, reject) => {
        sent.on('error', reject);
        sent.on('upgrade', async ({ rawHeaders }, socket, head) => {
          const chunks = [head, ...(await socket.toArray())];
          resolve(rawHeaders.join('|') + Buffer.concat(chunks).toString('latin1'));
        });
      });
      expect(seen).toEqual([VALUE]);
      expect(text).toContain(`<${'*'.repeat(VALUE.length)}>`);
      expect(text).toContain('[masked API_KEY]');
      expect(text).not.toContain('p4ss');
    });
  },
);

describe('a long body', () => {
  it('arrives whole in both directions', async () => {
    const body = randomBytes(6 << 20).toString('latin1');
    const digest = (text: string) => createHash('sha256').update(text, 'latin1').digest('hex');
    const upstream = await host((asked, response) => {
      response.setHeader('X-Received', String(asked.body.length)).end(Buffer.from(body, 'latin1'));
    });
    const proxy = await testProxy([secret('API_KEY', VALUE, { hosts: [upstream.host], as: 'bearer' })]);
    const headers = { 'X-Zephr-Token': proxy.token };
    const sent = 'x'.repeat(6 << 20);
    const answer = await ask(`${proxy.url}/to/${upstream.host}/`, headers, { method: 'POST', body: sent });
    expect(upstream.asked[0]?.body).toBe(sent);
    expect(digest(answer.body)).toBe(digest(body));
  });

  it('whose reader goes away ends at the host too, and the log says so', async () => {
    const ended: Promise<unknown>[] = [];
    const upstream = await host((_, response) => {
      ended.push(new Promise((resolve) => response.on('close', resolve)));
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, 'x')));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    const proxy = await testProxy([secret('API_KEY', VALUE, { hosts: [upstream.host], as: 'bearer' })]);
    const answer = await fetch(`${proxy.url}/to/${upstream.host}/`, {
      headers: { 'X-Zephr-Token': proxy.token },
    });
    const reader = answer.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await Promise.all(ended);
    await expect
      .poll(async () => (await proxy.entries()).at(-1))
      .toMatchObject({
        decision: 'failed',
        reason: 'INTERRUPTED',
      });
  });
});
