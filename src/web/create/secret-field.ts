/** The field for the secret: a text that is typed, or a file that is chosen or dropped. */

import type { Meta } from '../../core/crypto/meta.js';
import { byId } from '../parts/elements.js';
import { escapeName, formatSize } from '../parts/format.js';

/** A secret as it was entered: a text, or the bytes of a file with its name. */
export interface EnteredSecret {
  readonly content: string | Uint8Array;
  readonly meta: Meta;
}

/** The field, which holds a text or a file. */
export class SecretField {
  readonly text = byId('secret-text', HTMLTextAreaElement);
  readonly #dropZone = byId('drop-zone', HTMLElement);
  readonly #input = byId('file-input', HTMLInputElement);
  readonly #choose = byId('file-choose', HTMLButtonElement);
  readonly #remove = byId('file-remove', HTMLButtonElement);
  #file: File | undefined;

  constructor() {
    this.#choose.addEventListener('click', () => this.#input.click());
    this.#input.addEventListener('change', () => {
      this.#setFile(this.#input.files?.[0]);
      // Otherwise choosing the same file once more would fire no event.
      this.#input.value = '';
    });
    this.#remove.addEventListener('click', () => {
      this.#setFile(undefined);
      this.text.focus();
    });
    this.#acceptDrops();
  }

  /**
   * What the field holds.
   * @throws DOMException when the file cannot be read.
   */
  async read(): Promise<EnteredSecret> {
    if (this.#file === undefined) return { content: this.text.value, meta: {} };
    return { content: new Uint8Array(await this.#file.arrayBuffer()), meta: { name: this.#file.name } };
  }

  /** The element to mark when the secret has an error. */
  get element(): HTMLElement {
    return this.#file === undefined ? this.text : this.#remove;
  }

  /** Removes text and file. */
  clear(): void {
    this.text.value = '';
    this.#setFile(undefined);
  }

  /** Shows a file in place of the text, or the text again. */
  #setFile(file: File | undefined): void {
    this.#file = file;
    this.text.hidden = file !== undefined;
    byId('file', HTMLElement).hidden = file === undefined;
    if (file === undefined) return;
    this.text.value = '';
    byId('file-name', HTMLElement).textContent = escapeName(file.name);
    byId('file-size', HTMLElement).textContent = formatSize(file.size);
    this.#remove.focus();
  }

  /** The whole page accepts dropped files: one that misses the field would be opened by the browser instead. */
  #acceptDrops(): void {
    const hasFile = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') === true;
    addEventListener('dragover', (event) => {
      if (!hasFile(event)) return;
      event.preventDefault();
      this.#dropZone.classList.add('over');
    });
    addEventListener('dragleave', ({ relatedTarget }) => {
      if (relatedTarget === null) this.#dropZone.classList.remove('over');
    });
    addEventListener('drop', (event) => {
      if (!hasFile(event)) return;
      event.preventDefault();
      this.#dropZone.classList.remove('over');
      this.#setFile(event.dataTransfer?.files[0]);
    });
  }
}
