/** A proxy in this process, hosts on loopback that it asks, and clients that write what they like. */

import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type Server as HttpsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect as connectSecurely, type TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import { type AuditEntry, linesOf, readLine } from '../../src/broker/audit/chain.js';
import { AuditLog, readAuditLog } from '../../src/broker/audit/log.js';
import { type ProxyOptions, type RunningProxy, startProxy } from '../../src/broker/proxy/proxy.js';
import { type BrokeredSecret, BrokeredSecrets } from '../../src/broker/proxy/secrets.js';
import { encodeUtf8 } from '../../src/core/bytes.js';
import { resolveInSystem } from '../../src/net/resolve.js';
import { Trust } from '../../src/net/trust.js';
import type { Policy } from '../../src/vault/records.js';
import { makeCertificate } from './self-signed.js';

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
): Promise<{ url: string; host: string; asked: Asked[]; server: Server }> {
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
  return { url: `http://${name}`, host: name, asked, server };
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
    const sent = request(url, { method, headers, agent: false }, (response) =>
      answered(response).then(resolve, reject),
    );
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

/** An https host on loopback, with a certificate that only `trust` trusts. */
export async function secureHost(
  answer: (message: IncomingMessage, response: ServerResponse) => void = (_, response) => response.end(),
): Promise<{ url: string; host: string; trust: Trust; server: HttpsServer; asked: IncomingMessage[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'zephr-host-'));
  const { cert, key } = makeCertificate(folder, 'host');
  const asked: IncomingMessage[] = [];
  const pem = readFileSync(cert, 'utf8');
  const server = createSecureServer({ cert: pem, key: readFileSync(key) }, (message, response) => {
    asked.push(message);
    answer(message, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const name = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url: `https://${name}`, host: name, trust: Trust.only(pem), server, asked };
}

/** A tunnel through the proxy, before TLS; rejects with the status line where there is none. */
export async function openTunnelTo(
  proxy: TestProxy,
  target: string,
  headers: string[] = tokenHeaders(proxy),
): Promise<Socket> {
  const socket = connect(proxy.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.write([`CONNECT ${target} HTTP/1.1`, `Host: ${target}`, ...headers, '', ''].join('\r\n'));
  const [line] = String(await once(socket, 'data')).split('\r\n');
  if (!line?.startsWith('HTTP/1.1 200 ')) throw new Error(line);
  return socket;
}

function tokenHeaders({ token }: TestProxy): string[] {
  return [`Proxy-Authorization: Basic ${btoa(`zephr:${token}`)}`];
}

/** TLS inside a tunnel, which trusts the proxy's authority and nobody else. */
export async function secureTunnelTo(
  proxy: TestProxy,
  target: string,
  options: ConnectionOptions = {},
): Promise<TLSSocket> {
  const socket = await openTunnelTo(proxy, target);
  const secured = connectSecurely({ socket, host: target.split(':')[0], ca: proxy.certificate, ...options });
  await once(secured, 'secureConnect');
  return secured;
}

/** Sends a request over a connection, and reads the response to its end. */
export function askOver(
  socket: Socket,
  host: string,
  path = '/',
  headers: Readonly<Record<string, string | string[]>> = {},
  { method = 'GET', body = '' }: { method?: string; body?: string } = {},
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { createConnection: () => socket, path, method, headers: { Host: host, ...headers } },
      (response) => void answered(response).then(resolve, reject),
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

async function answered(response: IncomingMessage): Promise<Answered> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return {
    status: response.statusCode ?? 0,
    statusText: response.statusMessage ?? '',
    rawHeaders: response.rawHeaders,
    rawTrailers: response.rawTrailers,
    body: Buffer.concat(chunks).toString('latin1'),
  };
}

/** A connection to a port of this machine, which ends with its test. */
export function rawConnection(port: number): Socket {
  const socket = connect(port, '127.0.0.1');
  // Each request of a connection listens to it for a time.
  socket.setMaxListeners(0);
  onTestFinished(() => void socket.destroy());
  return socket;
}
