/**
 * The code that a sender asks readers for (core/protocol/PROTOCOL.md section 9): having one sent, and the field that takes
 * it. Loaded for secrets that ask for one.
 */

import type { RequestCodeOptions, SentCode } from '../../../client/read.js';
import { secretStatus } from '../../../client/status.js';
import { ApiError } from '../../../core/errors.js';
import type { Link } from '../../../core/link.js';
import { isCode } from '../../../core/protocol/gates.js';
import { byId, disableFor, isDisabled } from '../elements.js';
import type { ErrorNote } from '../error-note.js';
import { currentLanguage, translate } from '../language.js';
import { formatWait } from '../times.js';

/** Has a code sent. Rejects with the client's errors. */
export type RequestCode = (link: Link, options: RequestCodeOptions) => Promise<SentCode>;

/** Until another code can be asked for, where the server does not tell; in seconds. */
const RESEND_SECONDS = 60;

/** What became of asking for a code. */
interface Asked {
  /** Whether one was sent now. */
  readonly isSent: boolean;
  /** Where codes go, masked. */
  readonly sentTo: string;
  /** Seconds until another can be asked for. */
  readonly wait: number;
}

/** The field. The part of the page that it is in, `code-part`, is hidden until a code was asked for. */
export class CodeField {
  readonly #field = byId('code', HTMLInputElement);
  readonly #part = byId('code-part', HTMLElement);
  readonly #resend = byId('code-resend', HTMLButtonElement);
  readonly #errors: ErrorNote;
  readonly #requestCode: RequestCode;
  #stopCounting = (): void => undefined;

  /** @param onResend the visitor wants another code: {@link send} is called. */
  constructor(errors: ErrorNote, requestCode: RequestCode, onResend: () => void) {
    this.#errors = errors;
    this.#requestCode = requestCode;
    this.#resend.addEventListener('click', () => {
      if (!isDisabled(this.#resend)) onResend();
    });
  }

  get isShown(): boolean {
    return !this.#part.hidden;
  }

  hide(): void {
    this.#part.hidden = true;
    this.#field.value = '';
  }

  /** The six digits, whatever was pasted around them. `null` when there are not as many, after saying that. */
  read(): string | null {
    // Input methods of Japanese type digits of full width.
    const digits = this.#field.value.normalize('NFKC').replace(/\D/g, '');
    if (isCode(digits)) return digits;
    this.#errors.showFieldError(this.#field, 'error.code');
    return null;
  }

  /** Says at the field that its code is of no use. @param code of the server's error. */
  refuse(code: string): void {
    this.#errors.showFieldError(this.#field, code === 'WRONG_CODE' ? 'error.codeWrong' : 'error.codeOver');
    this.#field.select();
  }

  /** Has a code sent, and shows the field. Rejects with the client's errors. */
  async send(link: Link, options: RequestCodeOptions): Promise<void> {
    const { isSent, sentTo, wait } = await this.#ask(link, options);
    const text = translate(isSent ? 'reveal.codeSent' : 'reveal.codeTarget', { to: sentTo });
    this.#part.hidden = false;
    byId('code-help', HTMLElement).textContent = text;
    this.#field.value = '';
    this.#field.focus();
    // Another secret's code may have been asked for before.
    this.#stopCounting();
    this.#stopCounting = disableFor([this.#resend], wait, (left) => {
      this.#resend.textContent =
        left > 0
          ? translate('reveal.codeResendIn', { time: formatWait(left) })
          : translate('reveal.codeResend');
    });
  }

  /** Has a code sent. One that was sent a moment ago, before a reload perhaps, is as good. */
  async #ask(link: Link, options: RequestCodeOptions): Promise<Asked> {
    try {
      const language = currentLanguage().tag;
      const { sentTo, retryAfter } = await this.#requestCode(link, { ...options, language });
      return { isSent: true, sentTo, wait: retryAfter };
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 'RATE_LIMIT_EXCEEDED' && error.isVerdict))
        throw error;
      const { sentTo = '' } = await secretStatus(link, options);
      return { isSent: false, sentTo, wait: error.retryAfter ?? RESEND_SECONDS };
    }
  }
}
