/** Answers with statuses that no server gives, over real sockets: each is a documented error, and is asked for once or thrice. */

import { describe, expect, it } from 'vitest';
import type { Fetch } from '../../src/client/transport/fetch.js';
import { createSecret, NetworkError, readSecret } from '../../src/index.js';
import { nodeFetch } from '../../src/net/http.js';
import { tcpHost } from '../support/hosts.js';

const NO_ZEPHR = 'INVALID_REPLY';
const LOST = 'CONNECTION_LOST';

/** The beginning of an answer, and what comes of it. */
const HEADS: readonly (readonly [string, string])[] = [
  ['HTTP/1.1 099 Odd', NO_ZEPHR],
  ['HTTP/1.1 000 Odd', NO_ZEPHR],
  ['HTTP/1.1 20 Odd', NO_ZEPHR],
  ['HTTP/1.1 1000 Odd', NO_ZEPHR],
  ['HTTP/1.1 abc Odd', NO_ZEPHR],
  ['HTTP/1.1 600 Odd', NO_ZEPHR],
  ['HTTP/1.1 999 Odd', NO_ZEPHR],
  ['HTTP/2 200', NO_ZEPHR],
  ['ICY 200 OK', NO_ZEPHR],
  // An interim answer, after which none comes.
  ['HTTP/1.1 100 Continue', LOST],
  ['HTTP/1.1 102 Processing', LOST],
  ['HTTP/1.1 103 Early Hints', LOST],
  ['HTTP/1.1 199 Odd', LOST],
  ['HTTP/1.1 204 No Content', NO_ZEPHR],
  ['HTTP/1.1 205 Reset Content', NO_ZEPHR],
  ['HTTP/1.1 304 Not Modified', 'REDIRECTED'],
  ['HTTP/1.1 200 OK\r\nContent-Length: -1', NO_ZEPHR],
  ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6', NO_ZEPHR],
];

const FETCHES: Readonly<Record<string, Fetch | undefined>> = {
  "Node's fetch": undefined,
  "the command's": nodeFetch,
};

describe.each(Object.entries(FETCHES))('with %s', (_, fetch) => {
  it.each(HEADS)('%j is %s', async (head, code) => {
    let asked = 0;
    const server = await tcpHost((socket) => {
      socket.once('data', () => {
        asked += 1;
        socket.end(`${head}\r\n\r\n`);
      });
    });
    const options = fetch === undefined ? {} : { fetch };
    const link = `${server}/secret/${'A'.repeat(22)}#v2.${'A'.repeat(43)}`;
    const calls = [() => createSecret('x', { server, ...options }), () => readSecret(link, options)];
    for (const call of calls) {
      const error: unknown = await call().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(NetworkError);
      expect(error).toMatchObject({ code });
    }
    // What is decided is asked for once; what was lost may be had again.
    expect(asked).toBe(code === LOST ? 6 : 2);
  });
});
