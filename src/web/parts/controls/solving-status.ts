/** Saying that the browser solves a puzzle of the server's (core/protocol/PROTOCOL.md section 9), as long as it does. */

import type { Fetch } from '../../../client/transport/fetch.js';
import { showText } from '../elements.js';
import { translate } from '../language.js';
import { fetchFromServer } from '../page-fetch.js';

/** A status that says so from asking for the puzzle until the next request, which brings its solution. */
export class SolvingStatus {
  readonly #status: HTMLElement;
  readonly #textAfter: () => string;

  /** @param textAfter what it says then. */
  constructor(status: HTMLElement, textAfter: () => string) {
    this.#status = status;
    this.#textAfter = textAfter;
  }

  /** Sends requests to the server, and watches for the one for a puzzle. */
  readonly fetch: Fetch = (url, init) => {
    if (url.endsWith('/captcha')) showText(this.#status, translate('reveal.puzzle'));
    else this.end();
    return fetchFromServer(url, init);
  };

  /** Says it no more: what was asked for is over. */
  end(): void {
    if (this.#status.textContent === translate('reveal.puzzle')) showText(this.#status, this.#textAfter());
  }
}
