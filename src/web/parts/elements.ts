/** The elements of the page, by id, and what is done with all of them alike. */

import { say } from './language.js';

/**
 * The element with an id.
 * @throws Error when the document has none of that type: HTML and code do not fit together.
 */
export function byId<T extends Element>(id: string, type: abstract new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`there is no ${type.name} ${id}`);
  return element;
}

/** Shows one of the page's views and hides the others. Its heading gets the focus, so that it is read out. */
export function showView(id: string, title: string): void {
  for (const view of document.querySelectorAll<HTMLElement>('main > section')) view.hidden = view.id !== id;
  document.title = title;
  byId(id, HTMLElement).querySelector('h1')?.focus();
  window.scrollTo(0, 0);
}

/** Shows a text in an element that is hidden while it has none. */
export function showText(element: HTMLElement, text: string): void {
  element.textContent = text;
  element.hidden = text === '';
}

/** A button that is busy keeps its size and the focus, and does nothing. @returns what ends it. */
export function busy(button: HTMLButtonElement, words: string): () => void {
  const before = button.textContent;
  button.style.minInlineSize = `${button.offsetWidth}px`;
  button.textContent = words;
  button.setAttribute('aria-disabled', 'true');
  return () => {
    button.textContent = before;
    button.removeAttribute('aria-disabled');
    button.style.minInlineSize = '';
  };
}

/** Whether a button is not to do anything now. */
export function isBusy(button: HTMLButtonElement): boolean {
  return button.getAttribute('aria-disabled') === 'true';
}

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
