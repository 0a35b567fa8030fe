/** Fields for passphrases. */

import { byId } from '../elements.js';
import { translate } from '../language.js';
import { showHideButton } from './show-hide-button.js';

/** Stands for each UTF-16 unit of a passphrase that is not shown. */
const BULLET = '\u2022';

/**
 * A field for a passphrase, with a button that shows it; the button's id is the field's with `-show` at its end.
 *
 * What is typed into a field of type `password` browsers store, or offer to, whatever the page asks of them. So this is one
 * for text, and while the passphrase is hidden the field holds bullets alone: there is nothing else in it for a screen
 * reader to read out, for a browser to keep, or for eyes.
 */
export class PassphraseField {
  readonly field: HTMLInputElement;
  readonly #hide: (hidden: boolean) => void;
  #passphrase = '';
  #hidden = true;
  /** What was selected before the change that is under way: its start, and how much stood behind its end. */
  #before = { start: 0, behind: 0 };

  constructor(id: string) {
    this.field = byId(id, HTMLInputElement);
    this.#hide = showHideButton(`${id}-show`, true, (hidden, button) => {
      this.#hidden = hidden;
      this.#show();
      this.field.classList.toggle('masked', hidden);
      // The accessible name begins with the text on the button, so that voice control finds it (WCAG 2.5.3).
      button.ariaLabel = translate(hidden ? 'button.showPassphrase' : 'button.hidePassphrase');
    });
    this.field.addEventListener('beforeinput', (event) => {
      if (!event.isComposing) this.#noteSelection();
    });
    // What an input method puts together changes until it is done.
    this.field.addEventListener('compositionstart', () => this.#noteSelection());
    this.field.addEventListener('compositionend', () => this.#take(true));
    this.field.addEventListener('input', (event) => {
      // A program that fills in the field, such as one that keeps passwords, says no more than that.
      if (!(event instanceof InputEvent)) this.#replace(this.field.value);
      else if (!event.isComposing) this.#take(event.inputType.startsWith('insert'));
    });
    // A form that is reset empties its fields, and tells its fields alone.
    this.field.form?.addEventListener('reset', () => this.clear());
  }

  get value(): string {
    return this.#passphrase;
  }

  /** Puts a passphrase in, and shows it: one that was made here has to be told to somebody. */
  suggest(passphrase: string): void {
    this.#passphrase = passphrase;
    this.#hide(false);
    this.field.select();
  }

  /** Empties it, and hides what comes next. */
  clear(): void {
    this.#passphrase = '';
    this.#hide(true);
  }

  #noteSelection(): void {
    const { selectionStart, selectionEnd, value } = this.field;
    this.#before = { start: selectionStart ?? 0, behind: value.length - (selectionEnd ?? 0) };
  }

  /** Takes what was typed or pasted between the bullets, and leaves bullets. @param inserted or something was deleted. */
  #take(inserted: boolean): void {
    const shown = this.field.value;
    if (!this.#hidden) {
      this.#passphrase = shown;
      return;
    }
    const caret = this.field.selectionStart ?? shown.length;
    // Where the caret is after an insertion depends on the input method. What was not selected has not changed.
    const { start, behind } = inserted ? this.#before : { start: caret, behind: shown.length - caret };
    const typed = shown.slice(start, shown.length - behind);
    const end = this.#passphrase.slice(this.#passphrase.length - behind);
    this.#replace(this.#passphrase.slice(0, start) + typed + end);
    this.field.setSelectionRange(start + typed.length, start + typed.length);
  }

  #replace(passphrase: string): void {
    this.#passphrase = passphrase;
    this.#show();
  }

  #show(): void {
    this.field.value = this.#hidden ? BULLET.repeat(this.#passphrase.length) : this.#passphrase;
  }
}
