/** What a server holds tells nothing: canaries are planted, and looked for in its files, its log and its memory. */

import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSecret } from '../../src/client/create/create.js';
import { readSecret } from '../../src/client/read.js';
import { formatKey } from '../../src/core/key.js';
import { parseLink } from '../../src/core/links/reader.js';
import { type ServerOptions, startServerProcess } from '../support/server.js';
import { openSession } from '../support/session.js';

const SECRET = 'canary-secret-Zq8Kx2Vb7Nw4';
const PASSPHRASE = 'canary-passphrase-Hy5Rt1Lp9Sd';

async function start(options: ServerOptions) {
  const server = await startServerProcess(options);
  onTestFinished(async () => {
    await server.stop('SIGKILL');
  });
  return server;
}

/** Every readable byte of a process's memory, mapping by mapping (proc(5)). */
function* memoryOf(pid: number): Generator<Buffer> {
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

describe('a server', () => {
  it.skipIf(process.platform !== 'linux')(
    'has neither secret, passphrase nor key in its files, its log or its memory (read through /proc: Linux)',
    async () => {
      const { folder } = openSession();
      mkdirSync(join(folder, 'db'));
      const server = await start({ store: join(folder, 'db', 'zephr.db') });
      const created = await createSecret(SECRET, {
        server: server.url,
        passphrase: PASSPHRASE,
        views: 2,
        message: SECRET,
        hint: 'hint-canary-7Gd3',
      });
      if (created.mode !== 'standard') throw new Error('a standard link was asked for');
      const link = parseLink(created.fullLink);
      const reading = await readSecret(link, { passphrase: PASSPHRASE });
      expect(Buffer.from(reading.bytes).toString()).toBe(SECRET);

      const key = formatKey(link.key).split('.')[1] ?? '';
      const canaries = {
        SECRET: Buffer.from(SECRET),
        PASSPHRASE: Buffer.from(PASSPHRASE),
        key: Buffer.from(key),
        rawKey: Buffer.from(link.key.bytes),
      };
      const found = new Set<string>();
      const search = (where: string, bytes: Buffer) => {
        for (const [name, canary] of Object.entries(canaries))
          if (bytes.includes(canary)) found.add(`${name} in ${where}`);
        // What the server does know shows that the search can find something.
        if (bytes.includes('hint-canary-7Gd3')) found.add(`hint in ${where}`);
      };
      for (const file of readdirSync(join(folder, 'db')))
        search('the files', readFileSync(join(folder, 'db', file)));
      search('the log', Buffer.from(server.log()));
      for (const bytes of memoryOf(server.process.pid ?? 0)) search('the memory', bytes);
      expect([...found].sort()).toEqual(['hint in the files', 'hint in the memory']);
    },
  );

  it('logs neither id nor key when a mail gateway turned # into %23, nor a query', async () => {
    const server = await start({});
    const id = 'Canary0'.padEnd(22, 'i');
    await fetch(`${server.url}/secret/${id}%23v2.${'canaryKey'.padEnd(43, 'k')}?canaryQuery=1`);
    await fetch(`${server.url}/api/secrets/${id}%23v2.${'canaryKey'.padEnd(43, 'k')}?canaryQuery=1`);
    await fetch(`${server.url}/canaryPath`);
    await server.stop();
    expect(server.log()).not.toBe('');
    expect(server.log()).not.toMatch(/canary/i);
    for (const line of server.log().trim().split('\n')) expect(JSON.parse(line)).toBeTypeOf('object');
  });

  it('cannot tell a secret of one byte from one of two hundred', async () => {
    const lengths = new Set<number>();
    for (const length of [1, 200]) {
      const server = await start({});
      let body = '';
      await createSecret('x'.repeat(length), {
        server: server.url,
        fetch: (url, init) => {
          body = String(init.body ?? '');
          return fetch(url, init);
        },
      });
      lengths.add(JSON.parse(body).encrypted_blob.length);
    }
    expect(lengths.size).toBe(1);
  });
});
