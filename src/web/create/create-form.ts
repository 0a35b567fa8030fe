/** The page that creates links: its form, and what the server allows in it. */

import { createSecret } from '../../client/create/create.js';
import type { CreateSecretOptions } from '../../client/create/options.js';
import { MAX_FILES } from '../../core/crypto/file-list.js';
import { maxSecretBytesV1 } from '../../core/crypto/seal-v1.js';
import { maxSecretBytesV2 } from '../../core/crypto/seal-v2.js';
import { ZephrError } from '../../core/errors.js';
import { DEFAULT_EXPIRY_MINUTES, EXPIRY_RANGE } from '../../core/expiry.js';
import { parseServer } from '../../core/link.js';
import { MAX_BLOB_LENGTH, MAX_HINT_LENGTH, MAX_VIEWS } from '../../core/protocol/limits.js';
import { defaultLinkVersion } from '../../core/protocol/link-versions.js';
import { ExpiryField } from '../parts/controls/expiry-field.js';
import { PassphraseField } from '../parts/controls/passphrase-field.js';
import { byId, isDisabled, setBusy, showText, showView } from '../parts/elements.js';
import { ErrorNote, type FieldErrorKey } from '../parts/error-note.js';
import { formatSize } from '../parts/format.js';
import { translate } from '../parts/language.js';
import { LeaveGuard } from '../parts/leave-guard.js';
import { outcomeOf } from '../parts/outcomes.js';
import { fetchFromServer } from '../parts/page-fetch.js';
import { startCreatedView } from './created-view.js';
import { generatePassphrase, generateSecret, PASSPHRASE_BITS } from './generators.js';
import { type EnteredSecret, SecretField } from './secret-field.js';
import { SendProgress } from './send-progress.js';
import { serverLimits } from './server-limits.js';

/** As many characters of a message fit beside the names of files, whatever they are (`MAX_META_BYTES`). */
const MAX_MESSAGE = 10_000;

/** Starts the page. The form can be used at once; the server's limits arrive a moment later. */
export function startCreatePage(): void {
  const form = new CreateForm(parseServer(new URL('.', location.href).href));
  void form.loadLimits();
}

class CreateForm {
  readonly #server: string;
  readonly #errors = new ErrorNote('create-error');
  readonly #progress = new SendProgress();
  readonly #guard = new LeaveGuard('draft');
  readonly #secret = new SecretField(this.#errors, () => this.#guardDraft());
  readonly #expiry = new ExpiryField(DEFAULT_EXPIRY_MINUTES);
  readonly #split = byId('split', HTMLInputElement);
  readonly #passphrase = new PassphraseField('passphrase');
  readonly #views = byId('views', HTMLInputElement);
  readonly #message = byId('message', HTMLTextAreaElement);
  readonly #hint = byId('hint', HTMLInputElement);
  readonly #submit = byId('create-submit', HTMLButtonElement);
  readonly #showCreated = startCreatedView(() => this.#restart());
  /** The longest blob that the server takes, in characters. */
  #maxBlob = MAX_BLOB_LENGTH;
  /** The most bytes that the server takes as files; 0 where it takes none. */
  #maxUpload = 0;

  constructor(server: string) {
    this.#server = server;
    byId('views-help', HTMLElement).textContent = translate('create.viewsHelp', { max: MAX_VIEWS });
    this.#expiry.offer(EXPIRY_RANGE.min, EXPIRY_RANGE.max);
    byId('secret-generate', HTMLButtonElement).addEventListener('click', () =>
      this.#secret.insert(generateSecret()),
    );
    const suggest = byId('passphrase-generate', HTMLButtonElement);
    suggest.textContent = translate('create.generatePassphrase', { bits: PASSPHRASE_BITS });
    suggest.addEventListener('click', () => this.#suggestPassphrase());
    byId('create-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      if (!isDisabled(this.#submit)) void this.#create();
    });
  }

