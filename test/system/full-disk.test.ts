/** A server whose disk is full refuses, forgets nothing, and goes on when there is room again. */

import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ServerProcess, startServerProcess } from '../support/server.js';
import { logged } from '../support/server-log.js';
import { openSession } from '../support/session.js';

const BLOB = 'A'.repeat(100_000);

/** A small file system of its own, in memory. @throws where only an administrator may mount one. */
function mountSmallDisk(): { folder: string; unmount: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'zephr-disk-'));
  const unmount = () => {
    rmdirSync(folder);
  };
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', folder], { stdio: 'pipe' });
  } catch (error) {
    unmount();
    throw error;
  }
  return {
    folder,
    unmount() {
      execFileSync('umount', [folder]);
      unmount();
    },
  };
}

function whyNot(): string {
  try {
    mountSmallDisk().unmount();
    return '';
  } catch {
    return ' (skipped: mounting a file system takes an administrator)';
  }
}

const withoutDisk = whyNot();

/** A folder on a disk that somebody else can fill, and free again. */
function smallDisk(): { folder: string; fill: () => void; free: () => void } {
  const { folder, unmount } = mountSmallDisk();
  onTestFinished(unmount);
  const other = join(folder, 'somebody-elses');
  return {
    folder,
    fill() {
      try {
        for (;;) appendFileSync(other, Buffer.alloc(4096));
      } catch (error) {
        expect(error).toMatchObject({ code: 'ENOSPC' });
      }
    },
    free: () => rmSync(other),
  };
}

async function create({ url }: ServerProcess): Promise<{ status: number; id: string }> {
  const response = await fetch(`${url}/api/secrets`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ encrypted_blob: BLOB, expiry: 60, split_url_mode: false }),
  });
  const { id = '' } = (await response.json()) as { id?: string };
  return { status: response.status, id };
}

describe.skipIf(withoutDisk)(`zephr serve on a full disk${withoutDisk}`, () => {
  it('refuses with 503, says so in its health, and has all it promised when there is room again', async () => {
    const { folder, fill, free } = smallDisk();
    const server = await startServerProcess({ store: join(folder, 'zephr.db') });
    onTestFinished(async () => void (await server.stop()));
    const status = async (path: string) => {
      const response = await fetch(`${server.url}${path}`);
      const text = await response.text();
      return response.status === 200 && text.includes(BLOB) ? 'the secret' : response.status;
    };
    const ids: string[] = [];
    for (let count = 0; count < 10; count += 1) ids.push((await create(server)).id);
    expect(await status('/api/health')).toBe(200);

    fill();
    const statuses = new Set<number>();
    while (!statuses.has(503)) {
      const created = await create(server);
      statuses.add(created.status);
      if (created.status === 201) ids.push(created.id);
    }
    expect([...statuses].filter((one) => one !== 201)).toEqual([503]);
    expect(await status('/api/health')).toBe(503);
    expect(await status(`/api/secrets/${ids[0]}`)).toBe(503);

    free();
    expect(await status('/api/health')).toBe(200);
    for (const id of ids) expect(await status(`/api/secrets/${id}`)).toBe('the secret');
    for (const id of ids) expect(await status(`/api/secrets/${id}`)).toBe(410);
    expect(logged(server).filter(({ level }) => level === 'error').length).toBeGreaterThan(0);
    expect(server.log()).not.toContain(ids[0]);
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
