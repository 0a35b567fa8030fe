/** What is to be shared: the text in the field, or a file that was chosen or dropped. */

import type { Meta } from '../../core/crypto/meta.js';
import { byId } from '../parts/elements.js';
import { escapeName, size } from '../parts/format.js';

/** A secret before it is sealed. */
export interface Source {
  readonly content: string | Uint8Array;
  readonly meta: Meta;
}

/** The field for the secret, with its file. */
export class SecretSource {
  readonly text = byId('secret-text', HTMLTextAreaElement);
  readonly #drop = byId('drop', HTMLElement);
  readonly #input = byId('file-input', HTMLInputElement);
  readonly #choose = byId('file-choose', HTMLButtonElement);
  #file: File | undefined;

  constructor() {
    this.#choose.addEventListener('click', () => this.#input.click());
    this.#input.addEventListener('change', () => {
      this.#take(this.#input.files?.[0]);
      // The same file can be chosen again.
      this.#input.value = '';
    });
    byId('file-remove', HTMLButtonElement).addEventListener('click', () => {
      this.#take(undefined);
      this.text.focus();
    });
    this.#takeDrops();
  }

  /** What there is to share. Rejects with a DOMException when the file cannot be read. */
  async read(): Promise<Source> {
    if (this.#file === undefined) return { content: this.text.value, meta: {} };
    return { content: new Uint8Array(await this.#file.arrayBuffer()), meta: { name: this.#file.name } };
  }

  /** Where an error of the secret is shown. */
  get field(): HTMLElement {
    return this.#file === undefined ? this.text : byId('file-remove', HTMLButtonElement);
  }

  /** Forgets text and file. */
  clear(): void {
    this.text.value = '';
    this.#take(undefined);
  }

  #take(file: File | undefined): void {
    this.#file = file;
    this.text.hidden = file !== undefined;
    byId('file', HTMLElement).hidden = file === undefined;
    if (file === undefined) return;
    this.text.value = '';
    byId('file-name', HTMLElement).textContent = escapeName(file.name);
    byId('file-size', HTMLElement).textContent = size(file.size);
    byId('file-remove', HTMLButtonElement).focus();
  }

  /** A file that misses the field would be opened in place of the page, so the whole page takes drops. */
  #takeDrops(): void {
    const hasFile = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') === true;
    addEventListener('dragover', (event) => {
      if (!hasFile(event)) return;
      event.preventDefault();
      this.#drop.classList.add('over');
    });
    addEventListener('dragleave', ({ relatedTarget }) => {
      if (relatedTarget === null) this.#drop.classList.remove('over');
    });
    addEventListener('drop', (event) => {
      if (!hasFile(event)) return;
      event.preventDefault();
      this.#drop.classList.remove('over');
      this.#take(event.dataTransfer?.files[0]);
    });
  }
}
