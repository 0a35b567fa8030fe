/** A whole server: a store, an app, a port and maintenance, started and stopped in order. */

import { createApp } from './app.js';
import type { Access } from './callers.js';
import { listen } from './listen.js';
import { createLog } from './log.js';
import { startMaintenance } from './maintenance.js';
import { openStore } from './store/open-store.js';

/** What an operator decides. */
export interface ServerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** `memory:`, or the path of an SQLite file. */
  readonly store: string;
  readonly access: Access;
  /** The package's version, which health tells. */
  readonly version: string;
  /** Takes one line of the log, JSON without a newline. */
  readonly log: (line: string) => void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** A server that answers. */
export interface RunningServer {
  /** Origin, such as `http://127.0.0.1:8787`. */
  readonly url: string;
  /** Finishes what is under way (at most 10 s) and lets go of port and store. */
  close(): Promise<void>;
}

/**
 * Starts a server; when this resolves it answers.
 * @throws ZephrError as opening the store and listening do. Nothing is left open then.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host, port, access, version, now = Date.now } = options;
  const log = createLog(options.log, now);
  const store = await openStore(options.store);
  const app = createApp({ store, access, version, log, now });
  const listener = await listen(app, { host, port }).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const maintenance = startMaintenance(store, log, now);
  log.info('ready', { version, access });
  return {
    url: listener.url,
    async close() {
      await listener.close();
      await maintenance.stop();
      await store.close();
      log.info('closed');
    },
  };
}
