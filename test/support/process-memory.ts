/** The memory of another process, to look for what must not be in it. */

import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

/** Every readable byte of a process's memory, mapping by mapping (proc(5)). */
export function* memoryOf(pid: number): Generator<Buffer> {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
      const [, from, to, name = ''] = /^([0-9a-f]+)-([0-9a-f]+) r\S+ \S+ \S+ \S+\s*(.*)$/.exec(line) ?? [];
      // The kernel's own pages cannot be read, nor does the program write there.
      if (from === undefined || to === undefined || /^\[v(var|syscall|vdso)/.test(name)) continue;
      const end = BigInt(`0x${to}`);
      for (let at = BigInt(`0x${from}`); at < end; at += 16_777_216n) {
        const length = Number(end - at < 16_777_216n ? end - at : 16_777_216n);
        const bytes = Buffer.alloc(length);
        try {
          yield bytes.subarray(0, readSync(memory, bytes, 0, length, at));
        } catch (error) {
          // A page that was never touched has nothing to read.
          if (
            !(error instanceof Error && 'code' in error && (error.code === 'EIO' || error.code === 'EFAULT'))
          )
            throw error;
        }
      }
    }
  } finally {
    closeSync(memory);
  }
}
