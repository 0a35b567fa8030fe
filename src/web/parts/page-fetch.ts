/**
 * The `fetch` of the page's requests. From the `Date` of the answers it takes what time it is at the server: the clock of
 * a visitor's device may be wrong.
 */

import type { Fetch } from '../../client/transport/fetch.js';

/** `Date` has whole seconds, and an answer takes its time to arrive: less than this is no difference, in ms. */
const TOLERANCE_MS = 5_000;

let aheadMs = 0;

/** How long a chunk of a file waits for the network to come back, in milliseconds: about as long as a lease. */
export const OUTAGE_MS = 9 * 60_000;

/** How long it waits between two tries, in milliseconds. */
export const PAUSE_MS = 2_000;

/**
 * Sends the page's requests, and takes the time from the answers. What is deleted is so even if the page is left. A
 * chunk that is sent goes on by itself when the connection was lost and is back: its request may be repeated.
 */
export const fetchFromServer: Fetch = async (url, init) => {
  const end = Date.now() + (init.method === 'PUT' ? OUTAGE_MS : 0);
  for (;;) {
    try {
      return await fetchOnce(url, init);
    } catch (error) {
      // Only `TypeError` is the network's (Fetch, section 4.1).
      if (!(error instanceof TypeError) || Date.now() >= end || init.signal?.aborted) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
};

const fetchOnce: Fetch = async (url, init) => {
  const answer = await fetch(url, { ...init, keepalive: init.method === 'DELETE' });
  const date = Date.parse(answer.headers.get('Date') ?? '');
  const ahead = date - Date.now();
  if (!Number.isNaN(ahead)) aheadMs = Math.abs(ahead) > TOLERANCE_MS ? ahead : 0;
  return answer;
};

/** The server's time as far as it is known, in milliseconds since 1970. */
export function serverNow(): number {
  return Date.now() + aheadMs;
}
