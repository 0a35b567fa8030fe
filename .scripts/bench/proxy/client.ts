/**
 * The client of a proxy, in a process of its own and the same for all ways to the host: requests for so many seconds over
 * so many connections that stay, or streams of events one after the other. Takes one {@link Work} as a message after the
 * other and answers each with {@link Done}.
 */

import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type TLSSocket } from 'node:tls';
import { HttpConnection } from '../http-connection.js';
import { processorTime } from '../process-figures.js';

export interface Way {
  /** Of the host: `127.0.0.1:port`. */
  readonly host: string;
  /** The proxy's URL; null for no proxy. */
  readonly proxy: string | null;
  /** Whom to trust, in PEM. */
  readonly ca: string;
  /** Of the tunnel, and of the requests in it. */
  readonly tunnelHeaders: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  /** The proxy's process, or the host's. */
  readonly pid: number;
}

export interface Work {
  readonly way: Way;
  readonly what: 'requests' | 'events';
  readonly connections: number;
  /** Requests on all connections together, or streams. */
  readonly count: number;
}

/** What was done, all times in milliseconds. */
export interface Done {
  readonly perSecond: number;
  /** How long each request took; for a stream, until the first byte of its first event. */
  readonly times: readonly number[];
  /** How long each event was on its way. */
  readonly delays: readonly number[];
  /** Processor time of the process for each request, in microseconds. */
  readonly processorTime: number;
}

process.on('message', async (work: Work) => process.send?.(await run(work)));

async function run({ way, what, connections, count }: Work): Promise<Done> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(way)));
  const head = requestOf(way, what === 'events' ? '/events' : '/');
  const times: number[] = [];
  const delays: number[] = [];
  let left = count;
  const before = processorTime(way.pid);
  const begun = performance.now();
  await Promise.all(
    sockets.map(async (socket) => {
      const connection = what === 'requests' ? HttpConnection.over(socket) : null;
      for (; left > 0; ) {
        left -= 1;
        const start = performance.now();
        if (connection === null) {
          times.push((await readEvents(socket, head, delays)) - start);
        } else {
          const { status } = await connection.ask(head);
          if (status !== 200) throw new Error(`a request was answered with ${status}`);
          times.push(performance.now() - start);
        }
      }
    }),
  );
  const seconds = (performance.now() - begun) / 1_000;
  const used = processorTime(way.pid) - before;
  for (const socket of sockets) socket.destroy();
  return { perSecond: count / seconds, times, delays, processorTime: used / count };
}

async function open({ host, proxy, ca, tunnelHeaders }: Way): Promise<TLSSocket> {
  const [name = '', port] = host.split(':');
  const tunnel = proxy === null ? undefined : await tunnelTo(host, proxy, tunnelHeaders);
  const socket = connect({ host: name, port: Number(port), ca, ...(tunnel && { socket: tunnel }) });
  await once(socket, 'secureConnect');
  socket.setNoDelay();
  return socket;
}

async function tunnelTo(host: string, proxy: string, headers: Way['tunnelHeaders']) {
  const asked = request(proxy, { method: 'CONNECT', path: host, headers: { Host: host, ...headers } }).end();
  const [response, socket] = await once(asked, 'connect');
  if (response.statusCode !== 200) throw new Error(`a tunnel was answered with ${response.statusCode}`);
  return socket.setNoDelay();
}

function requestOf({ host, headers }: Way, path: string): string {
  const lines = Object.entries({ Host: host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** Reads one stream to its end. @returns when the first event was here. */
function readEvents(socket: TLSSocket, head: string, delays: number[]): Promise<number> {
  return new Promise((resolve) => {
    let first: number | null = null;
    let received = '';
    let seen = 0;
    socket.setEncoding('latin1');
    const take = (text: string) => {
      received += text;
      const stamps = [...received.matchAll(/data: ([0-9]+)\n\n/g)];
      const now = process.hrtime.bigint();
      for (const [, stamp = ''] of stamps.slice(seen)) delays.push(Number(now - BigInt(stamp)) / 1e6);
      seen = stamps.length;
      if (seen > 0) first ??= performance.now();
      if (first === null || !received.endsWith('\r\n0\r\n\r\n')) return;
      socket.off('data', take);
      resolve(first);
    };
    socket.on('data', take);
    socket.write(head, 'latin1');
  });
}
