/**
 * The page that opens links: its form, from the link in the address bar to the click that reads the secret. Before the
 * click nothing is used up.
 */

import type { SecretStatus } from '../../client/secret-status.js';
import { secretStatus } from '../../client/status.js';
import { ZephrError } from '../../core/errors.js';
import { type Link, parseServer } from '../../core/link.js';
import type { CodeField } from '../parts/controls/code-field.js';
import { SolvingStatus } from '../parts/controls/solving-status.js';
import { byId, isDisabled, setBusy, showText } from '../parts/elements.js';
import { escapeText } from '../parts/format.js';
import { translate, translatePlural } from '../parts/language.js';
import { isAboutCode, showOutcome } from '../parts/outcomes.js';
import { serverNow } from '../parts/page-fetch.js';
import { formatAhead, formatTimeOfDay } from '../parts/times.js';
import { readableAhead } from '../parts/too-early.js';
import { type AddressBar, readAddressBar, removeKey } from './address-bar.js';
import { FailedTry } from './failed-try.js';
import { showFinalOutcome } from './final-outcome.js';
import { RevealFields } from './reveal-fields.js';
import { Visit, type VisitOptions } from './visit.js';

/** What the form can do with a link: ask for its status, or read it. Rejects with the client's errors. */
type Action = (link: Link, signal: AbortSignal) => Promise<void>;

/** Starts the page for the link in the address bar. */
export function startRevealPage(): void {
  const addressBar = readAddressBar();
  if (addressBar.damage === 'tooNew') showOutcome('tooNew');
  else new RevealForm(addressBar).start();
}

