/**
 * The clock of a server, as its replies tell it in `Date` (RFC 9110 section 6.6.1). A time that a server names, such as an
 * expiry, is so many minutes away by the server's own clock, however wrong the clock of this machine is.
 */

/** A reply, as far as the time in it is concerned. */
interface Dated {
  readonly headers: { get(name: string): string | null };
}

export interface ServerClock {
  /** Milliseconds since 1970 by the server that answered last; by this machine where none has said it. */
  now(): number;
  /** A time of the server's, as this machine's clock will show it: milliseconds since 1970. */
  toLocal(serverTime: number): number;
}

/** `Date` has whole seconds, and a reply takes a while: clocks that differ by less are not told apart, in milliseconds. */
const TOLERANCE_MS = 2000;

/** What `Date` leaves out at most, in milliseconds. */
const LAST_OF_SECOND_MS = 999;

/**
 * Watches a fetch for the time in its replies.
 * @returns the fetch to use in its place, and the clock.
 */
export function withServerClock<Init, Reply extends Dated>(
  fetch: (url: string, init: Init) => Promise<Reply>,
): { fetch: (url: string, init: Init) => Promise<Reply>; clock: ServerClock } {
  let aheadMs = 0;
  return {
    async fetch(url, init) {
      const reply = await fetch(url, init);
      const date = Date.parse(reply.headers.get('date') ?? '');
      // The server cut its time off at the second: the latest it can have meant leaves its deadlines no later than they are.
      const difference = date + LAST_OF_SECOND_MS - Date.now();
      if (!Number.isNaN(date)) aheadMs = Math.abs(difference) > TOLERANCE_MS ? difference : 0;
      return reply;
    },
    clock: {
      now: () => Date.now() + aheadMs,
      toLocal: (serverTime) => serverTime - aheadMs,
    },
  };
}
