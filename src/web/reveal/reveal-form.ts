/**
 * The page that opens links: its form, from the link in the address bar to the click that reads the secret. Before the
 * click nothing is used up. After it, a reply that is lost can be asked for again with the same claim, also when the
 * page was reloaded meanwhile.
 */

import { type Reading, readSecret } from '../../client/read.js';
import { type SecretStatus, secretStatus } from '../../client/status.js';
import { ApiError, NetworkError, ValidationError, ZephrError } from '../../core/errors.js';
import { formatAddress, type Link, parseServer, type SecretAddress } from '../../core/link.js';
import { LEASE_MS } from '../../core/protocol/limits.js';
import { byId, disableFor, isDisabled, setBusy, showText } from '../parts/elements.js';
import { ErrorNote } from '../parts/error-note.js';
import { formatTimeOfDay, formatWait } from '../parts/format.js';
import { translate, translatePlural } from '../parts/language.js';
import { codeOf, type Outcome, outcomeOf, showOutcome } from '../parts/outcomes.js';
import { fetchFromServer, timeAhead } from '../parts/server-clock.js';
import { passphraseField } from '../parts/show-hide-button.js';
import { type AddressBar, readAddressBar, removeKey } from './address-bar.js';
import { type FinalOutcome, showFinalOutcome } from './final-outcome.js';
import { LinkField } from './link-field.js';
import { showSecret } from './revealed-view.js';
import { VisitRecord } from './visit-record.js';

/** Long enough to receive the largest secret over a slow line, in milliseconds. */
const TIMEOUT_MS = 30_000;

/** What the form can do with a link: ask for its status, or read it. Rejects with the client's errors. */
type Action = (link: Link, signal: AbortSignal) => Promise<void>;

/** Starts the page for the link in the address bar. */
export function startRevealPage(): void {
  const addressBar = readAddressBar();
  if (addressBar.damage === 'tooNew') showOutcome('tooNew');
  else new RevealForm(addressBar).start();
}

/** Whether a read that failed has surely used up nothing. */
function isRefusal(error: unknown): boolean {
  if (error instanceof ValidationError) return true;
  return error instanceof ApiError && error.isVerdict && error.statusCode < 500;
}

/** Tells the server that the visitor has the secret. If that fails, the server deletes it when the lease ends. */
async function acknowledge(reading: Reading): Promise<void> {
  try {
    await reading.acknowledge();
  } catch (error) {
    if (!(error instanceof ZephrError)) throw error;
  }
}

class RevealForm {
  readonly #addressBar: AddressBar;
  readonly #linkField: LinkField;
  readonly #passphrase = passphraseField('passphrase');
  readonly #submit = byId('reveal-submit', HTMLButtonElement);
  readonly #check = byId('reveal-check', HTMLButtonElement);
  readonly #status = byId('reveal-status', HTMLElement);
  readonly #errors = new ErrorNote('reveal-error');
  readonly #records = new Map<string, VisitRecord>();
  /** Whether this page has tried to read. The status can then be `read` because of this page itself. */
  #hasTriedToRead = false;
  /** Until when a version 1 secret that was read with a wrong key can be read again; milliseconds since 1970. */
  #claimedUntil: number | undefined;
  /** Aborts the action that is still running. */
  #running = new AbortController();

