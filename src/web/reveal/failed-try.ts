/** What the form shows when a try has failed: what to mend and try again, or how long to wait. */

import { ApiError, NetworkError, ValidationError } from '../../core/errors.js';
import type { Link } from '../../core/link.js';
import { LEASE_MS } from '../../core/protocol/limits.js';
import { disableFor, showText } from '../parts/elements.js';
import { translate } from '../parts/language.js';
import { type Outcome, outcomeOf } from '../parts/outcomes.js';
import { formatTimeOfDay, formatWait } from '../parts/times.js';
import type { FinalOutcome } from './final-outcome.js';
import type { RevealFields } from './reveal-fields.js';
import type { Visit } from './visit.js';

/** The states of a form after tries that failed. */
export class FailedTry {
  readonly #fields: RevealFields;
  readonly #visit: Visit;
  /** Until when a version 1 secret that was read with a wrong key can be read again; milliseconds since 1970. */
  #claimedUntil: number | undefined;

  constructor(fields: RevealFields, visit: Visit) {
    this.#fields = fields;
    this.#visit = visit;
  }

  /**
   * Shows what an error leaves to do.
   * @param ahead when it can be read, in words, where it is too early.
   * @returns the outcome, if it leaves nothing to try.
   */
  show(error: unknown, link: Link, ahead: string): FinalOutcome | null {
    const outcome = outcomeOf(error);
    switch (outcome) {
      case 'wrongPassphrase':
        this.#askForPassphrase();
        return null;
      case 'wrongKey':
        if (link.key.passphrase) this.#askForBoth();
        else this.askForLink('wrongKey');
        return null;
      case 'decryptionFailed':
        // With a claim that has read before, the server asks for no proof of the passphrase.
        if (link.key.passphrase && this.#visit.recordOf(link).outcome === 'openedHere')
          this.#askForPassphrase();
        // A version 1 key proves nothing before the read. Another can be tried until the claim ends.
        else if (link.key.version === 1) this.askForLink('wrongKeyClaimed');
        else return outcome;
        return null;
      case 'tooManyAttempts':
        this.#askToWait(error instanceof ApiError ? (error.retryAfter ?? 1) : 1);
        return null;
      case 'read':
      case 'expired':
      case 'revoked':
      case 'notFound':
        return outcome;
    }
    if (error instanceof ValidationError) {
      this.#fields.errors.showFieldError(this.#fields.passphrase.field, 'error.passphraseMalformed');
      return null;
    }
    this.#offerRetry(outcome, error, ahead);
    return null;
  }

  /** Asks for the link anew. */
  askForLink(outcome: Outcome): void {
    const { link, submit, status, errors } = this.#fields;
    link.show();
    submit.textContent = translate('reveal.submit');
    showText(status, '');
    if (outcome === 'wrongKeyClaimed') this.#claimedUntil ??= Date.now() + LEASE_MS;
    const time = formatTimeOfDay(this.#claimedUntil ?? Date.now());
    errors.showOutcome(outcome, { time });
    errors.markField(link.field);
  }

  /** Lets the visitor try once more. A read that is tried again has the same claim, so it uses up no second view. */
  #offerRetry(outcome: Outcome, error: unknown, ahead: string): void {
    const { submit, check, status, errors } = this.#fields;
    const tried = this.#visit.hasTriedToRead;
    const replyLost = tried && error instanceof NetworkError;
    errors.showError(error, ahead === '' ? {} : { ahead }, replyLost ? 'lostReply' : outcome);
    if (tried) submit.textContent = translate('button.tryAgain');
    else {
      check.hidden = false;
      showText(status, translate('reveal.unchecked'));
    }
  }

  #askForPassphrase(): void {
    const { passphrase, errors } = this.#fields;
    errors.showOutcome('wrongPassphrase');
    errors.markField(passphrase.field);
    passphrase.field.select();
  }

  /** For a server, or a secret, that does not tell a wrong passphrase from a wrong key. */
  #askForBoth(): void {
    const { link, passphrase, errors } = this.#fields;
    link.show();
    errors.showOutcome('wrongEither');
    errors.markField(passphrase.field);
  }

  #askToWait(seconds: number): void {
    const { submit, check, errors } = this.#fields;
    errors.showOutcome('tooManyAttempts', { time: formatWait(seconds) });
    disableFor([submit, check], seconds, (left) => {
      submit.textContent =
        left > 0 ? translate('reveal.submitIn', { time: formatWait(left) }) : translate('reveal.submit');
      if (left === 0) errors.clear();
    });
  }
}
