/** Buttons that show and hide what an element holds: a passphrase while it is typed, a secret that was revealed. */

import { byId } from './elements.js';
import { translate } from './language.js';

/**
 * Makes the button with an id show and hide an element. Its text says what the next click does.
 * @param hiding the CSS class that hides what the element holds.
 * @param onToggle is called after each click, with whether it is hidden now.
 */
export function showHideButton(
  id: string,
  element: HTMLElement,
  hiding: string,
  onToggle: (hidden: boolean, button: HTMLButtonElement) => void,
): void {
  const button = byId(id, HTMLButtonElement);
  button.addEventListener('click', () => {
    const hidden = element.classList.toggle(hiding);
    button.textContent = translate(hidden ? 'button.show' : 'button.hide');
    onToggle(hidden, button);
  });
}

/**
 * The passphrase field with an id; the id of its show button ends in `-show`. CSS masks the passphrase, because
 * browsers store what is typed into a field of type `password`, or offer to.
 */
export function passphraseField(id: string): HTMLInputElement {
  const field = byId(id, HTMLInputElement);
  showHideButton(`${id}-show`, field, 'masked', (hidden, button) => {
    // The accessible name begins with the text on the button, so that voice control finds it (WCAG 2.5.3).
    button.ariaLabel = translate(hidden ? 'button.showPassphrase' : 'button.hidePassphrase');
  });
  return field;
}
