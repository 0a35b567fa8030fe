/** Buttons that show and hide what an element holds: a passphrase while it is typed, a secret that was revealed. */

import { byId } from '../elements.js';
import { translate } from '../language.js';

/**
 * Makes the button with an id show and hide something. Its text says what the next click does.
 * @param hide hides it, or shows it again.
 * @returns a function that does the same as the button.
 */
export function showHideButton(
  id: string,
  hidden: boolean,
  hide: (hidden: boolean, button: HTMLButtonElement) => void,
): (hidden: boolean) => void {
  const button = byId(id, HTMLButtonElement);
  let isHidden = hidden;
  const set = (wanted: boolean) => {
    isHidden = wanted;
    button.textContent = translate(wanted ? 'button.show' : 'button.hide');
    hide(wanted, button);
  };
  button.addEventListener('click', () => set(!isHidden));
  set(hidden);
  return set;
}

/**
 * The passphrase field with an id; the id of its show button ends in `-show`. CSS masks the passphrase: what is typed into
 * a field of type `password` browsers store, or offer to, whatever the page asks of them.
 */
export function passphraseField(id: string): HTMLInputElement {
  return showablePassphrase(id).field;
}

/** As {@link passphraseField}, with a function that hides what the field holds, or shows it. */
export function showablePassphrase(id: string): {
  readonly field: HTMLInputElement;
  readonly hide: (hidden: boolean) => void;
} {
  const field = byId(id, HTMLInputElement);
  const hide = showHideButton(`${id}-show`, true, (hidden, button) => {
    field.classList.toggle('masked', hidden);
    // The accessible name begins with the text on the button, so that voice control finds it (WCAG 2.5.3).
    button.ariaLabel = translate(hidden ? 'button.showPassphrase' : 'button.hidePassphrase');
  });
  return { field, hide };
}
