/** What is shown of a secret that was just made: its link, and what its maker can still do. */

import type { CreateSecretOptions, SecretLink } from '../../client/create.js';
import type { LinkOrPair } from '../../client/link-or-pair.js';
import { revokeSecret, type SecretStatus, secretStatus } from '../../client/status.js';
import { copyButton } from '../parts/copy-button.js';
import { busy, byId, isBusy, showText, showView } from '../parts/elements.js';
import { ErrorNote } from '../parts/error-note.js';
import { fromNow, localTime } from '../parts/format.js';
import { say, sayCount } from '../parts/language.js';
import { codeOf, endingOf, statusText } from '../parts/outcomes.js';
import { drawQrCode } from './qr-code.js';

/** A secret whose link is shown. */
interface Made {
  readonly link: LinkOrPair;
  readonly passphrase?: string;
}

/**
 * Prepares the view.
 * @param onAnother is called when the maker wants to share another secret.
 * @returns what shows a secret that was made with some options.
 */
export function startCreatedView(
  onAnother: () => void,
): (created: SecretLink, options: CreateSecretOptions) => void {
  const link = byId('created-link', HTMLElement);
  const key = byId('created-key', HTMLElement);
  copyButton('copy-link', link);
  copyButton('copy-key', key);
  const actions = new Actions();
  byId('created-another', HTMLButtonElement).addEventListener('click', () => {
    actions.forget();
    link.textContent = '';
    key.textContent = '';
    byId('created-qr', HTMLElement).replaceChildren();
    onAnother();
  });
  return (created, options) => {
    showLinks(created);
    showTerms(created, options);
    actions.begin({
      link: created.mode === 'split' ? created : created.fullLink,
      ...(options.passphrase === undefined ? {} : { passphrase: options.passphrase }),
    });
    showView('created', say('created.title'));
  };
}

function showLinks(created: SecretLink): void {
  const split = created.mode === 'split';
  const first = split ? created.url : created.fullLink;
  byId('created-heading', HTMLElement).textContent = say(split ? 'created.headingSplit' : 'created.heading');
  byId('created-link-label', HTMLElement).textContent = say(split ? 'created.url' : 'created.link');
  byId('copy-link', HTMLButtonElement).textContent = say(split ? 'created.copyUrl' : 'created.copyLink');
  byId('created-link', HTMLElement).textContent = first;
  byId('created-key', HTMLElement).textContent = split ? created.key : '';
  byId('created-key-part', HTMLElement).hidden = !split;
  const code = drawQrCode(first);
  const name = say(split ? 'created.qrUrl' : 'created.qrLink');
  code.setAttribute('aria-label', name);
  byId('created-qr', HTMLElement).replaceChildren(code);
  byId('created-qr-name', HTMLElement).textContent = name;
}

function showTerms({ mode, expiresAt }: SecretLink, { views = 1, passphrase }: CreateSecretOptions): void {
  const intro = mode === 'split' ? 'created.introSplit' : 'created.intro';
  byId('created-intro', HTMLElement).textContent = sayCount(intro, views);
  byId('created-expires', HTMLElement).textContent = say('created.expires', {
    in: fromNow(expiresAt, Date.now()),
    at: localTime(expiresAt),
  });
  byId('created-passphrase', HTMLElement).hidden = passphrase === undefined;
}

/** Asking after the secret, and revoking it. */
class Actions {
  readonly #check = byId('created-check', HTMLButtonElement);
  readonly #revoke = byId('created-revoke', HTMLButtonElement);
  readonly #ask = byId('revoke-ask', HTMLElement);
  readonly #confirm = byId('revoke-yes', HTMLButtonElement);
  readonly #status = byId('created-status', HTMLElement);
  readonly #errors = new ErrorNote('created-error');
  #made: Made | undefined;

  constructor() {
    this.#check.addEventListener('click', () => this.#run(this.#check, (made) => this.#showStatus(made)));
    this.#revoke.addEventListener('click', () => this.#askFirst(true));
    byId('revoke-no', HTMLButtonElement).addEventListener('click', () => {
      this.#askFirst(false);
      this.#revoke.focus();
    });
    this.#confirm.addEventListener('click', () =>
      this.#run(this.#confirm, async ({ link, passphrase }) => {
        await revokeSecret(link, passphrase === undefined ? {} : { passphrase });
        this.#end('revoked', say('status.revoked'));
      }),
    );
  }

  begin(made: Made): void {
    this.#made = made;
    this.#errors.clear();
    this.#askFirst(false);
    showText(this.#status, '');
    byId('created-card', HTMLElement).hidden = false;
  }

  forget(): void {
    this.#made = undefined;
  }

  async #run(button: HTMLButtonElement, action: (made: Made) => Promise<void>): Promise<void> {
    if (this.#made === undefined || isBusy(button)) return;
    this.#errors.clear();
    const done = busy(button, '…');
    try {
      await action(this.#made);
    } catch (error) {
      const ending = endingOf(error);
      if (ending === 'unforeseen') reportError(error);
      this.#errors.ending(ending, { code: codeOf(error) });
    } finally {
      done();
    }
  }

  async #showStatus({ link, passphrase }: Made): Promise<void> {
    const status = await secretStatus(link, passphrase === undefined ? {} : { passphrase });
    const words = statusText(status, Date.now());
    if (status.state === 'waiting') showText(this.#status, words);
    else this.#end(status.state, words);
  }

  /** The link does nothing any more: it gives way to what became of it. */
  #end(ending: Exclude<SecretStatus['state'], 'waiting'>, words: string): void {
    const heading = byId('created-heading', HTMLElement);
    heading.textContent = say(`${ending}.heading`);
    byId('created-intro', HTMLElement).textContent = words;
    byId('created-card', HTMLElement).hidden = true;
    heading.focus();
  }

  #askFirst(asking: boolean): void {
    this.#ask.hidden = !asking;
    byId('created-buttons', HTMLElement).hidden = asking;
    if (asking) byId('revoke-no', HTMLButtonElement).focus();
  }
}
