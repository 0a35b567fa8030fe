/** The page that makes links: a form, and what it allows on this server. */

import { type CreateSecretOptions, createSecret } from '../../client/create.js';
import { serverHealth } from '../../client/health.js';
import { encodeMeta } from '../../core/crypto/meta.js';
import { maxSecretBytesV2 } from '../../core/crypto/seal-v2.js';
import { ApiError, ValidationError, ZephrError } from '../../core/errors.js';
import { DEFAULT_EXPIRY_MINUTES, EXPIRY } from '../../core/expiry.js';
import { parseServer } from '../../core/link.js';
import { MAX_BLOB_LENGTH, MAX_HINT_LENGTH, MAX_VIEWS } from '../../core/protocol/limits.js';
import type { HealthReply } from '../../core/protocol/replies.js';
import { busy, byId, isBusy, passphraseField, showText, showView } from '../parts/elements.js';
import { ErrorNote } from '../parts/error-note.js';
import { duration, fromNow, localTime, size } from '../parts/format.js';
import { type PlainKey, say } from '../parts/language.js';
import { codeOf, endingOf } from '../parts/outcomes.js';
import { startCreatedView } from './created-view.js';
import { SecretSource, type Source } from './secret-field.js';

/** Long enough for the largest secret over a slow line, in milliseconds. */
const TIMEOUT_MS = 60_000;

/** Starts the page. The form works at once; what the server allows is known a moment later. */
export function startCreatePage(): void {
  const form = new CreateForm(parseServer(new URL('.', location.href).href));
  void form.learnLimits();
}

class CreateForm {
  readonly #server: string;
  readonly #source = new SecretSource();
  readonly #expiry = byId('expiry', HTMLSelectElement);
  readonly #split = byId('split', HTMLInputElement);
  readonly #passphrase = passphraseField('passphrase');
  readonly #views = byId('views', HTMLInputElement);
  readonly #hint = byId('hint', HTMLInputElement);
  readonly #submit = byId('write-submit', HTMLButtonElement);
  readonly #errors = new ErrorNote('write-error');
  readonly #showCreated = startCreatedView(() => this.#restart());
  /** Longest blob the server takes, in characters. */
  #maxBlob = MAX_BLOB_LENGTH;

