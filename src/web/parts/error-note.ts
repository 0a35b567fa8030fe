/** What went wrong with a form, said in one place under it. */

import { byId } from './elements.js';
import { type PlainKey, say, type Values } from './language.js';
import type { Ending } from './outcomes.js';

/** The note of a form; an alert, so that it is read out at once. */
export class ErrorNote {
  readonly #box: HTMLElement;
  readonly #heading = document.createElement('strong');
  readonly #text = document.createElement('span');
  #field: HTMLElement | undefined;

  /** @param id of an element with the role alert. */
  constructor(id: string) {
    this.#box = byId(id, HTMLElement);
  }

  /** Says how it ended. */
  ending(ending: Ending, values: Values = {}): void {
    this.clear();
    this.#heading.textContent = say(`${ending}.heading`);
    this.#text.textContent = say(`${ending}.text`, values);
    this.#box.append(this.#heading, this.#text);
  }

  /** Says what is wrong with a field, which gets the focus. */
  field(field: HTMLElement, key: Extract<PlainKey, `error.${string}`>, values: Values = {}): void {
    this.clear();
    this.#text.textContent = say(key, values);
    this.#box.append(this.#text);
    this.mark(field);
  }

  /** Marks the field that has to be changed, and puts the focus there. */
  mark(field: HTMLElement): void {
    this.#field = field;
    field.setAttribute('aria-invalid', 'true');
    field.focus();
  }

  /** Says nothing any more. */
  clear(): void {
    this.#box.replaceChildren();
    this.#field?.removeAttribute('aria-invalid');
    this.#field = undefined;
  }
}
