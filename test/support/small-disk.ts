/** A small file system of a test's own, in memory, that can be filled to its last byte. */

import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';

/** @throws where only an administrator may mount one. */
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
      execFileSync('umount', ['--lazy', folder]);
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

/** Why there can be no small disk here, to print behind a test's name; empty if there can. */
export const withoutDisk = whyNot();

/** A folder on a disk of 24 MiB that somebody else can fill, and free again. It goes when the test ends. */
export function smallDisk(): { folder: string; fill: () => void; free: () => void } {
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
    free: () => rmSync(other, { force: true }),
  };
}
