/** The bar that shows how much of some files has been sent, and the button that stops sending them. */

import { byId, showText } from '../parts/elements.js';
import { formatSize } from '../parts/format.js';
import { translate } from '../parts/language.js';

/** A send that is under way: what the client needs to report and to stop it. */
export interface Sending {
  readonly signal: AbortSignal;
  readonly onProgress: (sentBytes: number) => void;
}

/** The bar. It is hidden while nothing is sent. */
export class SendProgress {
  readonly #box = byId('create-progress', HTMLElement);
  readonly #bar = byId('create-progress-bar', HTMLProgressElement);
  readonly #text = byId('create-progress-text', HTMLElement);
  #running = new AbortController();

  constructor() {
    byId('create-cancel', HTMLButtonElement).addEventListener('click', () => this.#running.abort());
  }

  /** Whether the visitor has stopped what was sent last. */
  get isCancelled(): boolean {
    return this.#running.signal.aborted;
  }

  /** Begins anew. @param total bytes to send; without files (0) nothing is shown. */
  start(total: number): Sending {
    this.#running = new AbortController();
    this.#box.hidden = total === 0;
    this.#bar.max = total;
    const onProgress = (sent: number) => {
      // What is sent is padded: in the end it is more than was chosen.
      const done = Math.min(sent, total);
      this.#bar.value = done;
      const values = { sent: formatSize(done), size: formatSize(total) };
      showText(this.#text, translate('create.progress', values));
    };
    onProgress(0);
    return { signal: this.#running.signal, onProgress };
  }

  /** Hides the bar. */
  stop(): void {
    this.#box.hidden = true;
  }
}
