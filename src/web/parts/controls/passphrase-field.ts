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
  /** Where the selection began before the last change. */
  #start = 0;

  constructor(id: string) {
    this.field = byId(id, HTMLInputElement);
    this.#hide = showHideButton(`${id}-show`, true, (hidden, button) => {
      this.#hidden = hidden;
      this.#show();
      this.field.classList.toggle('masked', hidden);
      // The accessible name begins with the text on the button, so that voice control finds it (WCAG 2.5.3).
      button.ariaLabel = translate(hidden ? 'button.showPassphrase' : 'button.hidePassphrase');
    });
    this.field.addEventListener('beforeinput', () => {
      this.#start = this.field.selectionStart ?? 0;
    });
    this.field.addEventListener('input', (event) => {
      // What an input method puts together changes until it is done.
      if (!(event instanceof InputEvent && event.isComposing)) this.#take();
    });
    this.field.addEventListener('compositionend', () => this.#take());
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

  /** Takes what was typed or pasted between the bullets, and leaves bullets. */
  #take(): void {
    const shown = this.field.value;
    if (!this.#hidden) {
      this.#passphrase = shown;
      return;
    }
    const caret = this.field.selectionStart ?? shown.length;
    const before = Math.min(this.#start, caret, bulletsAtStart(shown));
    const after = Math.min(shown.length - caret, this.#passphrase.length - before, bulletsAtEnd(shown));
    const end = this.#passphrase.slice(this.#passphrase.length - after);
    const typed = shown.slice(before, shown.length - after);
    this.#passphrase = this.#passphrase.slice(0, before) + typed + end;
    this.#show();
    this.field.setSelectionRange(before + typed.length, before + typed.length);
  }

  #show(): void {
    this.field.value = this.#hidden ? BULLET.repeat(this.#passphrase.length) : this.#passphrase;
  }
}

function bulletsAtEnd(text: string): number {
  return /\u2022*$/.exec(text)?.[0].length ?? 0;
}

function bulletsAtStart(text: string): number {
  return /^\u2022*/.exec(text)?.[0].length ?? 0;
}
