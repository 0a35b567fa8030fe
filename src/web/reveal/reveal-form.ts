/**
 * The page that opens links: its form, from the link in the address bar to the click that reads the secret. Before the
 * click nothing is used up. After it, a reply that is lost can be asked for again with the same claim.
 */

import { newClaim, readSecret } from '../../client/read.js';
import { type SecretStatus, secretStatus } from '../../client/status.js';
import { ApiError, NetworkError, ValidationError, ZephrError } from '../../core/errors.js';
import type { LinkKey } from '../../core/key.js';
import type { Link } from '../../core/link.js';
import { LEASE_MS } from '../../core/protocol/limits.js';
import { byId, isDisabled, setBusy, setDisabled, showText } from '../parts/elements.js';
import { ErrorNote } from '../parts/error-note.js';
import { formatDateTime, formatTimeOfDay, formatTimeUntil, formatWait } from '../parts/format.js';
import { translate, translatePlural } from '../parts/language.js';
import { codeOf, type Outcome, outcomeOf, showOutcome } from '../parts/outcomes.js';
import { passphraseField } from '../parts/show-hide-button.js';
import { type AddressBar, readAddressBar, removeKey } from './address-bar.js';
import { KeyField } from './key-field.js';
import { showSecret } from './revealed-view.js';

/** Long enough to receive the largest secret over a slow line, in milliseconds. */
const TIMEOUT_MS = 30_000;

const SECOND_MS = 1_000;

/** What the form can do with a link: ask for its status, or read it. Rejects with the client's errors. */
type Action = (link: Link, signal: AbortSignal) => Promise<void>;

/** Starts the page for the link in the address bar. */
export function startRevealPage(): void {
  try {
    new RevealForm(readAddressBar()).start();
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    showOutcome(outcomeOf(error));
  }
}

class RevealForm {
  readonly #addressBar: AddressBar;
  readonly #keyField: KeyField;
  readonly #passphrase = passphraseField('passphrase');
  readonly #submit = byId('reveal-submit', HTMLButtonElement);
  readonly #check = byId('reveal-check', HTMLButtonElement);
  readonly #status = byId('reveal-status', HTMLElement);
  readonly #errors = new ErrorNote('reveal-error');
  /**
   * Sent with each read: for a minute the server repeats a read of the same claim (core/protocol/PROTOCOL.md section 4,
   * Read).
   */
  readonly #claim = newClaim();
  /** Whether this page has tried to read. The status can then be `read` because of this page itself. */
  #hasTriedToRead = false;
  /** Until when a version 1 secret that was read with a wrong key can be read again; milliseconds since 1970. */
  #claimedUntil: number | undefined;
  /** Aborts the action that is still running. */
  #running = new AbortController();

