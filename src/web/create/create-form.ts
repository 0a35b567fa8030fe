/** The page that creates links: its form, and what the server allows in it. */

import { createSecret } from '../../client/create/create.js';
import type { CreateSecretOptions } from '../../client/create/options.js';
import { serverHealth } from '../../client/health.js';
import { encodeMeta, type Meta } from '../../core/crypto/meta.js';
import { maxSecretBytesV1 } from '../../core/crypto/seal-v1.js';
import { maxSecretBytesV2 } from '../../core/crypto/seal-v2.js';
import { ApiError, ZephrError } from '../../core/errors.js';
import { DEFAULT_EXPIRY_MINUTES, EXPIRY, EXPIRY_RANGE } from '../../core/expiry.js';
import { parseServer } from '../../core/link.js';
import { MAX_BLOB_LENGTH, MAX_HINT_LENGTH, MAX_VIEWS } from '../../core/protocol/limits.js';
import { defaultLinkVersion } from '../../core/protocol/link-versions.js';
import type { HealthReply } from '../../core/protocol/replies.js';
import { byId, isDisabled, setBusy, showText, showView } from '../parts/elements.js';
import { ErrorNote, type FieldErrorKey } from '../parts/error-note.js';
import { escapeName, formatSize } from '../parts/format.js';
import { translate } from '../parts/language.js';
import { LeaveGuard } from '../parts/leave-guard.js';
import { codeOf, outcomeOf, showOutcome } from '../parts/outcomes.js';
import { fetchFromServer, serverNow } from '../parts/page-fetch.js';
import { passphraseField } from '../parts/show-hide-button.js';
import { formatAhead, formatDuration } from '../parts/times.js';
import { startCreatedView } from './created-view.js';
import { SecretField } from './secret-field.js';

/** Long enough to send the largest secret over a slow line, in milliseconds. */
const TIMEOUT_MS = 60_000;

/** Starts the page. The form can be used at once; the server's limits arrive a moment later. */
export function startCreatePage(): void {
  const form = new CreateForm(parseServer(new URL('.', location.href).href));
  void form.loadLimits();
}

/** A secret as it is sealed: a text, or the bytes of a file with its name. */
interface Content {
  readonly content: string | Uint8Array;
  readonly meta: Meta;
}

class CreateForm {
  readonly #server: string;
  readonly #errors = new ErrorNote('create-error');
  readonly #guard = new LeaveGuard('draft');
  readonly #secret = new SecretField(this.#errors, () => this.#guardDraft());
  readonly #expiry = byId('expiry', HTMLSelectElement);
  readonly #split = byId('split', HTMLInputElement);
  readonly #passphrase = passphraseField('passphrase');
  readonly #views = byId('views', HTMLInputElement);
  readonly #message = byId('message', HTMLTextAreaElement);
  readonly #hint = byId('hint', HTMLInputElement);
  readonly #submit = byId('create-submit', HTMLButtonElement);
  readonly #showCreated = startCreatedView(() => this.#restart());
  /** The longest blob that the server takes, in characters. */
  #maxBlob = MAX_BLOB_LENGTH;

  constructor(server: string) {
    this.#server = server;
    byId('views-help', HTMLElement).textContent = translate('create.viewsHelp', { max: MAX_VIEWS });
    this.#offerExpiries(EXPIRY_RANGE.min, EXPIRY_RANGE.max);
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
    const { expiry, blob } = health.limits;
    this.#maxBlob = blob;
    this.#offerExpiries(expiry.min, expiry.max);
    const bytes = this.#maxBytes({});
    this.#secret.limit({ count: 1, bytes });
    const size = formatSize(bytes);
    showText(byId('secret-limit', HTMLElement), translate('create.limit', { size }));
  }

