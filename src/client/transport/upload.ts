/** A request's body that is sent as a stream. */

import type { Deadline } from './deadline.js';

/**
 * The most bytes that fetch gets at a time. The idle time starts anew with each piece, so that a slow connection does
 * not look idle while one long piece goes out.
 */
const MAX_PIECE_BYTES = 65_536;

/** A stream on its way to the server. */
export interface Upload {
  /** What fetch is given to send. */
  readonly body: ReadableStream<Uint8Array>;
  /** The error of the source, if it failed: fetch would pass it on as one of the network. */
  failure(): { readonly cause: unknown } | undefined;
  /** Cancels the source. A body that was not sent to its end breaks off, so that it does not look complete. */
  close(): void;
}

/**
 * Starts to send `source`. While its next bytes are waited for, `deadline` pauses: only the network counts as idle.
 * @throws TypeError when the source has another reader.
 */
export function startUpload(source: ReadableStream<Uint8Array>, deadline: Deadline): Upload {
  const reader = source.getReader();
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let rest: Uint8Array = new Uint8Array();
  let failure: ReturnType<Upload['failure']>;
  let closed = false;

  async function nextPiece(): Promise<Uint8Array | undefined> {
    while (rest.length === 0) {
      const { done, value } = await reader.read();
      if (done) return undefined;
      rest = value;
    }
    const piece = rest.subarray(0, MAX_PIECE_BYTES);
    rest = rest.subarray(MAX_PIECE_BYTES);
    return piece;
  }

  const body = new ReadableStream<Uint8Array>(
    {
      start(given) {
        controller = given;
      },
      async pull(to) {
        deadline.pause();
        try {
          const piece = await nextPiece();
          if (closed) return;
          if (piece === undefined) to.close();
          else to.enqueue(piece);
        } catch (cause) {
          failure = { cause };
          throw cause;
        } finally {
          if (!closed) deadline.restart();
        }
      },
      cancel: close,
    },
    // Nothing is read ahead: fetch asks for a piece when the one before is on its way.
    { highWaterMark: 0 },
  );

  function close(): void {
    closed = true;
    controller?.error(new Error('the request has ended'));
    // A source that cannot be cancelled has failed already, and is not needed any more.
    reader.cancel().catch(() => undefined);
  }

  return { body, failure: () => failure, close };
}
