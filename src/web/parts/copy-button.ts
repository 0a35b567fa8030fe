/** Buttons that copy a text to the clipboard. */

import { byId } from './elements.js';
import { translate } from './language.js';

/** How long the page says that it has copied, in milliseconds. */
const COPIED_MS = 2_500;

/**
 * Makes the button with an id copy the text of `source`. The id of the live region that says how it went ends in
 * `-result`. Where the browser does not let pages copy, the text is selected instead, for the keyboard to copy.
 * @param onCopied is called when the whole text was copied, with the button or with the keyboard.
 */
export function copyButton(id: string, source: HTMLElement, onCopied: () => void): void {
  const button = byId(id, HTMLButtonElement);
  const result = byId(`${id}-result`, HTMLElement);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const report = (text: string, copied: boolean) => {
    result.textContent = text;
    button.classList.toggle('done', copied);
  };
  button.addEventListener('click', async () => {
    clearTimeout(timer);
    try {
      await navigator.clipboard.writeText(source.textContent);
    } catch {
      // The user or the administrator of the browser does not allow it.
      getSelection()?.selectAllChildren(source);
      report(translate('button.copyFailed'), false);
      return;
    }
    report(translate('button.copied'), true);
    timer = setTimeout(() => report('', false), COPIED_MS);
    onCopied();
  });
  document.addEventListener('copy', () => {
    if (source.textContent !== '' && getSelection()?.toString().includes(source.textContent.trim()))
      onCopied();
  });
}
