/**
 * The `fetch` of the page's requests. From the `Date` of the answers it takes what time it is at the server: the clock of
 * a visitor's device may be wrong.
 */

import type { Fetch } from '../../client/transport/fetch.js';

/** `Date` has whole seconds, and an answer takes its time to arrive: less than this is no difference, in ms. */
const TOLERANCE_MS = 5_000;

let aheadMs = 0;

/** Sends the page's requests, and takes the time from the answers. What is deleted is so even if the page is left. */
export const fetchFromServer: Fetch = async (url, init) => {
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
