/** What went wrong in a form: a note below its button, which it does not move, or a text at the field that has to be changed. */

import { ApiError } from '../../core/errors.js';
import { byId } from './elements.js';
import { type PlainKey, translate, type Values } from './language.js';
import { codeOf, type Outcome, outcomeOf } from './outcomes.js';
import { serverNow } from './page-fetch.js';
import { formatAhead, formatWait } from './times.js';

/** The key of a text about one field of a form. */
export type FieldErrorKey = Extract<PlainKey, `error.${string}`>;

/** The errors of a form. Note and texts have the role `alert`, so that screen readers read them out at once. */
export class ErrorNote {
  readonly #box: HTMLElement;
  readonly #heading = document.createElement('strong');
  readonly #text = document.createElement('span');
  #field: HTMLElement | undefined;
  #atField: HTMLElement | undefined;

  /** @param id of the note, an element with the role `alert`. */
  constructor(id: string) {
    this.#box = byId(id, HTMLElement);
  }

  /** Says in the note what came of the attempt, in place of what was said before. */
  showOutcome(outcome: Outcome, values: Values = {}): void {
    this.clear();
    this.#heading.textContent = translate(`${outcome}.heading`);
    this.#text.textContent = translate(`${outcome}.text`, values);
    this.#box.append(this.#heading, this.#text);
    this.#box.scrollIntoView({ block: 'nearest' });
  }

  /**
   * Says in the note what came of an attempt that failed, and reports what is a bug.
   * @param values for the outcome's text, besides the error's code and how long the server says to wait.
   * @param outcome default: the one that the error means.
   */
  showError(error: unknown, values: Values = {}, outcome: Outcome = outcomeOf(error)): void {
    if (outcome === 'unexpected') reportError(error);
    const seconds = error instanceof ApiError ? (error.retryAfter ?? 0) : 0;
    const ahead = formatAhead(serverNow() + seconds * 1_000);
    this.showOutcome(outcome, { code: codeOf(error), ahead, time: formatWait(seconds), ...values });
  }

  /** Says below a field what is wrong with it, in place of what was said before, and marks it until it is changed. */
  showFieldError(field: HTMLElement, key: FieldErrorKey, values: Values = {}): void {
    this.clear();
    const text = document.createElement('p');
    text.id = `${field.id}-error`;
    text.className = 'field-error';
    text.role = 'alert';
    text.textContent = translate(key, values);
    this.#atField = text;
    (field.closest('.field > *') ?? field).after(text);
    this.markField(field);
    field.setAttribute('aria-describedby', `${describedBy(field)} ${text.id}`.trim());
    text.scrollIntoView({ block: 'nearest' });
  }

  /** Marks a field as invalid until it is changed, and puts the focus there. */
  markField(field: HTMLElement): void {
    this.#field = field;
    field.setAttribute('aria-invalid', 'true');
    field.addEventListener('input', this.#onChange);
    field.focus();
  }

  /** Removes note, text and mark. */
  clear(): void {
    this.#box.replaceChildren();
    const field = this.#field;
    if (field === undefined) return;
    field.removeAttribute('aria-invalid');
    field.removeEventListener('input', this.#onChange);
    if (this.#atField !== undefined) {
      const rest = describedBy(field).replace(this.#atField.id, '').trim();
      if (rest === '') field.removeAttribute('aria-describedby');
      else field.setAttribute('aria-describedby', rest);
      this.#atField.remove();
    }
    this.#field = undefined;
    this.#atField = undefined;
  }

  readonly #onChange = (): void => this.clear();
}

function describedBy(field: HTMLElement): string {
  return field.getAttribute('aria-describedby') ?? '';
}
