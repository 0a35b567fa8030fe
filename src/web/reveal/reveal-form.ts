/** The page that opens links. Until the click nothing is used up; after it, nothing that can be saved is lost. */

import { newClaim, readSecret } from '../../client/read.js';
import { type SecretStatus, secretStatus } from '../../client/status.js';
import { ApiError, NetworkError, ValidationError, ZephrError } from '../../core/errors.js';
import type { LinkKey } from '../../core/key.js';
import type { Link } from '../../core/link.js';
import { LEASE_MS } from '../../core/protocol/limits.js';
import { busy, byId, isBusy, passphraseField, showText } from '../parts/elements.js';
import { ErrorNote } from '../parts/error-note.js';
import { clockTime, fromNow, localTime, waitingTime } from '../parts/format.js';
import { say, sayCount } from '../parts/language.js';
import { codeOf, type Ending, endingOf, showEnding } from '../parts/outcomes.js';
import { type AddressBar, forgetKey, readAddressBar } from './address-bar.js';
import { KeyField } from './key-field.js';
import { showSecret } from './revealed-view.js';

/** Long enough for the largest secret over a slow line, in milliseconds. */
const TIMEOUT_MS = 30_000;

const SECOND_MS = 1_000;

/** Something to ask the server about a link. */
type Question = (link: Link, signal: AbortSignal) => Promise<void>;

/** Starts the page for the link in the address bar. */
export function startRevealPage(): void {
  try {
    new Offer(readAddressBar()).begin();
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    showEnding(endingOf(error));
  }
}

/** A secret that may still be there, and what it takes to open it. */
class Offer {
  readonly #bar: AddressBar;
  readonly #keyField: KeyField;
  readonly #passphrase = passphraseField('passphrase');
  readonly #submit = byId('offer-submit', HTMLButtonElement);
  readonly #check = byId('offer-check', HTMLButtonElement);
  readonly #status = byId('offer-status', HTMLElement);
  readonly #errors = new ErrorNote('offer-error');
  /** Names this page to the server: what it has taken once it can ask for again. */
  readonly #claim = newClaim();
  /** Whether this page may have taken the secret. Its status then says nothing about others. */
  #asked = false;
  /** Until when what was taken with a wrong key can be asked for again; milliseconds since 1970. */
  #heldUntil: number | undefined;
  #question = new AbortController();

