/** Webhooks from the request that causes them to a receiver on a real socket. */

import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ANY_CALLBACKS } from '../../src/server/callback-policy.js';
import { createLog } from '../../src/server/log.js';
import { resolveInSystem } from '../../src/server/resolve-host.js';
import { sendWebhook } from '../../src/server/send-webhook.js';
import { MemoryStore } from '../../src/server/store/memory.js';
import { openStore } from '../../src/server/store/open-store.js';
import { startWebhooks } from '../../src/server/webhooks.js';
import { httpHost } from '../support/hosts.js';
import { BLOB, harness, PROOF, VERSION_2 } from './harness.js';

const SERVER = fileURLToPath(new URL('webhook-server.ts', import.meta.url));
const SECRET = 'shared with the r\u00e9ceiver';

interface Received {
  readonly body: Buffer;
  readonly headers: IncomingMessage['headers'];
  /** The body's fields. */
  readonly fields: Record<string, string>;
}

/** A receiver that keeps what comes, and answers as `answer` does: 204 unless it does otherwise. */
async function receiver(
  answer: (response: ServerResponse) => void = (response) => response.writeHead(204).end(),
) {
  const received: Received[] = [];
  const url = await httpHost(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    received.push({ body, headers: request.headers, fields: JSON.parse(body.toString()) });
    answer(response);
  });
  return { url: `${url}/hook`, received };
}

/** What a receiver does to know who sent a webhook. */
function isSigned({ body, headers }: Received): boolean {
  const signature = Buffer.from(String(headers['x-zephr-signature']), 'latin1');
  const expected = Buffer.from(createHmac('sha256', SECRET).update(body).digest('hex'), 'latin1');
  return signature.length === expected.length && timingSafeEqual(signature, expected);
}

/** Resolves when `condition` holds; a test whose condition never does fails by its timeout. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('a server with its webhooks', () => {
  /** An app that may call back to loopback. `tick` delivers what is due by its clock, and waits for that. */
  function server() {
    const store = new MemoryStore('salt');
    const { clock, ...app } = harness(store, { callbacks: ANY_CALLBACKS });
    const lines: string[] = [];
    const sending = { policy: ANY_CALLBACKS, resolve: resolveInSystem };
    const tick = async () => {
      const webhooks = startWebhooks({
        outbox: store.outbox,
        send: (event) => sendWebhook(event, sending),
        log: createLog(
          (line) => lines.push(line),
          () => clock.now,
        ),
        now: () => clock.now,
      });
      await webhooks.stop();
    };
    return { ...app, clock, store, lines, tick };
  }

  const iso = (ms: number) => new Date(ms).toISOString();
  const proof = { 'zephr-proof': PROOF };

  test('tells of a read, signed, as the protocol has it', async () => {
    const { url, received } = await receiver();
    const { made, read, tick, clock } = server();
    const id = await made({ callback_url: url, callback_secret: SECRET, hint: 'db password' });
    await tick();
    expect(received).toEqual([]);
    await read(id);
    await tick();
    const [webhook, ...others] = received;
    expect(others).toEqual([]);
    expect(webhook?.fields).toEqual({
      event: 'secret.consumed',
      event_id: expect.stringMatching(/^[0-9a-f-]{14}4[0-9a-f-]{21}$/),
      secret_id: id,
      occurred_at: iso(clock.now),
      hint: 'db password',
    });
    expect(webhook?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-zephr-signature': expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(webhook && isSigned(webhook)).toBe(true);
  });

  test('tells of the first of several views, a revocation and an expiry, each once', async () => {
    const { url, received } = await receiver();
    const { made, read, call, tick, clock, store } = server();
    const callback = { callback_url: url, callback_secret: SECRET };
    const several = await made({ ...callback, ...VERSION_2, views: 3 });
    const revoked = await made({ ...callback, ...VERSION_2 });
    const unread = await made(callback);
    const quiet = await made();
    for (let view = 1; view <= 3; view += 1) await read(several, proof);
    await read(quiet);
    await call('DELETE', `/api/secrets/${revoked}`, { headers: proof });
    await call('DELETE', `/api/secrets/${revoked}`, { headers: proof });
    clock.now += 61 * 60_000;
    await store.purge(clock.now);
    await read(unread);
    await tick();
    await tick();
    const told = received.map(({ fields }) => `${fields.event} ${fields.secret_id}`);
    expect(told.sort()).toEqual(
      [`secret.consumed ${several}`, `secret.revoked ${revoked}`, `secret.expired ${unread}`].sort(),
    );
    expect(received.every(isSigned)).toBe(true);
  });

  test('delivers to a receiver that was down for a minute, afterwards and once', async () => {
    const { made, read, tick, clock } = server();
    const start = clock.now;
    const { url, received } = await receiver((response) => {
      response.writeHead(clock.now < start + 60_000 ? 503 : 204).end();
    });
    await read(await made({ callback_url: url, callback_secret: SECRET }));
    for (let second = 0; second <= 7_200; second += 1) {
      clock.now = start + second * 1_000;
      await tick();
    }
    // At 0, 5 and 35 s it was down, at 155 s it was not.
    expect(received).toHaveLength(4);
    expect(new Set(received.map(({ body }) => body.toString())).size).toBe(1);
    expect(new Set(received.map(({ headers }) => headers['x-zephr-signature'])).size).toBe(1);
  });

  test('logs neither ids, nor places, nor what signs', async () => {
    const { url } = await receiver();
    const { made, read, tick, lines, log } = server();
    const id = await made({ callback_url: url, callback_secret: SECRET, hint: 'db password' });
    await read(id);
    await tick();
    expect(lines.join()).toContain('"outcome":"delivered"');
    for (const word of [id, '127.0.0.1', '/hook', SECRET, 'db password']) {
      expect([...lines, ...log].join()).not.toContain(word);
    }
  });
});