class RevealForm {
  readonly #addressBar: AddressBar;
  readonly #fields: RevealFields;
  readonly #visit = new Visit({
    onForget: removeKey,
    onDone: (at) => showFinalOutcome('openedHere', at),
  });
  readonly #failedTry: FailedTry;
  readonly #solving: SolvingStatus;
  /** There once a code was asked for. */
  #code: CodeField | undefined;
  /** Aborts the action that is still running. */
  #running = new AbortController();

  constructor(addressBar: AddressBar) {
    this.#addressBar = addressBar;
    this.#fields = new RevealFields(addressBar.address, {
      server: parseServer(new URL('..', location.href).href),
      onLink: (link) => {
        // What is left of the other link has served; what was typed does not belong into the browser's history.
        removeKey(link);
        this.#code?.hide();
        this.#showLink(link);
      },
    });
    this.#failedTry = new FailedTry(this.#fields, this.#visit);
    const { submit, check, status } = this.#fields;
    this.#solving = new SolvingStatus(status, () => translate('reveal.unchecked'));
    byId('reveal-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      const working = translate('reveal.working');
      void this.#runFromButton(submit, working, (link, signal) => this.#read(link, signal));
    });
    check.addEventListener('click', () => {
      void this.#runFromButton(check, '…', (link, signal) => this.#showStatus(link, signal));
    });
  }

  /** Uses the link of the address bar as far as it is whole, and asks for the rest. */
  start(): void {
    const { address, key, damage } = this.#addressBar;
    if (damage !== undefined) {
      this.#failedTry.askForLink(damage);
      return;
    }
    const link = key === null ? null : { ...address, key };
    const { claimedUntil, outcome, at } = this.#visit.recordOf(address);
    if (claimedUntil !== null) this.#resume(link, claimedUntil);
    // Nothing but reading can tell what has become of a version 1 secret.
    else if (outcome !== undefined && key?.version !== 2) showFinalOutcome(outcome, at);
    else if (link !== null) this.#showLink(link);
    else {
      showText(this.#fields.status, translate('reveal.incomplete'));
      this.#fields.link.show();
    }
  }

  /** Reads again what this tab has read a moment ago: at once, unless the visitor has to type something for it. */
  #resume(link: Link | null, until: number): void {
    const { status, submit } = this.#fields;
    this.#visit.hasTriedToRead = true;
    showText(status, translate('reveal.resume', { time: formatTimeOfDay(until) }));
    if (link === null) this.#fields.link.show();
    else {
      this.#showLink(link);
      if (!link.key.passphrase) submit.click();
    }
  }

  /** Shows the passphrase field if this key needs a passphrase. If not, checks whether the secret is still there. */
  #showLink(link: Link): void {
    const { version, passphrase } = link.key;
    const { submit, check, status, errors } = this.#fields;
    if (isDisabled(submit)) return;
    this.#fields.showPassphrase(passphrase);
    check.hidden = !passphrase || this.#visit.hasTriedToRead;
    if (this.#visit.hasTriedToRead) return;
    showText(status, translate(version === 1 ? 'reveal.version1' : 'reveal.unchecked'));
    if (version === 1 || passphrase) return;
    errors.clear();
    status.classList.add('reserves-room');
    showText(status, translate('reveal.checking'));
    void this.#run((given, signal) => this.#showStatus(given, signal), link);
  }

  /** Runs the action of a button that was clicked, unless link or passphrase are missing. */
  async #runFromButton(button: HTMLButtonElement, busyText: string, action: Action): Promise<void> {
    const { submit, check, errors } = this.#fields;
    if (isDisabled(submit) || isDisabled(check)) return;
    errors.clear();
    const link = this.#enteredLink();
    if (link === null) return;
    const done = setBusy(button, busyText);
    await this.#run(action, link, done);
  }

  /** The link that was entered or came whole. `null` when it or the passphrase are missing: it says so. */
  #enteredLink(): Link | null {
    const { address, key } = this.#addressBar;
    const { link: linkField, passphrase, errors } = this.#fields;
    const isWhole = address !== null && key !== null && linkField.isEmpty;
    const link = isWhole ? { ...address, key } : linkField.read(errors);
    if (link === null) return null;
    if (!link.key.passphrase || passphrase.value !== '') return link;
    this.#fields.showPassphrase(true);
    errors.showFieldError(passphrase.field, 'error.passphraseMissing');
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
    if (status.state !== 'waiting') {
      this.#fields.clear();
      this.#visit.end(link, status.state, status);
      return;
    }
    const { expiresAt, views, viewsLeft, hint, notBefore = '' } = status;
    const stillThere = document.createElement('strong');
    stillThere.textContent = translate('reveal.stillThere');
    const waiting =
      Date.parse(notBefore) > serverNow()
        ? translate('tooEarly.text', { ahead: formatAhead(notBefore) })
        : translate('reveal.waiting', { ahead: formatAhead(expiresAt) });
    const left = views === 1 ? '' : ` ${translatePlural('reveal.viewsLeft', viewsLeft)}`;
    this.#fields.status.replaceChildren(stillThere, document.createElement('br'), waiting + left);
    this.#fields.showLabel(hint === undefined ? undefined : escapeText(hint));
  }

  async #read(link: Link, signal: AbortSignal): Promise<void> {
    this.#fields.check.hidden = true;
    const options = { ...this.#optionsFor(link), signal };
    const code = this.#code?.isShown ? this.#code.read() : undefined;
    if (code === null) return;
    try {
      const coded = code === undefined ? options : { ...options, code };
      await this.#visit.read(link, coded, () => this.#clear());
    } catch (error) {
      if (!isAboutCode(error)) throw error;
      if (code === undefined) await (await this.#codeField()).send(link, options);
      else this.#code?.refuse(error.code);
    }
  }

  /** The field for a code, once its part of the script is there. */
  async #codeField(): Promise<CodeField> {
    const { CodeField } = await import('../parts/controls/code-field.js');
    const { requestCode } = this.#visit;
    this.#code ??= new CodeField(this.#fields.errors, requestCode, () => {
      void this.#runFromButton(this.#fields.submit, '…', async (link, signal) => {
        await this.#code?.send(link, { ...this.#optionsFor(link), signal });
      });
    });
    return this.#code;
  }

  #clear(): void {
    this.#fields.clear();
    this.#code?.hide();
  }

  #optionsFor({ key }: Link): VisitOptions {
    const passphrase = key.passphrase ? { passphrase: this.#fields.passphrase.value } : {};
    return { fetch: this.#solving.fetch, ...passphrase };
  }

  async #showError(error: unknown, link: Link): Promise<void> {
    this.#solving.end();
    const ahead = await readableAhead(error, link, this.#optionsFor(link));
    const outcome = this.#failedTry.show(error, link, ahead);
    if (outcome === null) return;
    const status = outcome === 'read' ? await this.#statusOf(link) : undefined;
    this.#clear();
    this.#visit.end(link, outcome, status);
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
}
