/** Buttons that copy a text to the clipboard, or hand it to another program. */

import { byId } from '../elements.js';
import { translate } from '../language.js';

/** How long a button says that it has copied, in milliseconds. */
const COPIED_MS = 2_500;

/** What a button copies. */
export interface CopySource {
  /** The element that holds the text. */
  readonly element: HTMLElement;
  /** Makes the element visible where it is not, so that its text can be selected. */
  readonly show?: () => void;
}

/**
 * Makes the button with an id copy the text of an element. The button itself says that it has, keeping its size: that is
 * where the eyes are, and on a phone the finger. The live region for screen readers, and for what went wrong, has the id
 * with `-result` at its end. Where the browser does not let pages copy, the text is selected, for the visitor to copy.
 * Whatever way all of it is selected and copied, exactly the text comes out, without a line end of the page's making.
 * @param onCopied is called when the whole text was copied, with the button or by hand.
 */
export function copyButton(id: string, { element, show }: CopySource, onCopied: () => void): void {
  const button = byId(id, HTMLButtonElement);
  const result = byId(`${id}-result`, HTMLElement);
  let restore: (() => void) | undefined;
  const say = (text: string, forEyes: boolean) => {
    result.textContent = text;
    result.classList.toggle('for-ears', !forEyes);
  };
  const sayCopied = () => {
    restore?.();
    const before = button.textContent;
    button.style.minInlineSize = `${button.offsetWidth}px`;
    button.textContent = translate('button.copied');
    button.classList.add('done');
    say(translate('button.copied'), false);
    const timer = setTimeout(() => restore?.(), COPIED_MS);
    restore = () => {
      clearTimeout(timer);
      restore = undefined;
      button.textContent = before;
      button.classList.remove('done');
      button.style.minInlineSize = '';
      say('', false);
    };
  };
  button.addEventListener('click', async () => {
    if (await copy(element.textContent)) {
      sayCopied();
      onCopied();
      return;
    }
    // The user or the administrator of the browser does not allow it.
    restore?.();
    show?.();
    getSelection()?.selectAllChildren(element);
    say(translate(matchMedia('(pointer: coarse)').matches ? 'button.copyByMenu' : 'button.copyByKeys'), true);
  });
  document.addEventListener('copy', (event) => {
    const selected = getSelection()?.toString() ?? '';
    const text = element.textContent;
    if (text === '' || !selected.includes(text.trim())) return;
    if (selected.trim() === text.trim()) {
      event.clipboardData?.setData('text/plain', text);
      event.preventDefault();
    }
    onCopied();
  });
}

/**
 * Prepares the place of the receipt link of a secret that was just sent, with its button.
 * @param isOpen whether it is in sight at once: where there is nothing else to do.
 * @returns a function that shows a link; nothing where the server keeps no receipt.
 */
export function startReceiptLink(isOpen: boolean): (receiptLink: string | undefined) => void {
  const part = byId('receipt-link-part', HTMLDetailsElement);
  const place = byId('receipt-link', HTMLElement);
  part.open = isOpen;
  copyButton('copy-receipt', { element: place }, () => undefined);
  return (receiptLink) => {
    place.textContent = receiptLink ?? '';
    part.hidden = receiptLink === undefined;
  };
}

/**
 * Makes the button with an id hand the text of an element to another program, where the system lets pages do that; where
 * not, the button stays hidden. Nothing but the text goes along.
 * @param onShared is called when the visitor has chosen where to.
 */
export function shareButton(id: string, element: HTMLElement, onShared: () => void): void {
  if (!('share' in navigator)) return;
  const button = byId(id, HTMLButtonElement);
  button.hidden = false;
  button.addEventListener('click', async () => {
    try {
      await navigator.share({ text: element.textContent });
    } catch (error) {
      // The visitor has changed their mind, or the system has nothing to share with.
      if (error instanceof DOMException) return;
      throw error;
    }
    onShared();
  });
}

/** Copies a text. @returns whether the browser let it happen. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyByEvent(text);
  }
}

/** The older way, which some browsers allow where they do not allow the other. */
function copyByEvent(text: string): boolean {
  let copied = false;
  const fill = (event: ClipboardEvent) => {
    event.clipboardData?.setData('text/plain', text);
    event.preventDefault();
    event.stopImmediatePropagation();
    copied = true;
  };
  addEventListener('copy', fill, { capture: true });
  try {
    return document.execCommand('copy') && copied;
  } finally {
    removeEventListener('copy', fill, { capture: true });
  }
}
