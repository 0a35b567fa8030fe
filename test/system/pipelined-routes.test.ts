/**
 * Clients that pipeline every kind of request and take no answer: lists, statuses, chunks, answers and pages. What that
 * costs the server in memory is told by /proc. `memory.test.ts` has the reads and bodies of secrets.
 */

import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSecret } from '../../src/client/create/create.js';
import { openSecret } from '../../src/client/open-secret.js';
import { answerRequest } from '../../src/client/requests/answer-request.js';
import { createRequest } from '../../src/client/requests/create-request.js';
import { receiptOf } from '../../src/client/requests/request-status.js';
import type { Fetch } from '../../src/client/transport/fetch.js';
import { type ServerProcess, startServerProcess } from '../support/server.js';
import { openSession } from '../support/session.js';

/** What the server may take for bodies and replies, and what it takes besides. In MB. */
const BUDGET = 64;
const BESIDES = 150;

const CONNECTIONS = 20;
const ANSWERS = 100;
const SECRETS = 100;

/** Bytes of requests that each connection sends at once, or more: the server reads no further than it answers. */
const SENT = 256 * 1024;

/** A server with something to show on every route, started anew for each attack. */
interface Target {
  readonly server: ServerProcess;
  readonly apiKey: string;
}

async function start(): Promise<Target> {
  const session = openSession();
  const store = join(session.folder, 'zephr.db');
  const { stdout } = await session.sh(`zephr keys new -q --store ${store} --tier pro --name attacker`);
  const server = await startServerProcess({ store, env: { ZEPHR_SERVE_MAX_MEMORY: String(BUDGET) } });
  onTestFinished(() => void server.stop('SIGKILL'));
  return { server, apiKey: /zeph_[A-Za-z0-9]{40}/.exec(stdout)?.[0] ?? '' };
}

/** What is asked for, over and over: a request without its last, empty line. */
type Ask = (target: Target) => Promise<string>;

const get = (path: string, headers: Readonly<Record<string, string>> = {}): string =>
  [
    `GET ${path} HTTP/1.1`,
    'Host: zephr',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ].join('\r\n');

const bearer = (apiKey: string) => ({ Authorization: `Bearer ${apiKey}` });

async function withSecrets({ server: { url: server }, apiKey }: Target): Promise<void> {
  for (let made = 0; made < SECRETS; made += 10) {
    await Promise.all(
      Array.from({ length: 10 }, () => createSecret('x', { server, apiKey, hint: 'h'.repeat(128) })),
    );
  }
}

async function answered({ server: { url: server }, apiKey }: Target) {
  const request = await createRequest({ server, apiKey, answers: ANSWERS });
  for (let made = 0; made < ANSWERS; made += 10) {
    await Promise.all(Array.from({ length: 10 }, () => answerRequest(request.requestLink, 'x')));
  }
  const { id, receipt } = await receiptOf(request.collectLink);
  return { id, receipt: Buffer.from(receipt).toString('base64url') };
}

/** The request that fetches a chunk of 1 MB under a claim that has its view, as the client itself makes it. */
async function chunkRequest({ server: { url: server }, apiKey }: Target): Promise<string> {
  const file = { name: 'file', content: new Uint8Array(1_500_000) };
  const { fullLink } = await createSecret('', { server, apiKey, attachments: [file] });
  let seen = '';
  const watched: Fetch = (url, init) => {
    if (/\/chunks\/0$/.test(url)) seen = get(new URL(url).pathname, init.headers);
    return fetch(url, init);
  };
  const opened = await openSecret(fullLink, { fetch: watched });
  for await (const _ of opened.parts()) break;
  expect(seen).not.toBe('');
  return seen;
}

const ROUTES: Readonly<Record<string, Ask>> = {
  'chunks of 1 MB': chunkRequest,
  'lists of 100 secrets': async (target) => {
    await withSecrets(target);
    return get('/api/secrets?limit=100', bearer(target.apiKey));
  },
  'lists of 100 answers': async (target) => {
    const { id, receipt } = await answered(target);
    return get(`/api/requests/${id}/answers`, { 'Zephr-Receipt': receipt });
  },
  statistics: async (target) => {
    await withSecrets(target);
    return get('/api/stats', bearer(target.apiKey));
  },
  'the page of a link': async () => get(`/secret/${'A'.repeat(22)}`),
  'puzzles of a secret that has none': async () =>
    get(`/api/secrets/${'A'.repeat(22)}/captcha`, { 'Zephr-Proof': 'A'.repeat(43) }),
  'answers that no request takes': async () => {
    const body = JSON.stringify({ encrypted_blob: 'A'.repeat(100_000) });
    return [
      `POST /api/requests/${'A'.repeat(22)}/answers HTTP/1.1`,
      'Host: zephr',
      'Content-Type: application/json',
      `Content-Length: ${body.length + 4}`,
      '',
      body,
    ].join('\r\n');
  },
};

/** proc(5): the most that was ever resident, in MB. */
function peak({ process: { pid } }: ServerProcess): number {
  const [, kib] = /^VmHWM:\s+([0-9]+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kib) / 1024);
}

/** Resolves once the server has read no more of a connection for a while, or all of it. */
async function settled(sent: readonly (() => number)[]): Promise<void> {
  const sum = () => sent.reduce((all, bytes) => all + bytes(), 0);
  for (let before = -1, same = 0; same < 4; ) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    same = sum() === before ? same + 1 : 0;
    before = sum();
  }
}

describe.runIf(process.platform === 'linux')(
  'the memory of the server holds while nobody takes (told by /proc)',
  () => {
    it.each(Object.entries(ROUTES))('%s', async (name, ask) => {
      const target = await start();
      const { server } = target;
      const request = `${await ask(target)}\r\n\r\n`;
      const times = Math.ceil(SENT / request.length) + 20;
      const text = Buffer.from(request.repeat(times));
      const port = Number(new URL(server.url).port);
      const left = Array.from({ length: CONNECTIONS }, () => {
        const socket = connect({ port, host: '127.0.0.1' });
        onTestFinished(() => void socket.destroy());
        socket.on('error', () => undefined);
        socket.pause();
        socket.write(text);
        return () => socket.writableLength;
      });
      await settled(left);
      expect((await fetch(`${server.url}/api/health`)).status).toBe(200);
      const most = peak(server);
      console.log(
        `${name}: ${CONNECTIONS * times} requests on ${CONNECTIONS} connections: at most ${most} MB resident`,
      );
      expect(most).toBeLessThan(BUDGET + BESIDES);
    });
  },
);
