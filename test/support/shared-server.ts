/** One server for all the tests of a file, and shell sessions that use it. */

import { afterAll, beforeAll } from 'vitest';
import { type ServerProcess, startServerProcess } from './server.js';
import { openSession, type Session } from './session.js';

export interface SharedServer {
  /** Known once the tests run. */
  readonly url: string;
  /** A session that ends with its test, in which `zephr` uses the server unless `env` says otherwise. */
  readonly session: (env?: NodeJS.ProcessEnv) => Session;
}

/** Has a server started before the first test and stopped after the last. */
export function sharedServer(): SharedServer {
  let server: ServerProcess | undefined;
  beforeAll(async () => {
    server = await startServerProcess();
  });
  afterAll(async () => {
    await server?.stop();
  });
  const url = () => {
    if (server === undefined) throw new Error('the server is started before the first test');
    return server.url;
  };
  return {
    get url() {
      return url();
    },
    session: (env = {}) => openSession({ ZEPHR_SERVER: url(), ...env }),
  };
}
