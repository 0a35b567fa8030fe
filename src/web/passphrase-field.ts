/** Fields for a passphrase, each with a button that shows it. */

import { byId } from './elements.js';
import { say } from './language.js';

/**
 * The field with an id; its button has the same id and `-show` behind it. It masks its text by style, for of a
 * password field browsers keep what was typed, or offer to.
 */
export function passphraseField(id: string): HTMLInputElement {
  const field = byId(id, HTMLInputElement);
  const button = byId(`${id}-show`, HTMLButtonElement);
  button.addEventListener('click', () => {
    const masked = field.classList.toggle('masked');
    button.textContent = say(masked ? 'revealed.show' : 'revealed.hide');
    // Begins with the words that are seen, so that it can be called by them.
    button.ariaLabel = say(masked ? 'field.showPassphrase' : 'field.hidePassphrase');
  });
  return field;
}
