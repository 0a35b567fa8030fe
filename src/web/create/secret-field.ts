/** The field for the secret: a text that is typed, and files that are chosen, dropped or pasted. */

import type { CreateSecretOptions } from '../../client/create/options.js';
import { MAX_FILES, nameProblem } from '../../core/crypto/file-list.js';
import { ZephrError } from '../../core/errors.js';
import { byId } from '../parts/elements.js';
import type { ErrorNote, FieldErrorKey } from '../parts/error-note.js';
import { escapeName, formatSize } from '../parts/format.js';
import { translate, type Values } from '../parts/language.js';

/** How long a secret without files may take, in milliseconds: the largest one over a slow line. */
const TIMEOUT_MS = 60_000;

/** The client takes six times as long for a chunk of a file: longer than one waits for the network to come back. */
const FILES_TIMEOUT_MS = 100_000;

/** What the field holds. */
export interface EnteredSecret {
  readonly text: string;
  /** How large the files are together, and text and files, in bytes. */
  readonly fileBytes: number;
  readonly bytes: number;
  /** The files, and how long they may take, as the client is told. */
  readonly options: Pick<CreateSecretOptions, 'attachments' | 'timeout'>;
}

/** What a server takes. */
export interface FileLimits {
  /** How many files; 0 where it takes texts only. */
  readonly count: number;
  /** How many bytes they may have together. */
  readonly bytes: number;
}

/** The field. Text and files are kept beside each other. */
export class SecretField {
  readonly text = byId('secret-text', HTMLTextAreaElement);
  readonly #dropZone = byId('drop-zone', HTMLElement);
  readonly #input = byId('file-input', HTMLInputElement);
  readonly #choose = byId('file-choose', HTMLButtonElement);
  readonly #list = byId('files', HTMLUListElement);
  readonly #errors: ErrorNote;
  readonly #onChange: () => void;
  #files: readonly File[] = [];
  #limits: FileLimits = { count: MAX_FILES, bytes: Number.POSITIVE_INFINITY };

  /**
   * @param errors says what is wrong with a file, as soon as it is chosen.
   * @param onChange is called when text or files changed.
   */
  constructor(errors: ErrorNote, onChange: () => void) {
    this.#errors = errors;
    this.#onChange = onChange;
    this.#choose.addEventListener('click', () => this.#input.click());
    this.#input.addEventListener('change', () => {
      this.#add([...(this.#input.files ?? [])]);
      // Otherwise choosing the same file once more would fire no event.
      this.#input.value = '';
    });
    this.text.addEventListener('input', onChange);
    this.#acceptDrops();
    addEventListener('paste', (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      // A text that a program copied together with its picture is meant as text.
      if (files.length === 0 || event.clipboardData?.types.includes('text/plain')) return;
      event.preventDefault();
      this.#add(files);
    });
  }

  get value(): EnteredSecret {
    const text = this.text.value;
    const fileBytes = this.#files.reduce((sum, { size }) => sum + size, 0);
    const attachments = this.#files.map((file) => ({ name: file.name, type: file.type, content: file }));
    return {
      text,
      fileBytes,
      bytes: fileBytes + new Blob([text]).size,
      options: attachments.length > 0 ? { attachments, timeout: FILES_TIMEOUT_MS } : { timeout: TIMEOUT_MS },
    };
  }

  get isEmpty(): boolean {
    return this.text.value === '' && this.#files.length === 0;
  }

  /** Says at the field what is wrong with what it holds. @returns whether the error is about that. */
  showError(error: unknown): boolean {
    const code = error instanceof ZephrError ? error.code : '';
    if (code === 'EMPTY_SECRET') this.#errors.showFieldError(this.text, 'error.empty');
    else if (code === 'INVALID_SECRET') this.#errors.showFieldError(this.text, 'error.textMalformed');
    else if (error instanceof DOMException) {
      // A file that was moved or changed since it was chosen: the browser does not say which.
      const name = this.#files.map((file) => escapeName(file.name)).join(', ');
      this.#errors.showFieldError(this.#choose, 'error.fileUnreadable', { name });
    } else return false;
    return true;
  }

  /** Puts a text where the cursor is. */
  insert(text: string): void {
    this.#errors.clear();
    this.text.setRangeText(text, this.text.selectionStart, this.text.selectionEnd, 'end');
    this.text.focus();
    this.#onChange();
  }

  /** States what the server takes, once that is known. */
  limit(limits: FileLimits): void {
    this.#limits = limits;
  }

  /** Removes text and files. */
  clear(): void {
    this.text.value = '';
    this.#show([]);
  }

  /** Adds files, except those that cannot be shared: it says at once which and why. */
  #add(added: readonly File[]): void {
    this.#errors.clear();
    let files = this.#files;
    for (const given of added) {
      const file = distinct(given, files);
      const name = escapeName(file.name);
      const sum = files.reduce((bytes, { size }) => bytes + size, file.size);
      const { count, bytes } = this.#limits;
      const refuse = (key: FieldErrorKey, values: Values) =>
        this.#errors.showFieldError(this.#choose, key, values);
      if (nameProblem(file.name) !== null) refuse('error.fileName', { name });
      else if (file.size === 0) refuse('error.fileEmpty', { name });
      else if (files.length >= count) refuse('error.tooManyFiles', { max: count });
      else if (sum > bytes) {
        refuse('error.fileTooLarge', { name, actual: formatSize(sum, Math.ceil), size: formatSize(bytes) });
      } else files = [...files, file];
    }
    this.#show(files);
  }

  #show(files: readonly File[]): void {
    this.#files = files;
    this.#list.replaceChildren(...files.map((file) => this.#row(file)));
    this.#list.hidden = files.length === 0;
    this.#onChange();
  }

  #row(file: File): HTMLElement {
    const row = document.createElement('li');
    const name = document.createElement('bdi');
    const size = document.createElement('span');
    const remove = document.createElement('button');
    row.className = 'file';
    name.className = 'file-name';
    name.lang = '';
    name.translate = false;
    name.textContent = escapeName(file.name);
    size.className = 'help';
    size.textContent = formatSize(file.size);
    remove.type = 'button';
    remove.className = 'quiet';
    remove.textContent = translate('create.removeFile');
    remove.ariaLabel = `${translate('create.removeFile')}: ${escapeName(file.name)}`;
    remove.addEventListener('click', () => {
      this.#errors.clear();
      this.#show(this.#files.filter((other) => other !== file));
      this.text.focus();
    });
    row.append(name, size, remove);
    return row;
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
      this.#add([...(event.dataTransfer?.files ?? [])]);
    });
  }
}

/** A file under a name that none of the others has, also when case and Unicode normalization are ignored. */
function distinct(file: File, others: readonly File[]): File {
  const taken = new Set(others.map(({ name }) => folded(name)));
  if (!taken.has(folded(file.name))) return file;
  const [, stem = '', ending = ''] = /^(.+?)(\.[^.]*)?$/s.exec(file.name) ?? [];
  for (let number = 2; ; number++) {
    const name = `${stem} ${number}${ending}`;
    if (!taken.has(folded(name))) return new File([file], name, { type: file.type });
  }
}

function folded(name: string): string {
  return name.normalize('NFC').toLowerCase();
}