  /** Asks the server for its limits and shows them. Without an answer, creating will tell what is not allowed. */
  async loadLimits(): Promise<void> {
    const limits = await serverLimits(this.#server, this.#guard);
    if (limits === undefined) return;
    const { expiry, blob, upload = 0 } = limits;
    this.#maxBlob = blob;
    this.#maxUpload = upload;
    this.#expiry.offer(expiry.min, expiry.max);
    const bytes = this.#maxBytes;
    this.#secret.limit({ count: upload > 0 ? MAX_FILES : 0, bytes });
    const size = formatSize(bytes);
    showText(byId('secret-limit', HTMLElement), translate('create.limit', { size }));
  }

  async #create(): Promise<void> {
    this.#errors.clear();
    const done = setBusy(this.#submit, translate('create.working'));
    const secret = this.#secret.value;
    const sending = this.#progress.start(secret.fileBytes);
    try {
      const options = { ...this.#options(secret), ...sending };
      const created = await createSecret(secret.text, options);
      this.#clear();
      this.#showCreated(created, options);
    } catch (error) {
      if (!this.#progress.isCancelled) await this.#showError(error);
    } finally {
      this.#progress.stop();
      done();
    }
  }

  #options({ text, fileBytes, options }: EnteredSecret): CreateSecretOptions {
    const passphrase = this.#passphrase.value;
    const views = this.#views.valueAsNumber;
    const message = this.#message.value.trim();
    const fits1 = new Blob([text]).size <= maxSecretBytesV1(this.#maxBlob);
    const needs2 = passphrase !== '' || views !== 1 || message !== '' || fileBytes > 0 || !fits1;
    const hint = this.#hint.value.trim();
    return {
      ...options,
      server: this.#server,
      fetch: fetchFromServer,
      // Any server that has this page speaks version 2. Where the command would make version 1, so that older readers
      // can open the link, the page does too.
      link: needs2 ? 'v2' : defaultLinkVersion(this.#server),
      expiry: this.#expiry.value,
      split: this.#split.checked,
      ...(needs2 ? { views } : {}),
      ...(passphrase === '' ? {} : { passphrase }),
      ...(hint === '' ? {} : { hint }),
      ...(message === '' ? {} : { message }),
    };
  }

  /** The largest secret that the server takes, in bytes: as files, or without them. */
  get #maxBytes(): number {
    return this.#maxUpload > 0 ? this.#maxUpload : maxSecretBytesV2(this.#maxBlob, 0);
  }

  async #showError(error: unknown): Promise<void> {
    if (this.#secret.showError(error)) return;
    if (error instanceof ZephrError && this.#showFieldError(error)) return;
    const outcome = outcomeOf(error);
    // The server allows less than it did when the limits were loaded.
    if (outcome === 'tooLarge' || outcome === 'notAllowed' || outcome === 'closed') await this.loadLimits();
    const actual = formatSize(this.#secret.value.bytes, Math.ceil);
    this.#errors.showError(error, { size: formatSize(this.#maxBytes), actual });
  }

  /** Shows an error at the field under "More options" that caused it. @returns whether one did. */
  #showFieldError({ code }: ZephrError): boolean {
    const fields: Readonly<Record<string, [HTMLElement, FieldErrorKey, number?]>> = {
      INVALID_META: [this.#message, 'error.tooLong', MAX_MESSAGE],
      INVALID_PASSPHRASE: [this.#passphrase.field, 'error.passphraseMalformed'],
      INVALID_VIEWS: [this.#views, 'error.views', MAX_VIEWS],
      INVALID_HINT: [this.#hint, 'error.hint', MAX_HINT_LENGTH],
    };
    const found = fields[code];
    if (found === undefined) return false;
    const [field, key, max] = found;
    byId('more-options', HTMLDetailsElement).open = true;
    this.#errors.showFieldError(field, key, max === undefined ? {} : { max });
    return true;
  }

  /** Fills in a passphrase and shows it: it has to be told to the reader. */
  async #suggestPassphrase(): Promise<void> {
    this.#errors.clear();
    const passphrase = await generatePassphrase();
    if (passphrase === null) {
      this.#errors.showOutcome('noConnection');
      return;
    }
    this.#passphrase.suggest(passphrase);
  }

  /** Empties the form: nothing that was typed or chosen stays in the page. */
  #clear(): void {
    byId('create-form', HTMLFormElement).reset();
    this.#secret.clear();
    this.#guard.release();
  }

  /** Asks before what was entered would be lost, for as long as there is something. */
  #guardDraft(): void {
    if (this.#secret.isEmpty) this.#guard.release();
    else this.#guard.start();
  }

  #restart(): void {
    showView('create', translate('create.title'));
    this.#secret.text.focus();
  }
}
