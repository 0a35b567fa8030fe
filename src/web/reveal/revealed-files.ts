/** The list of the files that came with a secret, and saving them. */

import type { SecretFile } from '../../client/files/download.js';
import type { OpenedSecret } from '../../client/open-secret.js';
import { ApiError, NetworkError } from '../../core/errors.js';
import { byId, isDisabled, setDisabled, showText } from '../parts/elements.js';
import { escapeName, formatSize } from '../parts/format.js';
import { translate } from '../parts/language.js';
import { outcomeOf } from '../parts/outcomes.js';
import { OUTAGE_MS, PAUSE_MS } from '../parts/page-fetch.js';
import { chooseTarget, MAX_BYTES_IN_MEMORY, savePieces } from './save-file.js';

/**
 * Shows the files with a button each, and one for all of them.
 * @param fallbackName of a file whose sender gave it none.
 * @param onAllSaved is called once, when each of them was saved.
 */
export function showFiles(secret: OpenedSecret, fallbackName: string, onAllSaved: () => void): void {
  const { files } = secret;
  const list = byId('revealed-files', HTMLUListElement);
  list.hidden = files.length === 0;
  const unsaved = new Set(files);
  const rows = files.map(
    (file, index) =>
      new FileRow({ secret, index }, escapeName(file.name ?? fallbackName), () => {
        if (unsaved.delete(file) && unsaved.size === 0) onAllSaved();
      }),
  );
  list.replaceChildren(...rows.map(({ element }) => element));
  const all = byId('revealed-all', HTMLButtonElement);
  all.hidden = files.length < 2;
  all.onclick = async () => {
    if (isDisabled(all)) return;
    setDisabled(all, true);
    for (const row of rows) if (!(await row.save())) break;
    setDisabled(all, false);
  };
}

/** A file of a secret. */
interface FileOf {
  readonly secret: OpenedSecret;
  readonly index: number;
}

/** The content of a file. When the connection was lost it goes on by itself, from where it was. */
async function* contentOf(
  { secret, index }: FileOf,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const { files, parts } = secret;
  const size = files[index]?.size ?? 0;
  const start = files.slice(0, index).reduce((sum, file) => sum + file.size, 0);
  let done = 0;
  for (let end = Date.now() + OUTAGE_MS; ; ) {
    try {
      for await (const part of parts(start + done)) {
        signal.throwIfAborted();
        if (part.index > index) return;
        end = Date.now() + OUTAGE_MS;
        done += part.bytes.length;
        yield part.bytes;
        // Behind the last file is what is left to be checked.
        if (done === size && index < files.length - 1) return;
      }
      return;
    } catch (error) {
      if (!(error instanceof NetworkError) || Date.now() >= end) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      signal.throwIfAborted();
    }
  }
}

class FileRow {
  readonly element = document.createElement('li');
  readonly #of: FileOf;
  readonly #file: SecretFile;
  readonly #name: string;
  readonly #onSaved: () => void;
  readonly #button = document.createElement('button');
  readonly #progress = document.createElement('progress');
  readonly #note = document.createElement('span');
  #running: AbortController | undefined;

  constructor(of: FileOf, name: string, onSaved: () => void) {
    const file = of.secret.files[of.index];
    if (file === undefined) throw new Error('there is no such file');
    this.#of = of;
    this.#file = file;
    this.#name = name;
    this.#onSaved = onSaved;
    const label = document.createElement('bdi');
    label.className = 'file-name';
    label.lang = '';
    label.translate = false;
    label.textContent = name;
    this.element.className = 'file';
    this.#note.className = 'help';
    this.#note.role = 'status';
    this.#note.textContent = formatSize(file.size);
    this.#progress.hidden = true;
    this.#progress.max = file.size;
    this.#progress.ariaLabel = name;
    this.#button.type = 'button';
    this.#button.addEventListener('click', () => void this.#click());
    this.#offer('revealed.download');
    this.element.append(label, this.#note, this.#button, this.#progress);
  }

  #offer(key: 'revealed.download' | 'button.cancel' | 'revealed.again'): void {
    this.#button.textContent = translate(key);
    this.#button.ariaLabel = `${translate(key)}: ${this.#name}`;
  }

  async #click(): Promise<void> {
    if (this.#running === undefined) await this.save();
    else this.#running.abort();
  }

  /** Saves the file. @returns whether it was saved. */
  async save(): Promise<boolean> {
    if (this.#running !== undefined) return false;
    const running = new AbortController();
    this.#running = running;
    try {
      const target = await chooseTarget(this.#name, this.#file.size);
      if (target === 'cancelled') return false;
      if (target === 'tooLarge') {
        const size = formatSize(MAX_BYTES_IN_MEMORY);
        showText(this.#note, translate('revealed.tooLargeHere', { size }));
        return false;
      }
      this.#progress.hidden = false;
      this.#progress.value = 0;
      this.#offer('button.cancel');
      await savePieces(this.#counted(running.signal), this.#name, target);
      showText(this.#note, translate('revealed.saved', { size: formatSize(this.#file.size) }));
      this.#onSaved();
      return true;
    } catch (error) {
      this.#showError(error, running.signal.aborted);
      return false;
    } finally {
      this.#running = undefined;
      this.#progress.hidden = true;
      this.#offer('revealed.again');
    }
  }

  /** The file's content, which moves the bar, and fails when it is cancelled. */
  async *#counted(signal: AbortSignal): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    for await (const piece of contentOf(this.#of, signal)) {
      this.#progress.value += piece.length;
      yield piece;
    }
  }

  #showError(error: unknown, cancelled: boolean): void {
    if (cancelled) {
      showText(this.#note, formatSize(this.#file.size));
      return;
    }
    // The lease is over, and the server has destroyed the rest.
    if (error instanceof ApiError && error.statusCode === 410) {
      showText(this.#note, translate('revealed.tooLate'));
      return;
    }
    if (error instanceof DOMException) {
      showText(this.#note, translate('revealed.notWritten'));
      return;
    }
    const outcome = outcomeOf(error);
    if (outcome === 'unexpected') reportError(error);
    showText(this.#note, `${translate(`${outcome}.heading`)}. ${translate('revealed.tryAgain')}`);
  }
}