describe('processes over one SQLite file', () => {
  let directory: string;
  let children: ChildProcess[];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'zephr-test-'));
    children = [];
  });
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    await rm(directory, { recursive: true });
  });

  const file = () => join(directory, 'zephr.db');

  async function startProcess(ahead = 0) {
    const child = spawn(process.execPath, ['--import', 'tsx', SERVER, file(), String(ahead)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    const exited = once(child, 'exit');
    const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const end = async (signal: NodeJS.Signals) => {
      child.kill(signal);
      return (await exited)[0] as number | null;
    };
    return { url, end };
  }

  async function create(server: string, callback_url: string): Promise<string> {
    const response = await fetch(`${server}/api/secrets`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        encrypted_blob: BLOB,
        expiry: 60,
        split_url_mode: false,
        callback_url,
        callback_secret: SECRET,
      }),
    });
    return ((await response.json()) as { id: string }).id;
  }

  async function read(server: string, id: string): Promise<void> {
    expect((await fetch(`${server}/api/secrets/${id}`)).status).toBe(200);
  }

  /** How many events a store still holds, whenever they are due. */
  async function left(): Promise<number> {
    const store = await openStore(file());
    const events = await store.outbox.leaseEvents(Date.now() + 1e12, 1_000, 1, []);
    await store.close();
    return events.length;
  }

  test('deliver each event once between them', async () => {
    const { url, received } = await receiver();
    const servers = await Promise.all([startProcess(), startProcess()]);
    const urls = servers.map((server) => server.url);
    const ids = await Promise.all(Array.from({ length: 60 }, (_, i) => create(urls[i % 2] ?? '', url)));
    await Promise.all(ids.map((id, i) => read(urls[(i >> 1) % 2] ?? '', id)));
    await until(() => received.length >= 60);
    expect(await Promise.all(servers.map((server) => server.end('SIGTERM')))).toEqual([0, 0]);
    expect(received.map(({ fields }) => fields.secret_id).sort()).toEqual(ids.sort());
    expect(new Set(received.map(({ fields }) => fields.event_id)).size).toBe(60);
    expect(received.every(isSigned)).toBe(true);
    expect(await left()).toBe(0);
  });

  test('deliver what one of them was killed over, with the same id', async () => {
    // The first attempt gets no answer: the process dies while it waits for that.
    let hold = true;
    const { url, received } = await receiver((response) => {
      if (!hold) response.writeHead(200).end();
    });
    const first = await startProcess();
    const id = await create(first.url, url);
    await read(first.url, id);
    await until(() => received.length === 1);
    await first.end('SIGKILL');
    hold = false;
    const second = await startProcess(2 * 60_000);
    await until(() => received.length === 2);
    expect(await second.end('SIGTERM')).toBe(0);
    expect(received.map(({ fields }) => fields.secret_id)).toEqual([id, id]);
    expect(new Set(received.map(({ body }) => body.toString())).size).toBe(1);
    expect(received).toHaveLength(2);
    expect(await left()).toBe(0);
  });

  test('deliver after a restart what one of them had no time for', async () => {
    const { url, received } = await receiver();
    const first = await startProcess();
    const ids = await Promise.all(Array.from({ length: 10 }, () => create(first.url, url)));
    await Promise.all(ids.map((id) => read(first.url, id)));
    await first.end('SIGKILL');
    // Far enough ahead that what it had leased is free again.
    const second = await startProcess(2 * 60_000);
    const told = () => new Set(received.map(({ fields }) => fields.secret_id));
    await until(() => told().size === 10);
    expect(await second.end('SIGTERM')).toBe(0);
    expect([...told()].sort()).toEqual(ids.sort());
    expect(await left()).toBe(0);
  });
});