  constructor(addressBar: AddressBar) {
    this.#addressBar = addressBar;
    const server = parseServer(new URL('..', location.href).href);
    this.#linkField = new LinkField(server, addressBar.address, (link) => {
      // What is left of the other link has served; what was typed does not belong into the browser's history.
      removeKey(link);
      this.#showLink(link);
    });
    byId('reveal-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      const working = translate('reveal.working');
      void this.#runFromButton(this.#submit, working, (link, signal) => this.#read(link, signal));
    });
    this.#check.addEventListener('click', () => {
      void this.#runFromButton(this.#check, '…', (link, signal) => this.#showStatus(link, signal));
    });
  }

  /** Uses the link of the address bar as far as it is whole, and asks for the rest. */
  start(): void {
    const { address, key, damage } = this.#addressBar;
    if (damage !== undefined) {
      this.#askForLink(damage);
      return;
    }
    const link = key === null ? null : { ...address, key };
    const { claimedUntil, outcome, at } = this.#recordOf(address);
    if (claimedUntil !== null) this.#resume(link, claimedUntil);
    // Nothing but reading can tell what has become of a version 1 secret.
    else if (outcome !== undefined && key?.version !== 2) showFinalOutcome(outcome, at);
    else if (link !== null) this.#showLink(link);
    else {
      showText(this.#status, translate('reveal.incomplete'));
      this.#linkField.show();
    }
  }

  /** Reads again what this tab has read a moment ago: at once, unless the visitor has to type something for it. */
  #resume(link: Link | null, until: number): void {
    this.#hasTriedToRead = true;
    showText(this.#status, translate('reveal.resume', { time: formatTimeOfDay(until) }));
    if (link === null) this.#linkField.show();
    else {
      this.#showLink(link);
      if (!link.key.passphrase) this.#submit.click();
    }
  }

  /** Shows the passphrase field if this key needs a passphrase. If not, checks whether the secret is still there. */
  #showLink(link: Link): void {
    const { version, passphrase } = link.key;
    if (isDisabled(this.#submit)) return;
    byId('passphrase-part', HTMLElement).hidden = !passphrase;
    this.#check.hidden = !passphrase || this.#hasTriedToRead;
    if (this.#hasTriedToRead) return;
    showText(this.#status, translate(version === 1 ? 'reveal.version1' : 'reveal.unchecked'));
    if (version === 1 || passphrase) return;
    this.#errors.clear();
    this.#status.classList.add('reserves-room');
    showText(this.#status, translate('reveal.checking'));
    void this.#run((given, signal) => this.#showStatus(given, signal), link);
  }

  /** Runs the action of a button that was clicked, unless link or passphrase are missing. */
  async #runFromButton(button: HTMLButtonElement, busyText: string, action: Action): Promise<void> {
    if (isDisabled(this.#submit) || isDisabled(this.#check)) return;
    this.#errors.clear();
    const link = this.#enteredLink();
    if (link === null) return;
    const done = setBusy(button, busyText);
    await this.#run(action, link, done);
  }

  /** The link that was entered or came whole. `null` when it or the passphrase are missing: it says so. */
  #enteredLink(): Link | null {
    const { address, key } = this.#addressBar;
    const isWhole = address !== null && key !== null && this.#linkField.isEmpty;
    const link = isWhole ? { ...address, key } : this.#linkField.read(this.#errors);
    if (link === null) return null;
    if (!link.key.passphrase || this.#passphrase.value !== '') return link;
    byId('passphrase-part', HTMLElement).hidden = false;
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
    const status = await secretStatus(link, { ...this.#optionsFor(link), signal });
    if (status.state !== 'waiting') return this.#end(link, status.state, status);
    const { expiresAt, views, viewsLeft } = status;
    const stillThere = document.createElement('strong');
    stillThere.textContent = translate('reveal.stillThere');
    const waiting = translate('reveal.waiting', timeAhead(expiresAt));
    const left = views === 1 ? '' : ` ${translatePlural('reveal.viewsLeft', viewsLeft)}`;
    this.#status.replaceChildren(stillThere, document.createElement('br'), waiting + left);
  }

  async #read(link: Link, signal: AbortSignal): Promise<void> {
    this.#hasTriedToRead = true;
    this.#check.hidden = true;
    const record = this.#recordOf(link);
    const options = { ...this.#optionsFor(link), claim: record.claim(), timeout: TIMEOUT_MS };
    const reading = await readSecret(link, { ...options, signal }).catch((error: unknown) => {
      if (isRefusal(error)) record.refuse();
      else record.lose();
      throw error;
    });
    record.arrive();
    this.#clearFields();
    showSecret(reading, {
      onKept: () => {
        void acknowledge(reading);
        this.#forget(link, 'openedHere');
      },
      onDone: () => showFinalOutcome('openedHere', record.at),
    });
    // Such a server has forgotten the secret already.
    if (!reading.claimed) this.#forget(link, 'openedHere');
  }

  #recordOf(address: SecretAddress): VisitRecord {
    const name = formatAddress(address);
    const known = this.#records.get(name);
    if (known !== undefined) return known;
    const record: VisitRecord = new VisitRecord(address, () => {
      if (record.outcome === 'openedHere') removeKey(address);
    });
    this.#records.set(name, record);
    return record;
  }

  #optionsFor({ key }: Link): { fetch: typeof fetchFromServer; passphrase?: string } {
    const passphrase = key.passphrase ? { passphrase: this.#passphrase.value } : {};
    return { fetch: fetchFromServer, ...passphrase };
  }

  #clearFields(): void {
    this.#linkField.clear();
    this.#passphrase.value = '';
  }

  async #showError(error: unknown, link: Link): Promise<void> {
    const outcome = outcomeOf(error);
    switch (outcome) {
      case 'read':
        return this.#end(link, 'read', await this.#statusOf(link));
      case 'wrongPassphrase':
        return this.#askForPassphrase();
      case 'wrongKey':
        return link.key.passphrase ? this.#askForBoth() : this.#askForLink('wrongKey');
      case 'decryptionFailed':
        // With a claim that has read before, the server asks for no proof of the passphrase.
        if (link.key.passphrase && this.#recordOf(link).outcome === 'openedHere')
          return this.#askForPassphrase();
        // A version 1 key proves nothing before the read. Another can be tried until the claim ends.
        return link.key.version === 1 ? this.#askForLink('wrongKeyClaimed') : this.#end(link, outcome);
      case 'tooManyAttempts':
        return this.#askToWait(error instanceof ApiError ? (error.retryAfter ?? 1) : 1);
      case 'expired':
      case 'revoked':
      case 'notFound':
        return this.#end(link, outcome);
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

  /** For a server, or a secret, that does not tell a wrong passphrase from a wrong key. */
  #askForBoth(): void {
    this.#linkField.show();
    this.#errors.showOutcome('wrongEither');
    this.#errors.markField(this.#passphrase);
  }

  #askForLink(outcome: Outcome): void {
    this.#linkField.show();
    this.#submit.textContent = translate('reveal.submit');
    showText(this.#status, '');
    if (outcome === 'wrongKeyClaimed') this.#claimedUntil ??= Date.now() + LEASE_MS;
    const time = formatTimeOfDay(this.#claimedUntil ?? Date.now());
    this.#errors.showOutcome(outcome, { time });
    this.#errors.markField(this.#linkField.field);
  }

  #askToWait(seconds: number): void {
    this.#errors.showOutcome('tooManyAttempts', { time: formatWait(seconds) });
    disableFor([this.#submit, this.#check], seconds, (left) => {
      this.#submit.textContent =
        left > 0 ? translate('reveal.submitIn', { time: formatWait(left) }) : translate('reveal.submit');
      if (left === 0) this.#errors.clear();
    });
  }

  /** The status of a secret that has been read: it has the time. `undefined` where the server does not tell. */
  async #statusOf(link: Link): Promise<SecretStatus | undefined> {
    if (link.key.version === 1) return undefined;
    try {
      return await secretStatus(link, this.#optionsFor(link));
    } catch (error) {
      if (!(error instanceof ZephrError)) throw error;
      return undefined;
    }
  }

  /** Ends with an outcome that leaves nothing to try. A secret that is read may have been read here. */
  #end(link: Link, outcome: FinalOutcome, status?: SecretStatus): void {
    const record = this.#recordOf(link);
    const final = outcome === 'read' ? record.readOutcome : outcome;
    this.#clearFields();
    this.#forget(link, final);
    showFinalOutcome(final, final === 'read' ? (status?.firstReadAt ?? null) : record.at);
  }

  /** Removes the key from the address bar and the claim from the record. */
  #forget(link: Link, outcome: FinalOutcome): void {
    this.#recordOf(link).end(outcome);
    removeKey(link);
  }
}
