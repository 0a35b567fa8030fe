/** The page that asks for a secret: its form, and what the server allows in it. */

import { type CreateRequestOptions, createRequest } from '../../client/requests/create-request.js';
import { ZephrError } from '../../core/errors.js';
import { EXPIRY_RANGE } from '../../core/expiry.js';
import { parseServer } from '../../core/link.js';
import { MAX_ANSWERS } from '../../core/protocol/secret-requests.js';
import { serverLimits } from '../create/server-limits.js';
import { ExpiryField } from '../parts/controls/expiry-field.js';
import { byId, isDisabled, setBusy } from '../parts/elements.js';
import { ErrorNote } from '../parts/error-note.js';
import { translate } from '../parts/language.js';
import { LeaveGuard } from '../parts/leave-guard.js';
import { fetchFromServer } from '../parts/page-fetch.js';
import { showAsked } from './asked-view.js';

/** One day: people answer when they are at their desks again. */
const DEFAULT_EXPIRY_MINUTES = 1_440;

/** The most characters of a message, and of a name (core/protocol/PROTOCOL.md section 8). */
const MAX_MESSAGE = 1_000;
const MAX_FROM = 64;

/** Starts the page. The form can be used at once; the server's limits arrive a moment later. */
export function startAskPage(): void {
  const form = new AskForm(parseServer(new URL('.', location.href).href));
  void form.loadLimits();
}

class AskForm {
  readonly #server: string;
  readonly #errors = new ErrorNote('ask-error');
  readonly #guard = new LeaveGuard('ask');
  readonly #message = byId('ask-message', HTMLTextAreaElement);
  readonly #from = byId('ask-from', HTMLInputElement);
  readonly #answers = byId('ask-answers', HTMLInputElement);
  readonly #submit = byId('ask-submit', HTMLButtonElement);
  readonly #expiry = new ExpiryField(DEFAULT_EXPIRY_MINUTES);

  constructor(server: string) {
    this.#server = server;
    const help = translate('ask.answersHelp', { max: MAX_ANSWERS });
    byId('ask-answers-help', HTMLElement).textContent = help;
    this.#expiry.offer(EXPIRY_RANGE.min, EXPIRY_RANGE.max);
    const guardDraft = () => {
      if (this.#message.value === '' && this.#from.value === '') this.#guard.release();
      else this.#guard.start();
    };
    this.#message.addEventListener('input', guardDraft);
    this.#from.addEventListener('input', guardDraft);
    byId('ask-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      if (!isDisabled(this.#submit)) void this.#ask();
    });
  }

  /** Asks the server for its limits. Without an answer, asking will tell what is not allowed. */
  async loadLimits(): Promise<void> {
    const limits = await serverLimits(this.#server, this.#guard);
    if (limits !== undefined) this.#expiry.offer(limits.expiry.min, limits.expiry.max);
  }

  async #ask(): Promise<void> {
    this.#errors.clear();
    const done = setBusy(this.#submit, translate('create.working'));
    const message = this.#message.value.trim();
    const options = this.#options(message);
    try {
      const created = await createRequest(options);
      this.#guard.release();
      byId('ask-form', HTMLFormElement).reset();
      showAsked(created, message);
    } catch (error) {
      this.#showError(error);
    } finally {
      done();
    }
  }

  #options(message: string): CreateRequestOptions {
    const from = this.#from.value.trim();
    const expiry = this.#expiry.value;
    return {
      server: this.#server,
      fetch: fetchFromServer,
      expiry,
      // An answer that comes in the last minute waits as long again.
      secretExpiry: expiry,
      answers: this.#answers.valueAsNumber,
      ...(message === '' ? {} : { message }),
      ...(from === '' ? {} : { from }),
    };
  }

  #showError(error: unknown): void {
    const code = error instanceof ZephrError ? error.code : '';
    if (code === 'INVALID_ANSWERS') {
      byId('more-options', HTMLDetailsElement).open = true;
      this.#errors.showFieldError(this.#answers, 'error.answers', { max: MAX_ANSWERS });
    } else if (code === 'INVALID_META') {
      const isLong = [...this.#from.value].length > MAX_FROM;
      const [field, max] = isLong
        ? ([this.#from, MAX_FROM] as const)
        : ([this.#message, MAX_MESSAGE] as const);
      this.#errors.showFieldError(field, 'error.tooLong', { max });
    } else this.#errors.showError(error);
  }
}
