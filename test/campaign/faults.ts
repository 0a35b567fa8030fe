/** What goes wrong: each fault strikes, lasts, and is over again. */

import { type CuttingProxy, spoilAny } from './cutting-proxy.js';
import type { PostgresUnderTest } from './postgres-under-test.js';
import type { Random } from './random.js';
import type { Health, Receiver } from './receiver.js';
import type { ServerUnderTest } from './server-under-test.js';
import type { SmallDisk } from './small-disk.js';
import { stallReaders } from './stalled-readers.js';

/** Something that goes wrong. */
export interface Fault {
  readonly name: string;
  /** What it befalls: of two that befall the same, one waits for the other's end. */
  readonly befalls: string;
  /** Begins. @returns what ends it; when that resolves, what it befell works again, or soon will. */
  strike(random: Random): Promise<() => Promise<void>>;
}

/** What can be befallen. */
export interface Victims {
  readonly servers: readonly ServerUnderTest[];
  readonly receivers: readonly Receiver[];
  readonly disk: SmallDisk;
  /** With PostgreSQL: it, and what is between it and the servers. */
  readonly postgres: { readonly server: PostgresUnderTest; readonly proxies: readonly CuttingProxy[] } | null;
}

/** Most that a clock is wrong, in milliseconds. */
const WRONG_MS = 20 * 60_000;

/** Of connections while they are cut. */
const CUT = 0.4;

/** A request and its answer are mostly shorter than this, in bytes; what goes to a database and back is a stream. */
const EXCHANGE_BYTES = 1_500;
const STREAM_BYTES = 30_000;

/** Every fault that can befall them. */
export function faultsOf({ servers, receivers, disk, postgres }: Victims): Fault[] {
  return [
    ...servers.flatMap((server) => [
      killed(server),
      restarted(server),
      frozen(server),
      cut('client connections cut', server.proxy, `the way to ${server.name}`, EXCHANGE_BYTES),
      clockStepped(server),
      readersStalled(server),
    ]),
    ...receivers.map((receiver, index) => ill(receiver, index)),
    ...(disk.unfillable === null ? [full(disk)] : []),
    ...(postgres === null
      ? []
      : [
          stopped(postgres.server, 'fast'),
          stopped(postgres.server, 'immediate'),
          ...postgres.proxies.map((proxy, index) =>
            cut('database connections cut', proxy, `the way to PostgreSQL from ${index}`, STREAM_BYTES),
          ),
        ]),
  ];
}

function killed(server: ServerUnderTest): Fault {
  return {
    name: 'server killed (SIGKILL)',
    befalls: `server ${server.name}`,
    async strike() {
      await server.end('SIGKILL');
      return () => server.start();
    },
  };
}

function restarted(server: ServerUnderTest): Fault {
  return {
    name: 'server restarted (SIGTERM)',
    befalls: `server ${server.name}`,
    async strike() {
      await server.end('SIGTERM');
      return () => server.start();
    },
  };
}

function frozen(server: ServerUnderTest): Fault {
  return {
    name: 'server frozen (SIGSTOP)',
    befalls: `server ${server.name}`,
    async strike() {
      server.freeze(true);
      return async () => server.freeze(false);
    },
  };
}

/** What is due to readers who do not take it must not end the server: it would be noted as a collapse. */
function readersStalled(server: ServerUnderTest): Fault {
  return {
    name: 'readers pipeline and stall',
    befalls: `readers of ${server.name}`,
    async strike() {
      const port = server.proxy.target;
      const sockets = port === null ? [] : await stallReaders(port);
      return async () => {
        for (const socket of sockets) socket.destroy();
      };
    },
  };
}

/**
 * The server keeps the wrong time for a while, and then has the right one again or keeps the wrong one; not where its
 * store has a clock, for then it answers nobody until it has the right one.
 */
function clockStepped(server: ServerUnderTest): Fault {
  return {
    name: 'clock stepped',
    befalls: `server ${server.name}`,
    async strike(random) {
      await server.setClock(random.whole(-WRONG_MS, WRONG_MS));
      return async () => {
        if (server.byStore || random.chance(0.5)) await server.setClock(0);
      };
    },
  };
}

/** Those that are open are reset, and of those that come many are spoilt. */
function cut(name: string, proxy: CuttingProxy, befalls: string, bytes: number): Fault {
  return {
    name,
    befalls,
    async strike(random) {
      const spoil = spoilAny(random, bytes);
      proxy.spoiler = () => (random.chance(CUT) ? spoil() : null);
      proxy.reset();
      return async () => {
        proxy.spoiler = null;
        // What was swallowed would wait without end.
        proxy.reset();
      };
    },
  };
}

function ill(receiver: Receiver, index: number): Fault {
  return {
    name: 'webhook receiver ill',
    befalls: `receiver ${index}`,
    async strike(random) {
      await receiver.turn(random.pick<Health>(['fails', 'hangs', 'dead']));
      return () => receiver.turn('well');
    },
  };
}

function full(disk: SmallDisk): Fault {
  return {
    name: 'disk full',
    befalls: 'disk',
    async strike() {
      disk.fill();
      return async () => disk.free();
    },
  };
}

function stopped(postgres: PostgresUnderTest, how: 'fast' | 'immediate'): Fault {
  return {
    name: how === 'fast' ? 'PostgreSQL restarted' : 'PostgreSQL crashed (SIGQUIT)',
    befalls: 'PostgreSQL',
    async strike() {
      await postgres.stop(how);
      return () => postgres.start();
    },
  };
}
