/** The page that answers a request: who asks, for what, and the form for the secret. */

import { answerRequest, type SentAnswer } from '../../client/requests/answer-request.js';
import { type SecretRequest, viewRequest } from '../../client/requests/request.js';
import { MAX_FILES } from '../../core/crypto/file-list.js';
import { maxSecretBytesV2 } from '../../core/crypto/seal-v2.js';
import type { RequestLink } from '../../core/links/request-links.js';
import { SecretField } from '../create/secret-field.js';
import { SendProgress } from '../create/send-progress.js';
import { startReceiptLink } from '../parts/controls/copy-button.js';
import { byId, isDisabled, setBusy, showText, showView } from '../parts/elements.js';
import { ErrorNote } from '../parts/error-note.js';
import { escapeText, formatSize } from '../parts/format.js';
import { translate } from '../parts/language.js';
import { LeaveGuard } from '../parts/leave-guard.js';
import { type Outcome, outcomeOfRequest, showOutcome } from '../parts/outcomes.js';
import { fetchFromServer } from '../parts/page-fetch.js';
import { formatAhead, formatDuration, formatWhen } from '../parts/times.js';
import { formatted, type RequestBar, readRequestText } from './request-bar.js';

/** Outcomes that leave nothing to try. */
const FINAL: ReadonlySet<Outcome> = new Set([
  'requestAnswered',
  'requestExpired',
  'requestCancelled',
  'requestNotFound',
  'requestTampered',
]);

/** Starts the page for what is in the address bar. */
export function startAnswerPage(found: Exclude<RequestBar, { kind: 'collect' }>): void {
  const form = new AnswerForm();
  if (found.kind === 'answer') void form.load(found.link);
  else form.askForLink(found.problem === 'missing' ? 'requestIncomplete' : 'requestDamaged');
}

class AnswerForm {
  readonly #errors = new ErrorNote('answer-error');
  readonly #guard = new LeaveGuard('draft');
  readonly #secret = new SecretField(this.#errors, () => this.#guardDraft());
  readonly #progress = new SendProgress();
  readonly #submit = byId('answer-submit', HTMLButtonElement);
  readonly #status = byId('request-status', HTMLElement);
  readonly #linkField = byId('request-link', HTMLInputElement);
  readonly #showReceiptLink = startReceiptLink(true);
  #link: RequestLink | undefined;
  /** The most bytes that an answer may have. */
  #maxBytes = Number.POSITIVE_INFINITY;

  constructor() {
    byId('secret-generate', HTMLElement).hidden = true;
    byId('answer-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.#link === undefined) this.#openPasted(true);
      else if (!isDisabled(this.#submit)) void this.#send(this.#link);
    });
    this.#linkField.addEventListener('input', () => this.#openPasted(false));
  }

  /** Asks for the whole link, which the address bar lacks. */
  askForLink(outcome: 'requestIncomplete' | 'requestDamaged' | 'requestWrongKey'): void {
    this.#showNoForm();
    byId('request-link-part', HTMLElement).hidden = false;
    this.#errors.showOutcome(outcome);
    this.#errors.markField(this.#linkField);
  }

  /** Opens a link that was pasted, as the browser would: in the address bar. @param complains when there is none. */
  #openPasted(complains: boolean): void {
    const found = readRequestText(this.#linkField.value);
    if (found.kind !== 'none') {
      const href = formatted(found);
      if (new URL(href).origin !== location.origin) location.assign(href);
      else {
        history.replaceState(null, '', href);
        location.reload();
      }
    } else if (complains) this.#errors.showFieldError(this.#linkField, 'error.requestLink');
  }

  /** Asks the server for the request, and shows it once it is known to be the one that the link names. */
  async load(link: RequestLink): Promise<void> {
    try {
      const request = await viewRequest(link, { fetch: fetchFromServer });
      if (request.state === 'open') this.#show(link, request);
      else showOutcome(CLOSED[request.state]);
    } catch (error) {
      const outcome = outcomeOfRequest(error);
      if (outcome === 'requestWrongKey') this.askForLink(outcome);
      else if (FINAL.has(outcome)) showOutcome(outcome);
      else this.#offerReload(outcome, error);
    }
  }

  #show(link: RequestLink, request: SecretRequest): void {
    this.#link = link;
    const { from, message, expiresAt, secretExpiry, maxBlob, maxUpload } = request;
    showPart('request-from', from);
    showPart('request-message', message);
    showText(this.#status, translate('request.until', { ahead: formatAhead(expiresAt) }));
    const duration = formatDuration(secretExpiry);
    showText(byId('answer-terms', HTMLElement), translate('request.terms', { duration }));
    this.#maxBytes = maxUpload > 0 ? maxUpload : maxSecretBytesV2(maxBlob, 0);
    this.#secret.limit({ count: maxUpload > 0 ? MAX_FILES : 0, bytes: this.#maxBytes });
    showText(
      byId('secret-limit', HTMLElement),
      translate('create.limit', { size: formatSize(this.#maxBytes) }),
    );
    byId('answer-part', HTMLElement).hidden = false;
    byId('answer-actions', HTMLElement).hidden = false;
  }

  async #send(link: RequestLink): Promise<void> {
    this.#errors.clear();
    const done = setBusy(this.#submit, translate('create.working'));
    const { text, fileBytes, options } = this.#secret.value;
    const sending = this.#progress.start(fileBytes);
    try {
      const sent = await answerRequest(link, text, { ...options, ...sending, fetch: fetchFromServer });
      this.#secret.clear();
      this.#guard.release();
      this.#showSent(sent);
    } catch (error) {
      if (!this.#progress.isCancelled) this.#showError(error);
    } finally {
      this.#progress.stop();
      done();
    }
  }

  #showSent({ expiresAt, receiptLink }: SentAnswer): void {
    const text = translate('requestSent.text', { when: formatWhen(expiresAt) });
    byId('sent-text', HTMLElement).textContent = text;
    this.#showReceiptLink(receiptLink);
    showView('sent', `${translate('requestSent.heading')} – zephr`);
  }

  /** What was typed stays on the page, also where it is of no use any more. */
  #showError(error: unknown): void {
    if (this.#secret.showError(error)) return;
    const actual = formatSize(this.#secret.value.bytes, Math.ceil);
    this.#errors.showError(error, { size: formatSize(this.#maxBytes), actual }, outcomeOfRequest(error));
  }

  /** For a request that could not be shown: nothing was typed yet, so that loading the page anew loses nothing. */
  #offerReload(outcome: Outcome, error: unknown): void {
    this.#showNoForm();
    this.#errors.showError(error, {}, outcome);
    byId('answer-actions', HTMLElement).hidden = false;
    this.#submit.textContent = translate('button.tryAgain');
    this.#submit.type = 'button';
    this.#submit.addEventListener('click', () => location.reload());
  }

  /** Gives up the room that was kept for the form. */
  #showNoForm(): void {
    showText(this.#status, '');
    byId('answer-form', HTMLElement).classList.remove('reserves-form');
  }

  #guardDraft(): void {
    if (this.#secret.isEmpty) this.#guard.release();
    else this.#guard.start();
  }
}

const CLOSED = {
  answered: 'requestAnswered',
  expired: 'requestExpired',
  cancelled: 'requestCancelled',
} as const;

/** Shows words of who asks, or hides their part. */
function showPart(id: string, text: string | undefined): void {
  byId(`${id}-part`, HTMLElement).hidden = text === undefined;
  byId(id, HTMLElement).textContent = escapeText(text ?? '');
}
