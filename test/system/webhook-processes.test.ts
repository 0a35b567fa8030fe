/** Several processes over one store deliver its webhooks between them, whichever of them dies. */

import type { ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../src/server/store/open.js';
import { BLOB } from '../server/harness.js';
import { CALLBACK_SECRET, isSigned, receiver } from '../support/receiver.js';
import { type ServerProcess, startNode } from '../support/server.js';
import { ENGINES, newStore, withoutEngine } from '../support/stores.js';

const SERVER = fileURLToPath(new URL('webhook-server.ts', import.meta.url));

/** Further than a lease lasts: such a process finds free what another had leased a moment before. */
const AHEAD_MS = 2 * 60_000;

/** Resolves when `condition` holds; a test whose condition never does fails by its timeout. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe.each(ENGINES)('processes over one store in %s', (engine) => {
  const missing = withoutEngine(engine);
  const run = (name: string, body: () => Promise<void>) => test.skipIf(missing)(name + missing, body);

  let store: string;
  beforeEach(async () => {
    if (missing === '') store = await newStore(engine);
  });

  /** Starts one whose clock is so many milliseconds ahead. */
  async function startProcess(ahead = 0): Promise<ServerProcess> {
    const server = await startNode(['--import', 'tsx', SERVER, store, String(ahead)]);
    onTestFinished(async () => void (await server.stop('SIGKILL')));
    return server;
  }

  /** Creates secrets on the servers in turn, and reads each on another one. Gives their ids. */
  async function announce(count: number, servers: readonly ServerProcess[], callback: string) {
    const nth = (index: number) => servers[index % servers.length]?.url ?? '';
    const ids = await Promise.all(Array.from({ length: count }, (_, index) => create(nth(index), callback)));
    await Promise.all(
      ids.map(async (id, index) => {
        expect((await fetch(`${nth(index + 1)}/api/secrets/${id}`)).status).toBe(200);
      }),
    );
    return ids;
  }

  async function create(server: string, callback_url: string): Promise<string> {
    const fields = { encrypted_blob: BLOB, expiry: 60, split_url_mode: false };
    const response = await fetch(`${server}/api/secrets`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...fields, callback_url, callback_secret: CALLBACK_SECRET }),
    });
    return ((await response.json()) as { id: string }).id;
  }

  /** How many events the store still holds, whenever they are due. */
  async function left(): Promise<number> {
    const opened = await openStore(store);
    const events = await opened.outbox.leaseEvents(Date.now() + 1e12, 1_000, 1, { hosts: [], callers: [] });
    await opened.close();
    return events.length;
  }

  run('deliver each event once between them', async () => {
    const { url, received } = await receiver();
    const servers = await Promise.all([startProcess(), startProcess()]);
    const ids = await announce(60, servers, url);
    await until(() => received.length >= 60);
    expect(await Promise.all(servers.map((server) => server.stop()))).toEqual([0, 0]);
    expect(received.map(({ fields }) => fields.secret_id).sort()).toEqual(ids.sort());
    expect(new Set(received.map(({ fields }) => fields.event_id)).size).toBe(60);
    expect(received.every(isSigned)).toBe(true);
    expect(await left()).toBe(0);
  });

  run('deliver what one of them is killed over, the same again, and never two at a time', async () => {
    const held: ServerResponse[] = [];
    let hold = true;
    const underWay = new Set<string | undefined>();
    let together = 0;
    const { url, received } = await receiver((response, { fields: { event_id: id } }) => {
      if (underWay.has(id)) together += 1;
      underWay.add(id);
      response.on('close', () => underWay.delete(id));
      if (hold) held.push(response);
      else response.writeHead(200).end();
    });
    const [first, second] = await Promise.all([startProcess(), startProcess()]);
    const ids = await announce(40, [first, second], url);
    // Each has as many under way as it sends to one host.
    await until(() => held.length === 16);
    await first.stop('SIGKILL');
    await until(() => held.filter(({ destroyed }) => destroyed).length === 8);
    hold = false;
    for (const response of held) if (!response.destroyed) response.writeHead(200).end();
    await until(() => received.length === 40);
    expect(await second.stop()).toBe(0);
    expect(received).toHaveLength(40);

    const third = await startProcess(AHEAD_MS);
    await until(() => received.length === 48);
    expect(await third.stop()).toBe(0);
    expect(received).toHaveLength(48);
    expect(together).toBe(0);
    expect(new Set(received.map(({ fields }) => fields.secret_id))).toEqual(new Set(ids));
    expect(new Set(received.map(({ body }) => body.toString())).size).toBe(40);
    expect(received.every(isSigned)).toBe(true);
    expect(await left()).toBe(0);
  });

  run('deliver after a restart what none of them had time for', async () => {
    const { url, received } = await receiver();
    const first = await startProcess();
    const ids = await announce(10, [first], url);
    await first.stop('SIGKILL');
    const second = await startProcess(AHEAD_MS);
    const told = () => new Set(received.map(({ fields }) => fields.secret_id));
    await until(() => told().size === 10);
    expect(await second.stop()).toBe(0);
    expect([...told()].sort()).toEqual(ids.sort());
    expect(await left()).toBe(0);
  });
});
