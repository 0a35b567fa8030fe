/** Asks before the visitor leaves, while the page shows something that would be lost with it. */

import { byId } from './elements.js';
import { type PlainKey, translate } from './language.js';

/** What the visitor would lose. The texts of the question have the keys `leave.{name}` and `leave.{name}Text`. */
export type Unsaved =
  Extract<PlainKey, `leave.${string}Text`> extends `leave.${infer Name}Text` ? Name : never;

/** The guards that ask now. */
const active = new Set<LeaveGuard>();

/** Resolves with whether the visitor wants to leave: at once if there is nothing to lose, else as they answer. */
export async function confirmLeaving(): Promise<boolean> {
  for (const guard of active) if (!(await guard.confirm())) return false;
  return true;
}

/**
 * Guards one thing on the page from `start` until it is released. Reloading, closing and the back button bring up the browser's
 * own question, where the browser has one; the page's links bring up the page's.
 */
export class LeaveGuard {
  readonly #unsaved: Unsaved;
  readonly #onRelease: () => void;

  /** @param onRelease is called when it was released, or the visitor has said to lose it. */
  constructor(unsaved: Unsaved, onRelease: () => void = () => undefined) {
    this.#unsaved = unsaved;
    this.#onRelease = onRelease;
  }

  start(): void {
    active.add(this);
    addEventListener('beforeunload', this.#warn);
    document.addEventListener('click', this.#holdLink);
  }

  /** Asks no more: it is kept elsewhere, or not wanted. */
  release(): void {
    if (!active.delete(this)) return;
    removeEventListener('beforeunload', this.#warn);
    document.removeEventListener('click', this.#holdLink);
    this.#onRelease();
  }

  /** Resolves with whether to go on: at once if there is nothing to lose, else as the visitor answers the question. */
  async confirm(): Promise<boolean> {
    if (!active.has(this)) return true;
    const goesOn = await ask(this.#unsaved);
    if (goesOn) this.release();
    return goesOn;
  }

  readonly #warn = (event: Event): void => event.preventDefault();

  /** Holds a click on a link that would lead away from this document, and repeats it once that is confirmed. */
  readonly #holdLink = (event: MouseEvent): void => {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link === null || opensElsewhere(event) || /^(#|mailto:)/.test(link.getAttribute('href') ?? ''))
      return;
    event.preventDefault();
    void this.confirm().then((leaves) => {
      if (leaves) link.click();
    });
  };
}

/** Whether a click opens its link in another tab or window, which loses nothing. */
function opensElsewhere({ ctrlKey, metaKey, shiftKey }: MouseEvent): boolean {
  return ctrlKey || metaKey || shiftKey;
}

/** Asks in a dialog. Resolves with whether the visitor leaves; Escape stays. */
function ask(unsaved: Unsaved): Promise<boolean> {
  const dialog = byId('leave', HTMLDialogElement);
  byId('leave-heading', HTMLElement).textContent = translate(`leave.${unsaved}`);
  byId('leave-text', HTMLElement).textContent = translate(`leave.${unsaved}Text`);
  let leaves = false;
  byId('leave-no', HTMLButtonElement).onclick = () => dialog.close();
  byId('leave-yes', HTMLButtonElement).onclick = () => {
    leaves = true;
    dialog.close();
  };
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(leaves), { once: true });
  });
}
