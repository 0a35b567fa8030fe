/** A server whose disk is full takes no more secrets, hands out those it has, and goes on when there is room again. */

import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ServerProcess, startServerProcess } from '../support/server.js';
import { logged } from '../support/server-log.js';
import { openSession } from '../support/session.js';
import { smallDisk, withoutDisk } from '../support/small-disk.js';

const BLOB = 'A'.repeat(100_000);

async function create({ url }: ServerProcess): Promise<{ status: number; id: string }> {
  const response = await fetch(`${url}/api/secrets`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ encrypted_blob: BLOB, expiry: 1, split_url_mode: false }),
  });
  const { id = '' } = (await response.json()) as { id?: string };
  return { status: response.status, id };
}

describe.skipIf(withoutDisk)(`zephr serve on a full disk${withoutDisk}`, () => {
  it('refuses creates with 507 and does all else, killed and started again, until something expired', async () => {
    const { folder, fill, free } = smallDisk();
    const store = join(folder, 'zephr.db');
    let server = await startServerProcess({ store });
    onTestFinished(async () => void (await server.stop()));
    const status = async (path: string, method = 'GET') => {
      const response = await fetch(`${server.url}${path}`, { method });
      const text = await response.text();
      return response.status === 200 && text.includes(BLOB) ? 'the secret' : response.status;
    };
    const ids: string[] = [];
    const createUntilRefused = async () => {
      for (;;) {
        const created = await create(server);
        if (created.status !== 201) return created.status;
        ids.push(created.id);
      }
    };
    expect(await createUntilRefused()).toBe(507);
    const own = ids.length;
    expect(own).toBeGreaterThan(20);

    for (const ending of ['SIGTERM', 'SIGKILL'] as const) {
      fill();
      expect((await create(server)).status).toBe(507);
      expect(await status('/api/health')).toBe(200);
      for (const id of ids.splice(0, 5)) {
        expect(await status(`/api/secrets/${id}`)).toBe('the secret');
        expect(await status(`/api/secrets/${id}`)).toBe(410);
      }
      await server.stop(ending);
      server = await startServerProcess({ store });
    }
    expect(logged(server).filter(({ level }) => level === 'error')).toEqual([]);
    expect((await create(server)).status).toBe(507);
    await expect
      .poll(() => logged(server))
      .toContainEqual(expect.objectContaining({ level: 'error', code: 'STORE_FULL' }));

    await server.stop('SIGKILL');
    server = await startServerProcess({ store, ahead: 2 * 60_000 });
    await expect.poll(() => server.log()).toContain('"purge"');
    expect(server.log()).not.toContain('purge failed');
    free();
    const refused = ids.splice(0);
    expect(await createUntilRefused()).toBe(507);
    expect(ids.length).toBeGreaterThan(20);
    for (const id of ids) expect(await status(`/api/secrets/${id}`)).toBe('the secret');
    for (const id of refused) expect(await status(`/api/secrets/${id}`)).toBe(410);
    console.log(`${own} secrets filled the disk, and ${ids.length} more when they had expired`);
  });

  it('does not start where there is no room for its file, and says so', async () => {
    const { folder, fill } = smallDisk();
    fill();
    const { code, stdout, stderr } = await openSession().sh(
      `zephr serve --port 0 --store ${folder}/zephr.db`,
    );
    expect(stderr).toContain('has no room: its disk is full');
    expect(stdout).toBe('');
    expect(code).toBe(8);
  });
});
