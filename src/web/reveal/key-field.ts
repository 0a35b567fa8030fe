/** The field for a key that comes apart from its link. */

import { ValidationError } from '../../core/errors.js';
import { type LinkKey, parseKey } from '../../core/key.js';
import { looksLikeLink, parseLink, type SecretAddress } from '../../core/link.js';
import { byId } from '../parts/elements.js';
import type { ErrorNote } from '../parts/error-note.js';

/** The field, and the key in it. */
export class KeyField {
  readonly field = byId('key', HTMLInputElement);
  readonly #part = byId('key-part', HTMLElement);
  readonly #address: SecretAddress;
  #last = '';

  /** @param onKey is called when there is another whole key in the field. */
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

  /** Whether the key comes from here. */
  get shown(): boolean {
    return !this.#part.hidden;
  }

  show(): void {
    this.#part.hidden = false;
  }

  clear(): void {
    this.field.value = '';
  }

  /** The key, or `null` when there is none or a damaged one: `errors` says so. */
  read(errors: ErrorNote): LinkKey | null {
    const text = this.field.value.trim();
    const key = this.#parse(text);
    if (!(key instanceof ValidationError)) return key;
    if (key.code === 'UNKNOWN_KEY_VERSION') errors.ending('newer');
    else errors.field(this.field, text === '' ? 'error.keyMissing' : 'error.keyDamaged');
    return null;
  }

  /** A key, or the whole link that has it: what is pasted is often that. White space is no part of either. */
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
