/** The page that creates links: its form, and what the server allows in it. */

import { createSecret } from '../../client/create/create.js';
import type { CreateSecretOptions } from '../../client/create/options.js';
import { serverHealth } from '../../client/health.js';
import { MAX_FILES } from '../../core/crypto/file-list.js';
import { maxSecretBytesV1 } from '../../core/crypto/seal-v1.js';
import { maxSecretBytesV2 } from '../../core/crypto/seal-v2.js';
import { ApiError, ZephrError } from '../../core/errors.js';
import { DEFAULT_EXPIRY_MINUTES, EXPIRY_RANGE } from '../../core/expiry.js';
import { parseServer } from '../../core/link.js';
import { MAX_BLOB_LENGTH, MAX_HINT_LENGTH, MAX_VIEWS } from '../../core/protocol/limits.js';
import { defaultLinkVersion } from '../../core/protocol/link-versions.js';
import type { HealthReply } from '../../core/protocol/replies.js';
import { ExpiryField } from '../parts/controls/expiry-field.js';
import { PassphraseField } from '../parts/controls/passphrase-field.js';
import { byId, isDisabled, setBusy, showText, showView } from '../parts/elements.js';
import { ErrorNote, type FieldErrorKey } from '../parts/error-note.js';
import { escapeName, formatSize } from '../parts/format.js';
import { translate } from '../parts/language.js';
import { LeaveGuard } from '../parts/leave-guard.js';
import { codeOf, outcomeOf, showOutcome } from '../parts/outcomes.js';
import { fetchFromServer, serverNow } from '../parts/page-fetch.js';
import { formatAhead } from '../parts/times.js';
import { startCreatedView } from './created-view.js';
import { generatePassphrase, generateSecret } from './generators.js';
import { SecretField } from './secret-field.js';
import { SendProgress } from './send-progress.js';

/** Long enough to send the largest secret without files over a slow line, in milliseconds. */
const TIMEOUT_MS = 60_000;

/** The client takes six times as long for a chunk of a file: longer than one waits for the network to come back. */
const FILES_TIMEOUT_MS = 100_000;

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
    byId('passphrase-generate', HTMLButtonElement).addEventListener('click', () => this.#suggestPassphrase());
    byId('create-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      if (!isDisabled(this.#submit)) void this.#create();
    });
  }

  /** Asks the server for its limits and shows them. Without an answer, creating will tell what is not allowed. */
  async loadLimits(): Promise<void> {
    let health: HealthReply;
    try {
      health = await serverHealth({ server: this.#server, fetch: fetchFromServer });
    } catch (error) {
      if (!(error instanceof ZephrError)) throw error;
      return;
    }
    if (health.access === 'closed') {
      this.#guard.release();
      showOutcome('closed');
      return;
    }
    if (health.limits === undefined) return;
    const { expiry, blob, upload = 0 } = health.limits;
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
    const { text, files } = this.#secret.value;
    const total = files.reduce((bytes, { size }) => bytes + size, 0);
    const { signal, onProgress } = this.#progress.start(total);
    try {
      const options = { ...this.#options(text, files), signal, onProgress };
      const created = await createSecret(text, options);
      this.#clear();
      this.#showCreated(created, options);
    } catch (error) {
      if (!this.#progress.isCancelled) await this.#showError(error);
    } finally {
      this.#progress.stop();
      done();
    }
  }

  #options(text: string, files: readonly File[]): CreateSecretOptions {
    const passphrase = this.#passphrase.value;
    const views = this.#views.valueAsNumber;
    const message = this.#message.value.trim();
    const fits1 = new Blob([text]).size <= maxSecretBytesV1(this.#maxBlob);
    const needs2 = passphrase !== '' || views !== 1 || message !== '' || files.length > 0 || !fits1;
    const hint = this.#hint.value.trim();
    const attachments = files.map((file) => ({ name: file.name, type: file.type, content: file }));
    return {
      server: this.#server,
      fetch: fetchFromServer,
      // Any server that has this page speaks version 2. Where the command would make version 1, so that older readers
      // can open the link, the page does too.
      link: needs2 ? 'v2' : defaultLinkVersion(this.#server),
      timeout: files.length > 0 ? FILES_TIMEOUT_MS : TIMEOUT_MS,
      expiry: this.#expiry.value,
      split: this.#split.checked,
      ...(needs2 ? { views } : {}),
      ...(passphrase === '' ? {} : { passphrase }),
      ...(hint === '' ? {} : { hint }),
      ...(message === '' ? {} : { message }),
      ...(files.length === 0 ? {} : { attachments }),
    };
  }

  /** The largest secret that the server takes, in bytes: as files, or without them. */
  get #maxBytes(): number {
    return this.#maxUpload > 0 ? this.#maxUpload : maxSecretBytesV2(this.#maxBlob, 0);
  }

  #showTooLarge(): void {
    const { text, files } = this.#secret.value;
    const bytes = files.reduce((sum, { size }) => sum + size, new Blob([text]).size);
    this.#errors.showOutcome('tooLarge', {
      size: formatSize(this.#maxBytes),
      actual: formatSize(bytes, Math.ceil),
    });
  }

  async #showError(error: unknown): Promise<void> {
    // A file that was moved or changed since it was chosen: the browser does not say which.
    if (error instanceof DOMException) {
      const name = this.#secret.value.files.map((file) => escapeName(file.name)).join(', ');
      this.#errors.showFieldError(this.#secret.element, 'error.fileUnreadable', { name });
      return;
    }
    if (error instanceof ZephrError && this.#showFieldError(error)) return;
    const outcome = outcomeOf(error);
    if (outcome === 'unexpected') reportError(error);
    // The server allows less than it did when the limits were loaded.
    if (outcome === 'tooLarge' || outcome === 'notAllowed' || outcome === 'closed') await this.loadLimits();
    if (outcome === 'tooLarge') {
      this.#showTooLarge();
      return;
    }
    const waitSeconds = error instanceof ApiError ? (error.retryAfter ?? 0) : 0;
    const ahead = formatAhead(serverNow() + waitSeconds * 1000);
    this.#errors.showOutcome(outcome, { code: codeOf(error), ahead });
  }

  /** Shows an error at the field that caused it. @returns whether one did. */
  #showFieldError({ code }: ZephrError): boolean {
    const fields: Readonly<Record<string, [HTMLElement, FieldErrorKey, number?]>> = {
      EMPTY_SECRET: [this.#secret.element, 'error.empty'],
      INVALID_SECRET: [this.#secret.element, 'error.textMalformed'],
      INVALID_META: [this.#secret.element, 'error.fileName'],
      INVALID_PASSPHRASE: [this.#passphrase.field, 'error.passphraseMalformed'],
      INVALID_VIEWS: [this.#views, 'error.views', MAX_VIEWS],
      INVALID_HINT: [this.#hint, 'error.hint', MAX_HINT_LENGTH],
    };
    const found = fields[code];
    if (found === undefined) return false;
    const [field, key, max] = found;
    byId('more-options', HTMLDetailsElement).open ||= field.closest('details') !== null;
    const name = escapeName(this.#secret.value.files[0]?.name ?? '');
    this.#errors.showFieldError(field, key, { name, ...(max === undefined ? {} : { max }) });
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
