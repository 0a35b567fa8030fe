/** The field for what the address bar lacks: the whole link anew, or the key that was sent apart from it. */

import { ValidationError } from '../../core/errors.js';
import type { Link, SecretAddress } from '../../core/link.js';
import { looksLikeLink, parseKeyFor, parseLink } from '../../core/links/reader.js';
import { byId } from '../parts/elements.js';
import type { ErrorNote } from '../parts/error-note.js';

/** Where the field's links belong, and where they go. */
export interface LinkFieldOptions {
  /** Whose page this is: it can open no other server's links. */
  readonly server: string;
  /** Called each time that the field holds another whole link or key. */
  readonly onLink: (link: Link) => void;
}

/** The field. It is hidden until the page needs it. */
export class LinkField {
  readonly field = byId('link', HTMLInputElement);
  readonly #part = byId('link-part', HTMLElement);
  readonly #server: string;
  readonly #address: SecretAddress | null;
  #last = '';

  /** @param address the secret that a key alone belongs to, if that is known. */
  constructor(address: SecretAddress | null, { server, onLink }: LinkFieldOptions) {
    this.#server = server;
    this.#address = address;
    this.field.addEventListener('input', () => {
      const text = this.field.value.trim();
      const link = this.#parse(text);
      if (link instanceof ValidationError || link.server !== server || text === this.#last) return;
      this.#last = text;
      onLink(link);
    });
  }

  get isEmpty(): boolean {
    return this.field.value.trim() === '';
  }

  show(): void {
    this.#part.hidden = false;
  }

  clear(): void {
    this.field.value = '';
  }

  /** The link in the field. `null` when it is missing or damaged, after showing that in `errors`. */
  read(errors: ErrorNote): Link | null {
    const text = this.field.value.trim();
    const link = this.#parse(text);
    if (!(link instanceof ValidationError)) {
      if (link.server === this.#server) return link;
      errors.showFieldError(this.field, 'error.linkElsewhere', { server: link.server });
    } else if (link.code === 'UNKNOWN_KEY_VERSION') errors.showOutcome('tooNew');
    else if (text === '') errors.showFieldError(this.field, 'error.linkMissing');
    else if (link.code === 'MISSING_KEY') errors.showFieldError(this.field, 'error.linkWithoutKey');
    else errors.showFieldError(this.field, 'error.linkDamaged');
    return null;
  }

  #parse(text: string): Link | ValidationError {
    try {
      if (this.#address === null || looksLikeLink(text)) return parseLink(text);
      return { ...this.#address, key: parseKeyFor(this.#address, text) };
    } catch (error) {
      if (error instanceof ValidationError) return error;
      throw error;
    }
  }
}