  constructor(bar: AddressBar) {
    this.#bar = bar;
    this.#keyField = new KeyField(bar.address, (key) => this.#consider(key));
    byId('offer-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#click(this.#submit, say('reveal.working'), (link, signal) => this.#read(link, signal));
    });
    this.#check.addEventListener('click', () => {
      void this.#click(this.#check, '…', (link, signal) => this.#showStatus(link, signal));
    });
  }

  begin(): void {
    if (this.#bar.key !== null) this.#consider(this.#bar.key);
    else this.#keyField.show();
  }

  /** Asks for what a key needs beside it. Where it needs nothing, finds out whether the secret is still there. */
  #consider(key: LinkKey): void {
    if (isBusy(this.#submit)) return;
    byId('passphrase-part', HTMLElement).hidden = !key.passphrase;
    this.#check.hidden = !key.passphrase || this.#asked;
    showText(this.#status, say(key.version === 1 ? 'reveal.version1' : 'reveal.unchecked'));
    if (key.version === 1 || key.passphrase || this.#asked) return;
    this.#errors.clear();
    this.#status.classList.add('roomy');
    showText(this.#status, say('reveal.checking'));
    void this.#ask((link, signal) => this.#showStatus(link, signal), { ...this.#bar.address, key });
  }

  /** Asks what a button is for, if everything that it takes is there. */
  async #click(button: HTMLButtonElement, words: string, question: Question): Promise<void> {
    if (isBusy(this.#submit) || isBusy(this.#check)) return;
    this.#errors.clear();
    const link = this.#wholeLink();
    if (link === null) return;
    const done = busy(button, words);
    await this.#ask(question, link, done);
  }

  #wholeLink(): Link | null {
    const { key: given, address } = this.#bar;
    const key = given === null || this.#keyField.shown ? this.#keyField.read(this.#errors) : given;
    if (key === null) return null;
    if (!key.passphrase || this.#passphrase.value !== '') return { ...address, key };
    this.#errors.field(this.#passphrase, 'error.passphraseMissing');
    return null;
  }

  /** Asks, and says what went wrong. A question that is still open is dropped for it. */
  async #ask(question: Question, link: Link, done: () => void = () => undefined): Promise<void> {
    this.#question.abort();
    this.#question = new AbortController();
    const { signal } = this.#question;
    try {
      await question(link, signal);
      done();
    } catch (error) {
      done();
      if (!signal.aborted) await this.#explain(error, link);
    }
  }

  async #showStatus(link: Link, signal: AbortSignal): Promise<void> {
    const status = await secretStatus(link, { ...this.#secondFactor(link), signal });
    if (status.state !== 'waiting') return this.#end(status.state, status);
    const { expiresAt, views, viewsLeft } = status;
    const there = document.createElement('strong');
    there.textContent = say('reveal.there');
    const waiting = say('reveal.waiting', { in: fromNow(expiresAt, Date.now()), at: localTime(expiresAt) });
    const left = views === 1 ? '' : ` ${sayCount('reveal.viewsLeft', viewsLeft)}`;
    this.#status.replaceChildren(there, document.createElement('br'), waiting + left);
  }

  async #read(link: Link, signal: AbortSignal): Promise<void> {
    this.#asked = true;
    this.#check.hidden = true;
    const options = { ...this.#secondFactor(link), claim: this.#claim, timeout: TIMEOUT_MS, signal };
    const reading = await readSecret(link, options);
    forgetKey(this.#bar);
    this.#forgetInput();
    showSecret(reading);
    try {
      await reading.acknowledge();
    } catch (error) {
      // The secret is here. Unacknowledged, the server forgets it by itself, within a minute or two.
      if (!(error instanceof ZephrError)) throw error;
    }
  }

  #secondFactor({ key }: Link): { passphrase?: string } {
    return key.passphrase ? { passphrase: this.#passphrase.value } : {};
  }

  #forgetInput(): void {
    this.#keyField.clear();
    this.#passphrase.value = '';
  }

  async #explain(error: unknown, link: Link): Promise<void> {
    const ending = endingOf(error);
    switch (ending) {
      case 'read':
        return this.#end('read', await this.#statusOf(link));
      case 'wrongKey':
        return link.key.passphrase ? this.#refuse('wrongPassphrase') : this.#askForKey('wrongKey');
      case 'unreadable':
        // Version 1 proves nothing before it is read: the key can be corrected while the claim holds.
        return link.key.version === 1 ? this.#askForKey('wrongKeyTaken') : this.#end(ending);
      case 'tooManyTries':
        return this.#holdBack(error instanceof ApiError ? (error.retryAfter ?? 1) : 1);
      case 'expired':
      case 'revoked':
      case 'unknown':
        return this.#end(ending);
    }
    if (error instanceof ValidationError)
      return this.#errors.field(this.#passphrase, 'error.passphraseMalformed');
    if (ending === 'unforeseen') reportError(error);
    this.#offerAnotherTry(ending, error);
  }

  /** The same question once more: for the secret with the same claim, which takes nothing twice. */
  #offerAnotherTry(ending: Ending, error: unknown): void {
    const lost = this.#asked && error instanceof NetworkError;
    this.#errors.ending(lost ? 'lostReply' : ending, { code: codeOf(error) });
    if (this.#asked) this.#submit.textContent = say('ending.tryAgain');
    else {
      this.#check.hidden = false;
      showText(this.#status, say('reveal.unchecked'));
    }
  }

  #refuse(ending: Ending): void {
    this.#errors.ending(ending);
    this.#errors.mark(this.#passphrase);
    this.#passphrase.select();
  }

  #askForKey(ending: Ending): void {
    this.#keyField.show();
    this.#submit.textContent = say('reveal.submit');
    showText(this.#status, '');
    this.#heldUntil ??= Date.now() + LEASE_MS;
    this.#errors.ending(ending, { time: clockTime(this.#heldUntil) });
    this.#errors.mark(this.#keyField.field);
  }

  /** Keeps the buttons from being pressed for some seconds. */
  #holdBack(wait: number): void {
    this.#errors.ending('tooManyTries', { time: waitingTime(wait) });
    const until = Date.now() + wait * SECOND_MS;
    const tick = () => {
      const left = Math.ceil((until - Date.now()) / SECOND_MS);
      for (const button of [this.#submit, this.#check])
        button.setAttribute('aria-disabled', String(left > 0));
      this.#submit.textContent =
        left > 0 ? say('reveal.submitIn', { time: waitingTime(left) }) : say('reveal.submit');
      if (left > 0) setTimeout(tick, SECOND_MS);
      else this.#errors.clear();
    };
    tick();
  }

  /** What can be known of a secret that was read: when, if its key can prove itself. */
  async #statusOf(link: Link): Promise<SecretStatus | undefined> {
    if (link.key.version === 1) return undefined;
    try {
      return await secretStatus(link, this.#secondFactor(link));
    } catch (error) {
      if (!(error instanceof ZephrError)) throw error;
      return undefined;
    }
  }

  #end(ending: Ending, status?: SecretStatus): void {
    forgetKey(this.#bar);
    this.#forgetInput();
    const at = ending === 'read' ? status?.firstReadAt : undefined;
    showEnding(ending, at === undefined ? undefined : say('read.textAt', { at: localTime(at) }));
  }
}
