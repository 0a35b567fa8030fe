/**
 * What a proxy is measured with and against, each in a process of its own: `host`, an https server; `tunnel`, which joins
 * the two ends of a CONNECT; and `opening`, which ends TLS at both sides as zephr does, and does nothing else. It takes
 * which one it is, and the files of a certificate and its key, and prints its URL.
 */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer, Agent as HttpsAgent } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';

/** Events of a stream, and the time between them in milliseconds. */
const EVENTS = 10;
const EVENT_MS = 5;

const BODY = Buffer.alloc(2_048, 'x');

const [kind = '', certificateFile = '', keyFile = ''] = process.argv.slice(2);
const identity = { cert: readFileSync(certificateFile), key: readFileSync(keyFile) };
const server = serverOf(kind);
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.on('SIGTERM', () => process.exit());
const scheme = kind === 'host' ? 'https' : 'http';
process.stdout.write(`${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}\n`);

function serverOf(which: string): Server {
  if (which === 'host') return createSecureServer({ ...identity, keepAliveTimeout: 60_000 }, answer);
  if (which === 'tunnel') return createServer().on('connect', join);
  if (which === 'opening') return createServer().on('connect', opening());
  throw new Error(`there is no server ${which}`);
}

/** 2 KB, or a stream of events that each say when they were written. */
function answer({ url }: IncomingMessage, response: ServerResponse): void {
  if (url !== '/events') {
    response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': BODY.length }).end(BODY);
    return;
  }
  response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
  let left = EVENTS;
  const next = () => {
    left -= 1;
    response.write(`data: ${process.hrtime.bigint()}\n\n`);
    if (left > 0) setTimeout(next, EVENT_MS);
    else response.end();
  };
  next();
}

function join({ url = '' }: IncomingMessage, socket: Socket): void {
  const [, port] = url.split(':');
  const other = connect(Number(port), '127.0.0.1', () => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    socket.pipe(other).pipe(socket);
  });
  for (const end of [socket, other]) {
    end.setNoDelay();
    end.on('error', () => end.destroy());
  }
}

/** Node's own http and TLS at both sides, and a connection to the host for one of the client. */
function opening(): (message: IncomingMessage, socket: Socket) => void {
  const secureContext = createSecureContext(identity);
  const agents = new WeakMap<object, HttpsAgent>();
  const ports = new WeakMap<object, string>();
  const inner = createServer((message, response) => {
    const { socket, method, url, headers } = message;
    const agent = agents.get(socket) ?? new HttpsAgent({ keepAlive: true, ca: identity.cert });
    agents.set(socket, agent);
    const options = { protocol: 'https:', host: '127.0.0.1', port: ports.get(socket), method, path: url };
    const asked = httpRequest({ ...options, headers, agent }, (answered) => {
      response.writeHead(answered.statusCode ?? 0, answered.rawHeaders);
      response.flushHeaders();
      answered.pipe(response);
    });
    message.pipe(asked);
  });
  return ({ url = '' }, socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    const secured = new TLSSocket(socket, { isServer: true, secureContext });
    secured.on('error', () => socket.destroy());
    secured.once('secure', () => {
      ports.set(secured, url.split(':')[1] ?? '');
      inner.emit('connection', secured);
    });
  };
}