  constructor(addressBar: AddressBar) {
    this.#addressBar = addressBar;
    this.#keyField = new KeyField(addressBar.address, (key) => this.#showKey(key));
    byId('reveal-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      const working = translate('reveal.working');
      void this.#runFromButton(this.#submit, working, (link, signal) => this.#read(link, signal));
    });
    this.#check.addEventListener('click', () => {
      void this.#runFromButton(this.#check, '…', (link, signal) => this.#showStatus(link, signal));
    });
  }

  /** Uses the key of the address bar, or asks for the key where the link came without it. */
  start(): void {
    if (this.#addressBar.key !== null) this.#showKey(this.#addressBar.key);
    else this.#keyField.show();
  }

  /** Shows the passphrase field if this key needs a passphrase. If not, checks whether the secret is still there. */
  #showKey(key: LinkKey): void {
    if (isDisabled(this.#submit)) return;
    byId('passphrase-part', HTMLElement).hidden = !key.passphrase;
    this.#check.hidden = !key.passphrase || this.#hasTriedToRead;
    showText(this.#status, translate(key.version === 1 ? 'reveal.version1' : 'reveal.unchecked'));
    if (key.version === 1 || key.passphrase || this.#hasTriedToRead) return;
    this.#errors.clear();
    this.#status.classList.add('reserves-room');
    showText(this.#status, translate('reveal.checking'));
    void this.#run((link, signal) => this.#showStatus(link, signal), { ...this.#addressBar.address, key });
  }

  /** Runs the action of a button that was clicked, unless key or passphrase are missing. */
  async #runFromButton(button: HTMLButtonElement, busyText: string, action: Action): Promise<void> {
    if (isDisabled(this.#submit) || isDisabled(this.#check)) return;
    this.#errors.clear();
    const link = this.#enteredLink();
    if (link === null) return;
    const done = setBusy(button, busyText);
    await this.#run(action, link, done);
  }

  /** The link with the key that was entered or came with it. `null` when key or passphrase are missing: it says so. */
  #enteredLink(): Link | null {
    const { key: ownKey, address } = this.#addressBar;
    const key = ownKey === null || this.#keyField.isShown ? this.#keyField.read(this.#errors) : ownKey;
    if (key === null) return null;
    if (!key.passphrase || this.#passphrase.value !== '') return { ...address, key };
    this.#errors.showFieldError(this.#passphrase, 'error.passphraseMissing');
    return null;
  }

  /** Runs an action and shows its error. An action that is still running is aborted first. */
  async #run(action: Action, link: Link, done: () => void = () => undefined): Promise<void> {
    this.#running.abort();
    this.#running = new AbortController();
    const { signal } = this.#running;
    try {
      await action(link, signal);
      done();
    } catch (error) {
      done();
      if (!signal.aborted) await this.#showError(error, link);
    }
  }

  async #showStatus(link: Link, signal: AbortSignal): Promise<void> {
    const status = await secretStatus(link, { ...this.#passphraseOption(link), signal });
    if (status.state !== 'waiting') return this.#end(status.state, status);
    const { expiresAt, views, viewsLeft } = status;
    const stillThere = document.createElement('strong');
    stillThere.textContent = translate('reveal.stillThere');
    const waiting = translate('reveal.waiting', {
      in: formatTimeUntil(expiresAt, Date.now()),
      at: formatDateTime(expiresAt),
    });
    const left = views === 1 ? '' : ` ${translatePlural('reveal.viewsLeft', viewsLeft)}`;
    this.#status.replaceChildren(stillThere, document.createElement('br'), waiting + left);
  }

  async #read(link: Link, signal: AbortSignal): Promise<void> {
    this.#hasTriedToRead = true;
    this.#check.hidden = true;
    const options = { ...this.#passphraseOption(link), claim: this.#claim, timeout: TIMEOUT_MS, signal };
    const reading = await readSecret(link, options);
    removeKey(this.#addressBar);
    this.#clearFields();
    showSecret(reading);
    try {
      await reading.acknowledge();
    } catch (error) {
      // The visitor has the secret. Without the acknowledgment, the server deletes it when the claim ends.
      if (!(error instanceof ZephrError)) throw error;
    }
  }

  #passphraseOption({ key }: Link): { passphrase?: string } {
    return key.passphrase ? { passphrase: this.#passphrase.value } : {};
  }

  #clearFields(): void {
    this.#keyField.clear();
    this.#passphrase.value = '';
  }

  async #showError(error: unknown, link: Link): Promise<void> {
    const outcome = outcomeOf(error);
    switch (outcome) {
      case 'read':
        return this.#end('read', await this.#statusOf(link));
      case 'wrongKey':
        return link.key.passphrase ? this.#askForPassphrase() : this.#askForKey('wrongKey');
      case 'decryptionFailed':
        // A version 1 key proves nothing before the read. Another can be tried until the claim ends.
        return link.key.version === 1 ? this.#askForKey('wrongKeyClaimed') : this.#end(outcome);
      case 'tooManyAttempts':
        return this.#disableFor(error instanceof ApiError ? (error.retryAfter ?? 1) : 1);
      case 'expired':
      case 'revoked':
      case 'notFound':
        return this.#end(outcome);
    }
    if (error instanceof ValidationError)
      return this.#errors.showFieldError(this.#passphrase, 'error.passphraseMalformed');
    if (outcome === 'unexpected') reportError(error);
    this.#offerRetry(outcome, error);
  }

  /** Lets the visitor try once more. A read that is tried again has the same claim, so it uses up no second view. */
  #offerRetry(outcome: Outcome, error: unknown): void {
    const replyLost = this.#hasTriedToRead && error instanceof NetworkError;
    this.#errors.showOutcome(replyLost ? 'lostReply' : outcome, { code: codeOf(error) });
    if (this.#hasTriedToRead) this.#submit.textContent = translate('button.tryAgain');
    else {
      this.#check.hidden = false;
      showText(this.#status, translate('reveal.unchecked'));
    }
  }

  #askForPassphrase(): void {
    this.#errors.showOutcome('wrongPassphrase');
    this.#errors.markField(this.#passphrase);
    this.#passphrase.select();
  }

  #askForKey(outcome: Outcome): void {
    this.#keyField.show();
    this.#submit.textContent = translate('reveal.submit');
    showText(this.#status, '');
    this.#claimedUntil ??= Date.now() + LEASE_MS;
    this.#errors.showOutcome(outcome, { time: formatTimeOfDay(this.#claimedUntil) });
    this.#errors.markField(this.#keyField.field);
  }

  /** Disables both buttons for some seconds, and counts them down. */
  #disableFor(seconds: number): void {
    this.#errors.showOutcome('tooManyAttempts', { time: formatWait(seconds) });
    const until = Date.now() + seconds * SECOND_MS;
    const tick = () => {
      const left = Math.ceil((until - Date.now()) / SECOND_MS);
      for (const button of [this.#submit, this.#check]) setDisabled(button, left > 0);
      this.#submit.textContent =
        left > 0 ? translate('reveal.submitIn', { time: formatWait(left) }) : translate('reveal.submit');
      if (left > 0) setTimeout(tick, SECOND_MS);
      else this.#errors.clear();
    };
    tick();
  }

  /** The status of a secret that has been read: it has the time. `undefined` where the server does not tell. */
  async #statusOf(link: Link): Promise<SecretStatus | undefined> {
    if (link.key.version === 1) return undefined;
    try {
      return await secretStatus(link, this.#passphraseOption(link));
    } catch (error) {
      if (!(error instanceof ZephrError)) throw error;
      return undefined;
    }
  }

  /** Shows an outcome that leaves nothing to try, and removes key and passphrase from the page. */
  #end(outcome: Outcome, status?: SecretStatus): void {
    removeKey(this.#addressBar);
    this.#clearFields();
    const at = outcome === 'read' ? status?.firstReadAt : undefined;
    showOutcome(outcome, at === undefined ? undefined : translate('read.textAt', { at: formatDateTime(at) }));
  }
}
