/** How long a client may take to send the body of a request. */

import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * The deadline for a request's body. At first it is for the whole body. Once a handler reads the body as a stream it
 * is for each silence instead: a large body may take its time as long as bytes keep coming.
 */
export interface BodyDeadline {
  /** From now on the deadline is for the bytes that come next; call it each time some are waited for. */
  expectBytes(): void;
  /** Stops the clock until {@link expectBytes}: while what has come is worked on, the client is not to blame. */
  pause(): void;
}

/** Deadlines in milliseconds. */
export interface BodyTimeouts {
  /** For a whole body, from when the headers are here. */
  readonly wholeMs: number;
  /** For the next bytes of one that is read as a stream. */
  readonly idleMs: number;
}

/** How long a client may take to send what is left of a body after its answer, in milliseconds. */
const LINGER_MS = 5_000;

/** The same bytes that Node sends to a client whose headers are late. */
const TIMED_OUT = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n';

/**
 * Starts the deadline for the body of `incoming`. When it passes, the client gets 408 unless its answer has begun,
 * and the connection is cut: reading the body rejects then.
 * @returns `undefined` for a request without a body.
 */
export function startBodyDeadline(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { wholeMs, idleMs }: BodyTimeouts,
): BodyDeadline | undefined {
  const { headers, socket } = incoming;
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return undefined;
  const cut = () => {
    if (incoming.complete) return;
    if (socket.writable && !outgoing.headersSent) socket.write(TIMED_OUT);
    socket.destroy();
  };
  const start = (ms: number) => setTimeout(cut, ms).unref();
  let timer = start(wholeMs);
  // Once nothing more of the request is to come, because all is here or the connection has gone.
  incoming.on('close', () => clearTimeout(timer));
  // A client that is not done sending may not read its answer yet: what it still sends is thrown away for a while.
  outgoing.on('finish', () => {
    if (incoming.complete) return;
    clearTimeout(timer);
    timer = start(LINGER_MS);
    incoming.resume();
  });
  return {
    expectBytes() {
      clearTimeout(timer);
      if (!incoming.destroyed) timer = start(idleMs);
    },
    pause() {
      clearTimeout(timer);
    },
  };
}
