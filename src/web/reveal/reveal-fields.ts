/** The elements of the form that opens links, which its states change. */

import type { SecretAddress } from '../../core/link.js';
import { PassphraseField } from '../parts/controls/passphrase-field.js';
import { byId } from '../parts/elements.js';
import { ErrorNote } from '../parts/error-note.js';
import { LinkField, type LinkFieldOptions } from './link-field.js';

/** The form's fields, buttons and notes. */
export class RevealFields {
  readonly link: LinkField;
  readonly passphrase = new PassphraseField('passphrase');
  readonly submit = byId('reveal-submit', HTMLButtonElement);
  readonly check = byId('reveal-check', HTMLButtonElement);
  readonly status = byId('reveal-status', HTMLElement);
  readonly errors = new ErrorNote('reveal-error');

  /** @param address the secret that a key alone belongs to, if that is known. */
  constructor(address: SecretAddress | null, options: LinkFieldOptions) {
    this.link = new LinkField(address, options);
  }

  /** Shows or hides the field for the passphrase. */
  showPassphrase(shown: boolean): void {
    byId('passphrase-part', HTMLElement).hidden = !shown;
  }

  /** Shows the sender's label, if there is one. */
  showLabel(label: string | undefined): void {
    byId('label-part', HTMLElement).hidden = label === undefined;
    byId('reveal-hint', HTMLElement).textContent = label ?? '';
  }

  /** Empties what was typed: none of it stays in the page. */
  clear(): void {
    this.link.clear();
    this.passphrase.clear();
  }
}
