/** Buttons that put text on the clipboard. */

import { byId } from './elements.js';
import { say } from './language.js';

/** How long a button says that it has copied, in milliseconds. */
const SAID_MS = 2_500;

/**
 * Makes the button with an id copy; the live region for how it went has `-said` behind the id.
 * @param shown the element whose text it copies. It is selected when the browser does not let pages copy.
 */
export function copyButton(id: string, shown: HTMLElement): void {
  const button = byId(id, HTMLButtonElement);
  const said = byId(`${id}-said`, HTMLElement);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const report = (words: string, done: boolean) => {
    said.textContent = words;
    button.classList.toggle('done', done);
  };
  button.addEventListener('click', async () => {
    clearTimeout(timer);
    try {
      await navigator.clipboard.writeText(shown.textContent);
      report(say('copy.done'), true);
      timer = setTimeout(() => report('', false), SAID_MS);
    } catch {
      // Refused by the user or by whoever set the browser up: the keyboard still can.
      getSelection()?.selectAllChildren(shown);
      report(say('copy.failed'), false);
    }
  });
}
