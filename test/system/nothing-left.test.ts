/** What a server holds tells nothing: canaries are planted, and looked for in its files, its log and its memory. */

import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSecret } from '../../src/client/create/create.js';
import { openSecret } from '../../src/client/open-secret.js';
import { readSecret } from '../../src/client/read.js';
import { answerRequest } from '../../src/client/requests/answer-request.js';
import { collectAnswers } from '../../src/client/requests/collect-answers.js';
import { createRequest } from '../../src/client/requests/create-request.js';
import { deriveCollectKeys } from '../../src/core/crypto/request.js';
import { formatKey } from '../../src/core/key.js';
import { parseLink } from '../../src/core/links/reader.js';
import { parseCollectLink } from '../../src/core/links/request-links.js';
import { memoryOf } from '../support/process-memory.js';
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

  it.skipIf(process.platform !== 'linux')(
    'through which a secret was asked for and given has nothing that opens it, nor was it sent any (Linux)',
    async () => {
      const { folder } = openSession();
      mkdirSync(join(folder, 'db'));
      const server = await start({ store: join(folder, 'db', 'zephr.db') });
      const message = 'canary-message-Wd5Jc8Tf3Gm6';
      const sent: string[] = [];
      const watching: typeof fetch = (url, init) => {
        const headers = JSON.stringify(init?.headers ?? {});
        const body =
          init?.body instanceof Uint8Array ? Buffer.from(init.body).toString('latin1') : init?.body;
        sent.push(`${String(url)}\n${headers}\n${String(body ?? '')}`);
        return fetch(url, init);
      };
      const options = { fetch: watching };
      const request = await createRequest({ ...options, server: server.url, message, from: message });
      const attachments = [{ name: 'canary-name-Bn4.txt', content: Buffer.from(SECRET.repeat(9)) }];
      await answerRequest(request.requestLink, SECRET, { ...options, attachments, message });
      const link = parseCollectLink(request.collectLink);
      const [answer] = (await collectAnswers(link, options)).answers;
      const { id, key } = answer!.link();
      const opened = await openSecret(answer!.link(), options);
      expect(Buffer.from(opened.note).toString()).toBe(SECRET);

      const { linkSecret } = await deriveCollectKeys(link.seed);
      const canaries: Record<string, Uint8Array> = {
        ...{
          SECRET: Buffer.from(SECRET),
          message: Buffer.from(message),
          name: Buffer.from('canary-name-Bn4'),
        },
        ...{ S: link.seed, M: linkSecret, K: key.bytes },
      };
      const found = new Set<string>();
      const search = (where: string, bytes: Buffer) => {
        for (const [name, canary] of Object.entries(canaries)) {
          const plain = Buffer.from(canary);
          for (const form of [plain, plain.toString('base64url'), plain.toString('hex')])
            if (bytes.includes(form)) found.add(`${name} in ${where}`);
        }
        // What the server does know shows that the search can find something.
        if (bytes.includes(id)) found.add(`the answer's id in ${where}`);
      };
      for (const file of readdirSync(join(folder, 'db')))
        search('the files', readFileSync(join(folder, 'db', file)));
      for (const one of sent) search('the requests', Buffer.from(one, 'latin1'));
      search('the log', Buffer.from(server.log()));
      for (const bytes of memoryOf(server.process.pid ?? 0)) search('the memory', bytes);
      expect([...found].sort()).toEqual([
        "the answer's id in the files",
        "the answer's id in the memory",
        "the answer's id in the requests",
      ]);
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
