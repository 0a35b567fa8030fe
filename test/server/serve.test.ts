/** The whole server on real sockets. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ENVELOPE_BYTES, MAX_BLOB_LENGTH } from '../../src/core/protocol/limits.js';
import { listen } from '../../src/server/http/listen.js';
import { type RunningServer, startServer } from '../../src/server/serve.js';
import { MemoryStore } from '../../src/server/store/memory/store.js';
import { BLOB, harness, refusal } from './harness.js';

let directory: string;
let log: string[];
let servers: RunningServer[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'zephr-test-'));
  log = [];
  servers = [];
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  await rm(directory, { recursive: true });
});

async function start(store = 'memory:', now = Date.now): Promise<RunningServer> {
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    store,
    access: 'open',
    rateLimit: 0,
    version: '9.8.7',
    log: (line) => log.push(line),
    now,
  });
  servers.push(server);
  return server;
}

async function stop(server: RunningServer): Promise<void> {
  servers = servers.filter((other) => other !== server);
  await server.close();
}

const CREATE = JSON.stringify({ encrypted_blob: BLOB, expiry: 60, split_url_mode: false });

async function create(url: string, body = CREATE): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/api/secrets`, { method: 'POST', headers, body });
  expect(response.status).toBe(201);
  return ((await response.json()) as { id: string }).id;
}

/** A bare connection: what it sends is what is written, and everything that comes back is kept. */
async function dial(url: string): Promise<{ socket: Socket; received: () => string; closed: Promise<void> }> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString();
  });
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => resolve());
    // A cut connection is what some tests are about.
    socket.on('error', () => resolve());
  });
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  return { socket, received: () => text, closed };
}

const POST_HEAD = `POST /api/secrets HTTP/1.1\r\nHost: zephr\r\nContent-Type: application/json\r\n`;

