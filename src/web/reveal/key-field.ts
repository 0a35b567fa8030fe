/** The field for a key that was sent apart from its link. */

import { ValidationError } from '../../core/errors.js';
import { type LinkKey, parseKey } from '../../core/key.js';
import { looksLikeLink, parseLink, type SecretAddress } from '../../core/link.js';
import { byId } from '../parts/elements.js';
import type { ErrorNote } from '../parts/error-note.js';

/** The field. It is hidden until the page needs it. */
export class KeyField {
  readonly field = byId('key', HTMLInputElement);
  readonly #part = byId('key-part', HTMLElement);
  readonly #address: SecretAddress;
  #last = '';

  /** @param onKey is called each time that the field holds a whole key, and another one than the last time. */
  constructor(address: SecretAddress, onKey: (key: LinkKey) => void) {
    this.#address = address;
    this.field.addEventListener('input', () => {
      const text = this.field.value.trim();
      const key = this.#parse(text);
      if (key instanceof ValidationError || text === this.#last) return;
      this.#last = text;
      onKey(key);
    });
  }

  get isShown(): boolean {
    return !this.#part.hidden;
  }

  show(): void {
    this.#part.hidden = false;
  }

  clear(): void {
    this.field.value = '';
  }

  /** The key in the field. `null` when it is missing or damaged, after showing that in `errors`. */
  read(errors: ErrorNote): LinkKey | null {
    const text = this.field.value.trim();
    const key = this.#parse(text);
    if (!(key instanceof ValidationError)) return key;
    if (key.code === 'UNKNOWN_KEY_VERSION') errors.showOutcome('tooNew');
    else errors.showFieldError(this.field, text === '' ? 'error.keyMissing' : 'error.keyDamaged');
    return null;
  }

  /** Parses a key, or the whole link of this secret, which visitors often paste here. */
  #parse(text: string): LinkKey | ValidationError {
    try {
      if (!looksLikeLink(text)) return parseKey(text);
      const { id, key } = parseLink(text);
      if (id !== this.#address.id) throw new ValidationError('the link is another one', 'INVALID_KEY');
      return key;
    } catch (error) {
      if (error instanceof ValidationError) return error;
      throw error;
    }
  }
}
