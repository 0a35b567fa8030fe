/** `zephr/testing`: a server in memory behind a `fetch`, and a vault without values, for tests of programs that use zephr. */

import type { Fetch } from './client/transport/fetch.js';
import { createApp } from './server/app.js';
import { fetchFrom } from './server/fetch.js';
import { MemoryStore } from './server/store/memory/store.js';

export {
  createTestVault,
  type RecordedCall,
  type RecordedRun,
  type TestAnswer,
  type TestBinding,
  type TestVault,
  type TestVaultOptions,
} from './cli/sdk/mock.js';

/** A zephr server without a socket. Everything in it is gone with it. */
export interface TestServer {
  /** Its URL, to pass on as `server`. Links name it, and only {@link TestServer.fetch} reaches it. */
  readonly server: string;
  /** Pass it on as `fetch`. It answers as a real server does, for both versions of the protocol. */
  readonly fetch: Fetch;
  /** Moves the server's clock forward, in milliseconds: past an expiry, say. Its clock runs by itself as well. */
  advance(milliseconds: number): void;
}

/**
 * Starts a server for a test.
 * @example
 * const { server, fetch } = createTestServer();
 * const created = await createSecret('hunter2', { server, fetch });
 */
export function createTestServer(): TestServer {
  const server = 'https://zephr.test';
  let ahead = 0;
  const now = () => Date.now() + ahead;
  const app = createApp({
    store: new MemoryStore('zephr/testing'),
    access: 'open',
    rateLimit: 0,
    version: 'testing',
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    now,
  });
  return {
    server,
    fetch: async (url, init) => {
      init.signal.throwIfAborted();
      if (new URL(url).origin !== server) throw new TypeError(`only ${server} is reached by this fetch`);
      return fetchFrom(app, url, init, '127.0.0.1');
    },
    advance(milliseconds) {
      ahead += milliseconds;
    },
  };
}