  constructor(server: string) {
    this.#server = server;
    byId('views-help', HTMLElement).textContent = say('create.viewsHelp', { max: MAX_VIEWS });
    this.#offerExpiries(1, EXPIRY.DAYS_30);
    byId('write-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      if (!isBusy(this.#submit)) void this.#create();
    });
  }

  /** Asks the server what it allows, and shows it. If it does not answer now, a create will tell. */
  async learnLimits(): Promise<void> {
    let health: HealthReply;
    try {
      health = await serverHealth({ server: this.#server });
    } catch (error) {
      if (!(error instanceof ZephrError)) throw error;
      return;
    }
    if (health.access === 'closed') byId('closed', HTMLElement).hidden = false;
    if (health.limits === undefined) return;
    const { expiry, blob } = health.limits;
    this.#maxBlob = blob;
    this.#offerExpiries(expiry.min, expiry.max);
    showText(byId('secret-limit', HTMLElement), say('create.limit', { size: size(maxSecretBytesV2(blob)) }));
  }

  /** The usual expiries between two numbers of minutes; what was chosen stays chosen if it is one of them. */
  #offerExpiries(min: number, max: number): void {
    const usual = Object.values(EXPIRY).filter((minutes) => minutes >= min && minutes <= max);
    const offered: readonly number[] = usual.length > 0 ? usual : [min];
    const before = Number(this.#expiry.value) || DEFAULT_EXPIRY_MINUTES;
    const chosen = offered.includes(before) ? before : offered[0];
    const options = offered.map((minutes) => {
      const usually = minutes === DEFAULT_EXPIRY_MINUTES;
      return new Option(duration(minutes), String(minutes), usually, minutes === chosen);
    });
    this.#expiry.replaceChildren(...options);
  }

  async #create(): Promise<void> {
    this.#errors.clear();
    const done = busy(this.#submit, say('create.working'));
    try {
      const source = await this.#source.read();
      if (this.#isTooLarge(source)) {
        this.#sayTooLarge(source);
        return;
      }
      const options = this.#options(source);
      const created = await createSecret(source.content, options);
      this.#clear();
      this.#showCreated(created, options);
    } catch (error) {
      await this.#explain(error);
    } finally {
      done();
    }
  }

  #options({ meta: { name } }: Source): CreateSecretOptions {
    const passphrase = this.#passphrase.value;
    const hint = this.#hint.value.trim();
    return {
      server: this.#server,
      link: 'v2',
      timeout: TIMEOUT_MS,
      expiry: Number(this.#expiry.value),
      split: this.#split.checked,
      views: this.#views.valueAsNumber,
      ...(passphrase === '' ? {} : { passphrase }),
      ...(hint === '' ? {} : { hint }),
      ...(name === undefined ? {} : { name }),
    };
  }

  /** Whether the server would not take it, so that it need not be sent. */
  #isTooLarge({ content, meta }: Source): boolean {
    return lengthOf(content) > maxSecretBytesV2(this.#maxBlob, encodeMeta(meta).length);
  }

  #sayTooLarge({ content, meta }: Source): void {
    const most = maxSecretBytesV2(this.#maxBlob, encodeMeta(meta).length);
    this.#errors.ending('tooLarge', { size: size(most), actual: size(lengthOf(content), Math.ceil) });
  }

  async #explain(error: unknown): Promise<void> {
    if (error instanceof DOMException) {
      this.#errors.field(this.#source.field, 'error.unreadable');
      return;
    }
    if (error instanceof ValidationError && this.#explainField(error)) return;
    const ending = endingOf(error);
    if (ending === 'unforeseen') reportError(error);
    // The server allows less than was known here.
    if (ending === 'tooLarge' || ending === 'notAllowed') await this.learnLimits();
    if (ending === 'tooLarge') {
      this.#sayTooLarge(await this.#source.read());
      return;
    }
    const wait = error instanceof ApiError ? (error.retryAfter ?? 0) : 0;
    const until = Date.now() + wait * 1000;
    this.#errors.ending(ending, {
      code: codeOf(error),
      in: fromNow(until, Date.now()),
      at: localTime(until),
    });
  }

  /** Says what is wrong with a field, if the error is about one. */
  #explainField({ code }: ValidationError): boolean {
    const fields: Readonly<Record<string, [HTMLElement, Extract<PlainKey, `error.${string}`>, number?]>> = {
      EMPTY_SECRET: [this.#source.field, 'error.empty'],
      INVALID_SECRET: [this.#source.field, 'error.malformed'],
      INVALID_META: [this.#source.field, 'error.fileName'],
      INVALID_PASSPHRASE: [this.#passphrase, 'error.passphraseMalformed'],
      INVALID_VIEWS: [this.#views, 'error.views', MAX_VIEWS],
      INVALID_HINT: [this.#hint, 'error.hint', MAX_HINT_LENGTH],
    };
    const found = fields[code];
    if (found === undefined) return false;
    const [field, key, max] = found;
    byId('more', HTMLDetailsElement).open ||= field.closest('details') !== null;
    this.#errors.field(field, key, max === undefined ? {} : { max });
    return true;
  }

  /** Forgets all that was typed or chosen. */
  #clear(): void {
    byId('write-form', HTMLFormElement).reset();
    this.#source.clear();
  }

  #restart(): void {
    showView('write', say('create.title'));
    this.#source.text.focus();
  }
}

/** Bytes of a secret; of text in UTF-8. */
function lengthOf(content: string | Uint8Array): number {
  return typeof content === 'string' ? new Blob([content]).size : content.length;
}
