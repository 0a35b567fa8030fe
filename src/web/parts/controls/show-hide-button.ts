/** Buttons that show and hide something: a passphrase while it is typed, a secret that was revealed. */

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
