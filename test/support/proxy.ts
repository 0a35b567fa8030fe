/** A proxy in this process, hosts on loopback that it asks, and clients that write what they like. */

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type AuditEntry, linesOf, readLine } from '../../src/broker/audit/chain.js';
import { AuditLog, readAuditLog } from '../../src/broker/audit/log.js';
import { type ProxyOptions, type RunningProxy, startProxy } from '../../src/broker/proxy/proxy.js';
import { type BrokeredSecret, BrokeredSecrets } from '../../src/broker/proxy/secrets.js';
import { encodeUtf8 } from '../../src/core/bytes.js';
import { resolveInSystem } from '../../src/net/resolve.js';
import { Trust } from '../../src/net/trust.js';
import type { Policy } from '../../src/vault/records.js';

/** A proxy, and its log. */
export interface TestProxy extends RunningProxy {
  readonly url: string;
  /** Where its log is. */
  readonly logPath: string;
  entries(): Promise<AuditEntry[]>;
}

/** A secret as the vault would give it. */
export function secret(name: string, value: string, policy: Policy, placeholder?: string): BrokeredSecret {
  return { name, value: encodeUtf8(value), policy, placeholder };
}

/** Starts one that ends with its test. */
export async function testProxy(
  secrets: readonly BrokeredSecret[],
  options: Partial<ProxyOptions> = {},
): Promise<TestProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'zephr-proxy-'));
  const logPath = join(folder, 'audit.jsonl');
  const proxy = await startProxy({
    port: 0,
    project: 'default',
    secrets: new BrokeredSecrets(secrets),
    log: new AuditLog({ path: logPath, pid: process.pid, isRunning: () => true }),
    command: 'proxy',
    pid: process.pid,
    resolve: resolveInSystem,
    trust: Trust.ofSystem({}),
    now: Date.now,
    ...options,
  });
  onTestFinished(async () => {
    await proxy.close();
    rmSync(folder, { recursive: true, force: true });
  });
  // The members that change are asked for when they are read.
  return Object.assign(Object.create(proxy), {
    url: `http://127.0.0.1:${proxy.port}`,
    logPath,
    entries: async () => {
      const { files } = await readAuditLog(logPath);
      return files.flatMap(({ text }) => linesOf(text)).flatMap((line) => readLine(line) ?? []);
    },
  }) as TestProxy;
}

/** What a host was asked. */
export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** A host on loopback that ends with its test. */
export async function host(
  answer: (asked: Asked, response: ServerResponse) => void = (_, response) => response.end(),
): Promise<{ url: string; host: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer(async (message: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const { method = '', url = '', rawHeaders } = message;
    const one = { method, url, rawHeaders, body: Buffer.concat(chunks).toString() };
    asked.push(one);
    answer(one, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const name = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url: `http://${name}`, host: name, asked };
}

/** A response, read to its end. */
export interface Answered {
  readonly status: number;
  readonly statusText: string;
  readonly rawHeaders: readonly string[];
  readonly rawTrailers: readonly string[];
  readonly body: string;
}

/** Asks a server, with headers as they are written here. */
export function ask(
  url: string,
  headers: Readonly<Record<string, string | string[]>> = {},
  { method = 'GET', body = '' }: { method?: string; body?: string } = {},
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false }, async (response) => {
      try {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        resolve({
          status: response.statusCode ?? 0,
          statusText: response.statusMessage ?? '',
          rawHeaders: response.rawHeaders,
          rawTrailers: response.rawTrailers,
          body: Buffer.concat(chunks).toString('latin1'),
        });
      } catch (error) {
        reject(error);
      }
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Writes bytes to a port, and gives all that comes back until the other side ends. */
export function rawExchange(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.from(text, 'latin1')));
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
  });
}