  /** Offers the usual expiries from `min` to `max`, in minutes. Keeps the chosen one if it is among them. */
  #offerExpiries(min: number, max: number): void {
    const usual = Object.values(EXPIRY).filter((minutes) => minutes >= min && minutes <= max);
    const offered: readonly number[] = usual.length > 0 ? usual : [min];
    const before = Number(this.#expiry.value) || DEFAULT_EXPIRY_MINUTES;
    const chosen = offered.includes(before) ? before : offered[0];
    const options = offered.map((minutes) => {
      const isDefault = minutes === DEFAULT_EXPIRY_MINUTES;
      return new Option(formatDuration(minutes), String(minutes), isDefault, minutes === chosen);
    });
    this.#expiry.replaceChildren(...options);
  }

  async #create(): Promise<void> {
    this.#errors.clear();
    const done = setBusy(this.#submit, translate('create.working'));
    try {
      const secret = await this.#read();
      if (secret === null) return;
      if (byteLength(secret.content) > this.#maxBytes(secret.meta)) {
        this.#showTooLarge(secret);
        return;
      }
      const options = this.#options(secret);
      const created = await createSecret(secret.content, options);
      this.#clear();
      this.#showCreated(created, options);
    } catch (error) {
      await this.#showError(error);
    } finally {
      done();
    }
  }

  /** What is to be sealed. `null` when the file cannot be read any more: it says so. */
  async #read(): Promise<Content | null> {
    const { text, files } = this.#secret.value;
    const [file] = files;
    const message = this.#message.value.trim();
    if (file === undefined) return { content: text, meta: message === '' ? {} : { message } };
    // What was typed beside a file goes along with it.
    const all = [text.trim(), message].filter((part) => part !== '').join('\n\n');
    const meta = { name: file.name, ...(all === '' ? {} : { message: all }) };
    try {
      return { content: new Uint8Array(await file.arrayBuffer()), meta };
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      const name = escapeName(file.name);
      this.#errors.showFieldError(this.#secret.element, 'error.fileUnreadable', { name });
      return null;
    }
  }

  #options({ content, meta }: Content): CreateSecretOptions {
    const passphrase = this.#passphrase.value;
    const views = this.#views.valueAsNumber;
    const fits1 = byteLength(content) <= maxSecretBytesV1(this.#maxBlob);
    const needs2 = passphrase !== '' || views !== 1 || Object.keys(meta).length > 0 || !fits1;
    const hint = this.#hint.value.trim();
    return {
      server: this.#server,
      fetch: fetchFromServer,
      // Any server that has this page speaks version 2. Where the command would make version 1, so that older readers
      // can open the link, the page does too.
      link: needs2 ? 'v2' : defaultLinkVersion(this.#server),
      timeout: TIMEOUT_MS,
      expiry: `${this.#expiry.value}m`,
      split: this.#split.checked,
      ...(needs2 ? { views } : {}),
      ...(passphrase === '' ? {} : { passphrase }),
      ...(hint === '' ? {} : { hint }),
      ...meta,
    };
  }

  /** The largest secret that the server takes with these metadata, in bytes. */
  #maxBytes(meta: Meta): number {
    return maxSecretBytesV2(this.#maxBlob, encodeMeta(meta).length);
  }

  #showTooLarge({ content, meta }: Content): void {
    const size = formatSize(this.#maxBytes(meta));
    this.#errors.showOutcome('tooLarge', { size, actual: formatSize(byteLength(content), Math.ceil) });
  }

  async #showError(error: unknown): Promise<void> {
    if (error instanceof ZephrError && this.#showFieldError(error)) return;
    const outcome = outcomeOf(error);
    if (outcome === 'unexpected') reportError(error);
    // The server allows less than it did when the limits were loaded.
    if (outcome === 'tooLarge' || outcome === 'notAllowed' || outcome === 'closed') await this.loadLimits();
    if (outcome === 'tooLarge') {
      const secret = await this.#read();
      if (secret !== null) this.#showTooLarge(secret);
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
      INVALID_PASSPHRASE: [this.#passphrase, 'error.passphraseMalformed'],
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

/** The length of a secret in bytes; that of a text in UTF-8. */
function byteLength(content: string | Uint8Array): number {
  return typeof content === 'string' ? new Blob([content]).size : content.length;
}