/** Resolves when `condition` holds; a test whose condition never does fails by its timeout. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe.each(['memory:', 'zephr.db'])('a server on %s', (where) => {
  const store = () => (where === 'memory:' ? where : join(directory, where));

  test('answers as soon as it has started, and not after it was closed', async () => {
    const server = await start(store());
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:[0-9]+$/);
    expect((await fetch(`${server.url}/api/health`)).status).toBe(200);
    await stop(server);
    await expect(fetch(`${server.url}/api/health`)).rejects.toThrow();
    expect(log.map((line) => JSON.parse(line).event)).toEqual(['ready', 'request', 'closed']);
  });

  test('gives each of 500 secrets to one of 16 readers', async () => {
    const { url } = await start(store());
    const read = async (id: string) => (await fetch(`${url}/api/secrets/${id}`)).status;
    for (let count = 1; count <= 500; count += 1) {
      const id = await create(url);
      const statuses = await Promise.all(Array.from({ length: 16 }, () => read(id)));
      expect(statuses.sort()).toEqual([200, ...Array<number>(15).fill(410)]);
    }
  });
});

describe('a server that is started again on the same file', () => {
  test('still has what was not read, and nothing else', async () => {
    const store = join(directory, 'zephr.db');
    const before = await start(store);
    const [unread, read] = [await create(before.url), await create(before.url)];
    await fetch(`${before.url}/api/secrets/${read}`);
    await stop(before);
    const { url } = await start(store);
    expect((await fetch(`${url}/api/secrets/${unread}`)).status).toBe(200);
    expect((await fetch(`${url}/api/secrets/${read}`)).status).toBe(410);
  });

  test('destroys at once what expired in between', async () => {
    const store = join(directory, 'zephr.db');
    const before = await start(store);
    const canary = Buffer.from('CANARY'.repeat(60));
    await create(before.url, CREATE.replace(BLOB, canary.toString('base64url')));
    await stop(before);
    expect((await readFile(store)).includes('CANARY')).toBe(true);
    const later = await start(store, () => Date.now() + 2 * 60 * 60_000);
    await until(() => log.some((line) => JSON.parse(line).event === 'purge'));
    await stop(later);
    expect((await readFile(store)).includes('CANARY')).toBe(false);
  });
});

describe('a server that cannot start', () => {
  test('says which port is taken, and lets go of the store', async () => {
    const { url } = await start();
    const port = Number(new URL(url).port);
    const options = { host: '127.0.0.1', access: 'open', version: '1', log: () => undefined } as const;
    const store = join(directory, 'zephr.db');
    await expect(startServer({ ...options, port, store })).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: expect.stringContaining(String(port)),
    });
  });

  test('says that the host is not of this machine', async () => {
    const { app } = harness();
    await expect(listen(app, { host: '192.0.2.1', port: 0 })).rejects.toMatchObject({
      code: 'HOST_NOT_AVAILABLE',
    });
  });
});

describe('bodies on the wire', () => {
  test('too long by announcement, or in pieces, is 413, and the server goes on', async () => {
    const { url } = await start();
    const long = 'x'.repeat(MAX_BLOB_LENGTH + ENVELOPE_BYTES + 1);
    const headers = { 'content-type': 'application/json' };
    const announced = fetch(`${url}/api/secrets`, { method: 'POST', headers, body: long });
    expect(await refusal(announced)).toBe('413 PAYLOAD_TOO_LARGE');
    const inPieces = { method: 'POST', headers, body: new Blob([long]).stream(), duplex: 'half' };
    expect(await refusal(fetch(`${url}/api/secrets`, inPieces))).toBe('413 PAYLOAD_TOO_LARGE');
    await create(url);
  });

  test('the largest blob there is goes in and out', async () => {
    const { url } = await start(join(directory, 'zephr.db'));
    const blob = 'Zephr-_9'.repeat(MAX_BLOB_LENGTH / 8);
    const id = await create(url, CREATE.replace(BLOB, blob));
    const response = await fetch(`${url}/api/secrets/${id}`);
    expect(((await response.json()) as { encrypted_blob: string }).encrypted_blob).toBe(blob);
  });

  test('a client that leaves in the middle is no error', async () => {
    const { url } = await start();
    const { socket, closed } = await dial(url);
    socket.end(`${POST_HEAD}Content-Length: ${CREATE.length}\r\n\r\n${CREATE.slice(0, 10)}`);
    await until(() => log.some((line) => JSON.parse(line).event === 'request'));
    await closed;
    await create(url);
    expect(log.filter((line) => JSON.parse(line).level === 'error')).toEqual([]);
  });

  test('a host that is none is refused in the shape of an error', async () => {
    const { url } = await start();
    const { socket, received } = await dial(url);
    socket.write('GET /api/health HTTP/1.1\r\nHost: a<b\r\nConnection: close\r\n\r\n');
    await until(() => received().includes('INVALID_REQUEST'));
    expect(received()).toMatch(/^HTTP\/1\.1 400 /);
    expect(received().toLowerCase()).toContain('x-content-type-options: nosniff');
  });

  test('IPv6 listens and is told apart', async () => {
    const { app, log: lines } = harness();
    const listener = await listen(app, { host: '::1', port: 0 });
    expect(listener.url).toMatch(/^http:\/\/\[::1\]:[0-9]+$/);
    expect((await fetch(`${listener.url}/api/health`)).status).toBe(200);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ address: '0:0:0::/48' });
    await listener.close();
  });
});

describe('closing', () => {
  // Long enough that a close which waits for it fails the test by its timeout.
  const NEVER = 600_000;

  /** A listener whose creates wait for `finish`. */
  async function slowListener(graceMs: number) {
    const store = new MemoryStore('salt');
    const begun = signal();
    const finish = signal();
    const createNow = store.secrets.create.bind(store.secrets);
    store.secrets.create = async (secret) => {
      begun.give();
      await finish.given;
      return createNow(secret);
    };
    const listener = await listen(harness(store).app, { host: '127.0.0.1', port: 0, graceMs });
    return { listener, begun, finish };
  }

  test('finishes a request that is under way, then hangs up', async () => {
    const { listener, begun, finish } = await slowListener(NEVER);
    const { socket, received, closed } = await dial(listener.url);
    socket.write(`${POST_HEAD}Content-Length: ${CREATE.length}\r\n\r\n${CREATE}`);
    await begun.given;
    const end = listener.close();
    finish.give();
    await end;
    await closed;
    expect(received()).toMatch(/^HTTP\/1\.1 201 /);
  });

  test('does not wait for connections that ask nothing', async () => {
    const { app } = harness();
    const listener = await listen(app, { host: '127.0.0.1', port: 0, graceMs: NEVER });
    const silent = await dial(listener.url);
    const kept = await dial(listener.url);
    kept.socket.write('GET /api/health HTTP/1.1\r\nHost: zephr\r\n\r\n');
    await until(() => kept.received().includes('"status":"ok"'));
    await listener.close();
    await Promise.all([silent.closed, kept.closed]);
  });

  test('cuts what does not come to an end in time', async () => {
    const { listener, begun, finish } = await slowListener(20);
    const { socket, received, closed } = await dial(listener.url);
    socket.write(`${POST_HEAD}Content-Length: ${CREATE.length}\r\n\r\n${CREATE}`);
    await begun.given;
    await listener.close();
    await closed;
    expect(received()).toBe('');
    finish.give();
  });
});

function signal(): { give: () => void; given: Promise<void> } {
  let give = (): void => undefined;
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { give, given };
}
