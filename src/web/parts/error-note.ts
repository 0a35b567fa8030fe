/** The note below a form that says what went wrong, and the mark on the field that has to be changed. */

import { byId } from './elements.js';
import { type PlainKey, translate, type Values } from './language.js';
import type { Outcome } from './outcomes.js';

/** The key of a text about one field of a form. */
export type FieldErrorKey = Extract<PlainKey, `error.${string}`>;

/** The error note of a form. It has the role `alert`, so that screen readers read it out at once. */
export class ErrorNote {
  readonly #box: HTMLElement;
  readonly #heading = document.createElement('strong');
  readonly #text = document.createElement('span');
  #field: HTMLElement | undefined;

  /** @param id of the element with the role `alert`. */
  constructor(id: string) {
    this.#box = byId(id, HTMLElement);
  }

  /** Says what came of the attempt, in place of what the note said before. */
  showOutcome(outcome: Outcome, values: Values = {}): void {
    this.clear();
    this.#heading.textContent = translate(`${outcome}.heading`);
    this.#text.textContent = translate(`${outcome}.text`, values);
    this.#box.append(this.#heading, this.#text);
  }

  /** Says what is wrong with a field, in place of what the note said before, and marks the field. */
  showFieldError(field: HTMLElement, key: FieldErrorKey, values: Values = {}): void {
    this.clear();
    this.#text.textContent = translate(key, values);
    this.#box.append(this.#text);
    this.markField(field);
  }

  /** Marks a field as invalid and puts the focus there. */
  markField(field: HTMLElement): void {
    this.#field = field;
    field.setAttribute('aria-invalid', 'true');
    field.focus();
  }

  /** Empties the note and removes the mark. */
  clear(): void {
    this.#box.replaceChildren();
    this.#field?.removeAttribute('aria-invalid');
    this.#field = undefined;
  }
}
