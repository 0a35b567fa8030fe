/** A server that dies between a claim and its acknowledgement keeps its word when it is back. */

import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSecret } from '../../src/client/create/create.js';
import { newClaim, readSecret } from '../../src/client/read.js';
import { secretStatus } from '../../src/client/status.js';
import { parseLink } from '../../src/core/links/reader.js';
import { LEASE_MS } from '../../src/core/protocol/limits.js';
import { type ServerOptions, type ServerProcess, startServerProcess } from '../support/server.js';
import { openSession } from '../support/session.js';

async function start(options: ServerOptions): Promise<ServerProcess> {
  const server = await startServerProcess(options);
  onTestFinished(async () => {
    await server.stop('SIGKILL');
  });
  return server;
}

describe('a server killed between claim and acknowledgement', () => {
  it('lets the same claim read again, and nobody else', async () => {
    const store = join(openSession().folder, 'zephr.db');
    const first = await start({ store });
    const secret = randomBytes(40);
    const created = await createSecret(secret, { server: first.url });
    if (created.mode !== 'standard') throw new Error('a standard link was asked for');
    const claim = newClaim();
    const link = parseLink(created.fullLink);
    expect(Buffer.from((await readSecret(link, { claim })).bytes)).toEqual(secret);
    expect(await first.stop('SIGKILL')).toBeNull();

    const second = await start({ store });
    const again = { ...link, server: second.url };
    await expect(readSecret(again)).rejects.toMatchObject({
      statusCode: 410,
      code: 'SECRET_ALREADY_CONSUMED',
    });
    const reading = await readSecret(again, { claim });
    expect(Buffer.from(reading.bytes)).toEqual(secret);
    expect(await secretStatus(again)).toMatchObject({ state: 'read', viewsLeft: 0 });

    await reading.acknowledge();
    await expect(readSecret(again, { claim })).rejects.toMatchObject({ statusCode: 410 });
  });

  it('forgets the ciphertext when the lease has ended, also in the bytes of its files', async () => {
    const folder = join(openSession().folder, 'db');
    mkdirSync(folder);
    const store = join(folder, 'zephr.db');
    const first = await start({ store });
    let blob = Buffer.of();
    const created = await createSecret(randomBytes(100), {
      server: first.url,
      fetch: (url, init) => {
        blob = Buffer.from(JSON.parse(String(init.body ?? '')).encrypted_blob, 'base64url');
        return fetch(url, init);
      },
    });
    if (created.mode !== 'standard') throw new Error('a standard link was asked for');
    const link = parseLink(created.fullLink);
    const claim = newClaim();
    await readSecret(link, { claim });
    await first.stop('SIGKILL');

    const inFiles = () => readdirSync(folder).some((file) => readFileSync(join(folder, file)).includes(blob));
    expect(inFiles()).toBe(true);
    const still = await start({ store, ahead: LEASE_MS - 30_000 });
    await readSecret({ ...link, server: still.url }, { claim });
    expect(inFiles()).toBe(true);
    await still.stop();

    const second = await start({ store, ahead: LEASE_MS + 1_000 });
    await expect.poll(inFiles).toBe(false);
    await expect(readSecret({ ...link, server: second.url }, { claim })).rejects.toMatchObject({
      statusCode: 410,
    });
  });
});
