/** A TCP proxy that spoils connections: what is between a client and a server, or a server and its database. */

import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Random } from './random.js';

/** What happens to one connection. Bytes are counted in the direction that is spoilt. */
export type Spoiling =
  /** Reset before a byte went on. */
  | { readonly how: 'refuse' }
  /** Reset on both sides once so many bytes went through: `out` to the server, `back` to the client. */
  | { readonly how: 'cut'; readonly way: 'out' | 'back'; readonly bytes: number }
  /** One side is told that no more will come, though the other still speaks. */
  | { readonly how: 'half-close'; readonly way: 'out' | 'back'; readonly bytes: number }
  /** From then on nothing goes through, and nobody is told. */
  | { readonly how: 'swallow'; readonly way: 'out' | 'back'; readonly bytes: number }
  /** Each piece waits, in milliseconds. */
  | { readonly how: 'delay'; readonly ms: number };

/** Chooses what happens to the next connection; `null` for nothing. */
export type Spoiler = () => Spoiling | null;

/** Spoils any connection in any way, within so many bytes (1 or more). */
export function spoilAny(random: Random, bytes: number): Spoiler {
  return () => {
    const way = random.pick(['out', 'back']);
    const how = random.pick(['refuse', 'cut', 'cut', 'cut', 'half-close', 'swallow', 'delay']);
    if (how === 'refuse') return { how };
    if (how === 'delay') return { how, ms: random.whole(5, 400) };
    return { how, way, bytes: random.whole(1, bytes) };
  };
}

const LOOPBACK = '127.0.0.1';

/** The name of a connection's end. */
export function endOf(address: string | undefined, port: number | undefined): string {
  return `${address}:${port}`;
}

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

/** What became of a connection. */
export interface ConnectionFate {
  /** Whether the target can have had a byte. */
  readonly passed: boolean;
  readonly spoilt: boolean;
}

interface Fate {
  readonly accepted: number;
  passed: boolean;
  readonly spoilt: boolean;
  /** Whether its client has given up. */
  over: boolean;
}

/** Passes connections on to whatever port is the target when they come. */
export class CuttingProxy {
  /** Where to; `null` while nobody is there. */
  target: number | null = null;
  spoiler: Spoiler | null = null;
  /** Connections spoilt so far, by how. */
  readonly spoilt = new Map<string, number>();
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  /** By the client's address and port: of connections that are open, or were not asked after yet. */
  readonly #fates = new Map<string, Fate>();

  constructor() {
    this.#server = createServer({ allowHalfOpen: true }, (near) => this.#accept(near));
  }

  /** Listens on a free port of loopback, and gives it. */
  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this.port;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /**
   * What became of a connection. Ask once, when it is over: should the proxy come across it only later, it passes
   * nothing on.
   * @param client from where it came, as {@link endOf} names it.
   * @param since when it was begun at the earliest, by `performance.now()`: ports are used again.
   */
  fateOf(client: string, since: number): ConnectionFate {
    const fate = this.#fates.get(client);
    if (fate === undefined || fate.accepted < since) {
      const never = { accepted: performance.now(), passed: false, spoilt: true, over: true };
      this.#fates.set(client, never);
      return never;
    }
    fate.over = true;
    this.#fates.delete(client);
    return fate;
  }

  /** Resets all connections. */
  reset(): void {
    for (const pair of this.#pairs) reset(pair);
  }

  async close(): Promise<void> {
    this.reset();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(near: Socket): void {
    const { target } = this;
    const spoiling = this.spoiler?.() ?? null;
    near.on('error', () => undefined);
    if (spoiling !== null) this.spoilt.set(spoiling.how, (this.spoilt.get(spoiling.how) ?? 0) + 1);
    // Without a port it was reset before it was heard.
    const { remotePort, remoteAddress } = near;
    const client = endOf(remoteAddress, remotePort);
    const over = remotePort === undefined || this.#fates.get(client)?.over === true;
    this.#fates.delete(client);
    if (over || target === null || spoiling?.how === 'refuse') {
      cutOff(near);
      return;
    }
    const far = connect({
      port: target,
      host: '127.0.0.1',
      allowHalfOpen: true,
      noDelay: true,
      // The server is to see where a client comes from.
      ...(remoteAddress === undefined || remoteAddress === LOOPBACK ? {} : { localAddress: remoteAddress }),
    });
    near.setNoDelay(true);
    const pair = { near, far };
    this.#pairs.add(pair);
    far.on('error', () => cutOff(near));
    near.on('close', () => {
      this.#pairs.delete(pair);
      far.destroy();
    });
    // What the target said last still goes on.
    far.on('close', () => near.end());
    const fate = { accepted: performance.now(), passed: false, spoilt: spoiling !== null, over: false };
    this.#fates.set(client, fate);
    const mayPass = () => {
      if (!fate.over) fate.passed = true;
      return !fate.over;
    };
    pass(pair, 'out', spoiling, mayPass);
    pass(pair, 'back', spoiling, () => true);
  }
}

/** Passes one direction on, until it is spoilt. */
function pass(pair: Pair, way: 'out' | 'back', spoiling: Spoiling | null, mayPass: () => boolean): void {
  const [source, sink] = way === 'out' ? [pair.near, pair.far] : [pair.far, pair.near];
  const limit = spoiling !== null && 'way' in spoiling && spoiling.way === way ? spoiling : null;
  const delay = spoiling?.how === 'delay' ? spoiling.ms : 0;
  let left = limit?.bytes ?? Number.POSITIVE_INFINITY;
  const write = (chunk: Buffer) => {
    if (sink.destroyed || sink.writableEnded || !mayPass()) return;
    if (!sink.write(chunk)) {
      source.pause();
      sink.once('drain', () => source.resume());
    }
  };
  const later = (work: () => void) => {
    if (delay === 0) work();
    else setTimeout(work, delay).unref();
  };
  source.on('data', (chunk: Buffer) => {
    if (left <= 0) return;
    const part = chunk.subarray(0, left);
    left -= chunk.length;
    later(() => write(part));
    if (left > 0) return;
    if (limit?.how === 'cut') reset(pair);
    else if (limit?.how === 'half-close') sink.end();
  });
  source.on('end', () => {
    if (limit?.how !== 'swallow' || left > 0) later(() => sink.end());
  });
}

function reset({ near, far }: Pair): void {
  cutOff(near);
  cutOff(far);
}

/** Resets a connection. What is being made, or was ended already, Node can't reset: it would never close that. */
export function cutOff(socket: Socket): void {
  if (socket.connecting || socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
