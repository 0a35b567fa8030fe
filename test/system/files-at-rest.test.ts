/** What files of a secret are in a store while they wait, once they were read, and where they did not fit. */

import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tcpHost } from '../support/hosts.js';
import { startServerProcess } from '../support/server.js';
import { openSession, type Result, type Session } from '../support/session.js';
import { smallDisk, withoutDisk } from '../support/small-disk.js';
import { ENGINES, newStore, withoutEngine } from '../support/stores.js';

const MIB = 1_048_576;

/** A server that ends with its test. */
async function serverOver(store: string, ahead = 0) {
  const server = await startServerProcess({ store, ahead });
  onTestFinished(async () => void (await server.stop('SIGKILL')));
  return server;
}

/**
 * Passes each connection on to the next of the servers, as a load balancer does.
 * @returns its URL, and how many connections each server got.
 */
async function balancer(urls: readonly string[]) {
  const counts = urls.map(() => 0);
  let next = 0;
  const url = await tcpHost((near) => {
    const index = next++ % urls.length;
    counts[index] = (counts[index] ?? 0) + 1;
    const { hostname, port } = new URL(urls[index] ?? '');
    const far = connect(Number(port), hostname);
    far.on('error', () => near.destroy());
    near.on('close', () => far.destroy());
    near.pipe(far).pipe(near);
  });
  return { url, counts };
}

/** Passes connections on to the server, and keeps samples of what large requests hold. */
async function sampling(target: string) {
  const samples: Buffer[] = [];
  const url = await tcpHost((near) => {
    const { hostname, port } = new URL(target);
    const far = connect(Number(port), hostname);
    far.on('error', () => near.destroy());
    near.on('close', () => far.destroy());
    near.on('data', (bytes: Buffer) => {
      if (bytes.length >= 16_384) samples.push(Buffer.from(bytes.subarray(8_000, 8_024)));
    });
    near.pipe(far).pipe(near);
  });
  return { url, samples };
}

/** How many of the samples are in a file of the folder. */
function found(samples: readonly Buffer[], folder: string): number {
  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name)));
  return samples.filter((sample) => files.some((file) => file.includes(sample))).length;
}

const sizeOf = (folder: string) =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

function randomFile(session: Session, name: string, length: number): string {
  const bytes = randomBytes(length);
  writeFileSync(join(session.folder, name), bytes);
  return createHash('sha256').update(bytes).digest('hex');
}

describe.each(ENGINES)('with two servers over %s, chunks going to either', (engine) => {
  it.skipIf(withoutEngine(engine)).each([
    [1, 16],
    [3, 16],
  ])(
    `a secret of %i views and 20 MB has as many of %i readers${withoutEngine(engine)}`,
    async (views, readers) => {
      const store = await newStore(engine);
      const [one, other] = [await serverOver(store), await serverOver(store)];
      const { url, counts } = await balancer([one.url, other.url]);
      const session = openSession({ ZEPHR_SERVER: url });
      const hash = randomFile(session, 'big', 20 * MIB);
      const created = await session.sh(`zephr -q --views ${views} -a big > link`);
      expect(created.code, created.stderr).toBe(0);
      // Each with a home of its own: readers of one machine share a claim.
      const read = (index: number): Promise<Result> =>
        session.sh(`mkdir ${index} && HOME=$PWD/${index} zephr get -q -o ${index}/copy < link`);
      const results = await Promise.all(Array.from({ length: readers }, (_, index) => read(index)));
      const got = results.flatMap(({ code }, index) => (code === 0 ? [index] : []));
      expect(results.map(({ code, stderr }) => (code === 0 || code === 6 ? code : stderr)).sort()).toEqual([
        ...Array<number>(views).fill(0),
        ...Array<number>(readers - views).fill(6),
      ]);
      for (const index of got) {
        const copy = readFileSync(join(session.folder, String(index), 'copy'));
        expect(createHash('sha256').update(copy).digest('hex')).toBe(hash);
      }
      const left = results.flatMap((_, index) =>
        readdirSync(join(session.folder, String(index)))
          .filter((name) => !name.startsWith('.'))
          .map(() => index),
      );
      expect(left).toEqual(got);
      // Nearly all of it went through these: each reader asks four times at once.
      for (const count of counts) expect(count).toBeGreaterThan(8);
    },
  );
});

describe('the file of an SQLite store', () => {
  it('holds no chunk once it was read, and is as large as before', async () => {
    const { folder } = openSession();
    const server = await serverOver(join(folder, 'zephr.db'));
    const { url, samples } = await sampling(server.url);
    const session = openSession({ ZEPHR_SERVER: url });
    await session.sh('echo first | zephr -q > first');
    const before = sizeOf(folder);
    randomFile(session, 'big', 24 * MIB);
    expect((await session.sh('zephr -q -a big > link')).code).toBe(0);
    expect(samples.length).toBeGreaterThan(100);
    // A sample across two pages is found in none.
    expect(found(samples, folder)).toBeGreaterThan(samples.length / 2);
    expect(sizeOf(folder)).toBeGreaterThan(24 * MIB);
    expect((await session.sh('zephr get -q -o copy < link')).code).toBe(0);
    // The log of the file is emptied by the next purge.
    await expect.poll(() => found(samples, folder), { timeout: 90_000, interval: 500 }).toBe(0);
    await server.stop();
    expect(found(samples, folder)).toBe(0);
    expect(sizeOf(folder)).toBeLessThan(before * 1.1);
  });

  it.skipIf(withoutDisk !== '')(
    `on a disk that is full in the middle of an upload takes no more of it, forgets it, and goes on${withoutDisk}`,
    async () => {
      const { folder } = smallDisk();
      const store = join(folder, 'zephr.db');
      const server = await serverOver(store);
      const { url, samples } = await sampling(server.url);
      const session = openSession({ ZEPHR_SERVER: url });
      await session.sh('echo first | zephr -q > first');
      randomFile(session, 'big', 30 * MIB);
      const { code, stdout, stderr } = await session.sh('zephr -q -a big');
      expect([code, stdout]).toEqual([8, '']);
      expect(stderr).toMatch(/no room|full/);
      expect(found(samples, folder)).toBeGreaterThan(0);
      expect((await session.sh('zephr get -q < first')).stdout).toBe('first\n');
      await server.stop();
      // Nobody went on with it: an hour later it is forgotten, with every chunk.
      const later = await serverOver(store, 61 * 60_000);
      session.env.ZEPHR_SERVER = later.url;
      await expect.poll(() => found(samples, folder)).toBe(0);
      const again = await session.sh('echo second | zephr -q | zephr get -q');
      expect([again.code, again.stdout]).toEqual([0, 'second\n']);
    },
  );
});
