/** The view of a secret that was just created: its link, and what its sender can do with it from here. */

import type { SecretLink } from '../../client/create/create.js';
import type { CreateSecretOptions } from '../../client/create/options.js';
import type { SecretStatus } from '../../client/secret-status.js';
import { revokeSecret, secretStatus } from '../../client/status.js';
import type { LinkOrPair } from '../../core/links/link-or-pair.js';
import { confirmationButton } from '../parts/controls/confirmation.js';
import { copyButton, shareButton, startReceiptLink } from '../parts/controls/copy-button.js';
import { showQrCode } from '../parts/controls/show-qr-code.js';
import { byId, isDisabled, setBusy, showText, showView } from '../parts/elements.js';
import { ErrorNote } from '../parts/error-note.js';
import { statusText } from '../parts/format.js';
import { translate, translatePlural } from '../parts/language.js';
import { LeaveGuard } from '../parts/leave-guard.js';
import { fetchFromServer, serverNow } from '../parts/page-fetch.js';
import { formatAhead, formatTimeOfDay } from '../parts/times.js';

/** The secret that the view shows. Both are needed to ask for its status and to revoke it. */
interface CreatedSecret {
  readonly link: LinkOrPair;
  readonly options: Pick<CreateSecretOptions, 'passphrase'>;
  /** Whether it has a status and can be revoked: not in version 1. */
  readonly canBeAsked: boolean;
}

/**
 * Prepares the view.
 * @param onAnother is called when the sender wants to share another secret.
 * @returns a function that shows the view for a secret and the options it was created with.
 */
export function startCreatedView(
  onAnother: () => void,
): (created: SecretLink, options: CreateSecretOptions) => void {
  const link = byId('created-link', HTMLElement);
  const key = byId('created-key', HTMLElement);
  const showReceiptLink = startReceiptLink(false);
  const guard = new LeaveGuard('link');
  const uncopied = new Set<HTMLElement>();
  const onCopied = (part: HTMLElement) => {
    uncopied.delete(part);
    if (uncopied.size === 0) guard.release();
  };
  copyButton('copy-link', { element: link }, () => onCopied(link));
  copyButton('copy-key', { element: key }, () => onCopied(key));
  shareButton('share-link', link, () => onCopied(link));
  const actions = new Actions(() => guard.release());
  byId('created-another', HTMLButtonElement).addEventListener('click', async () => {
    if (!(await guard.confirm())) return;
    actions.clear();
    link.textContent = '';
    key.textContent = '';
    showReceiptLink(undefined);
    document.querySelector('#created-figure .qr')?.replaceChildren();
    onAnother();
  });
  return (created, options) => {
    const { passphrase } = options;
    uncopied.add(link);
    if (created.mode === 'split') uncopied.add(key);
    else uncopied.delete(key);
    guard.start();
    showLink(created);
    showReceiptLink(created.receiptLink);
    showTerms(created, options);
    actions.start({
      link: created.mode === 'split' ? created : created.fullLink,
      options: passphrase === undefined ? {} : { passphrase },
      canBeAsked: options.link !== 'v1',
    });
    showView('created', translate('created.title'));
  };
}

function showLink(created: SecretLink): void {
  const split = created.mode === 'split';
  const link = split ? created.url : created.fullLink;
  byId('created-heading', HTMLElement).textContent = translate(
    split ? 'created.headingSplit' : 'created.heading',
  );
  byId('created-link-label', HTMLElement).textContent = translate(split ? 'created.url' : 'created.link');
  byId('copy-link', HTMLButtonElement).textContent = translate(
    split ? 'created.copyUrl' : 'created.copyLink',
  );
  byId('created-link', HTMLElement).textContent = link;
  byId('created-key', HTMLElement).textContent = split ? created.key : '';
  byId('created-key-part', HTMLElement).hidden = !split;
  void showQrCode(byId('created-figure', HTMLElement), link, split ? 'created.qrUrl' : 'created.qrLink');
}

function showTerms({ mode, expiresAt }: SecretLink, { views = 1, passphrase }: CreateSecretOptions): void {
  const intro = mode === 'split' ? 'created.introSplit' : 'created.intro';
  byId('created-intro', HTMLElement).textContent = translatePlural(intro, views);
  byId('created-expires', HTMLElement).textContent = translate('created.expires', {
    ahead: formatAhead(expiresAt),
  });
  byId('created-passphrase', HTMLElement).hidden = passphrase === undefined;
}

/** The buttons that ask for the secret's status and revoke the secret. */
class Actions {
  readonly #check = byId('created-check', HTMLButtonElement);
  readonly #status = byId('created-status', HTMLElement);
  readonly #buttons = byId('created-buttons', HTMLElement);
  readonly #errors = new ErrorNote('created-error');
  readonly #onOver: () => void;
  readonly #stopAsking: () => void;
  #secret: CreatedSecret | undefined;

  /** @param onOver is called when it turns out that the link opens nothing any more. */
  constructor(onOver: () => void) {
    this.#onOver = onOver;
    this.#check.addEventListener('click', async () => {
      if (isDisabled(this.#check)) return;
      const done = setBusy(this.#check, '…');
      await this.#run((secret) => this.#showStatus(secret)).finally(done);
    });
    const ids = {
      button: 'created-revoke',
      buttons: 'created-buttons',
      question: 'revoke-confirm',
      no: 'revoke-no',
      yes: 'revoke-yes',
    };
    this.#stopAsking = confirmationButton(ids, () => this.#run((secret) => this.#revoke(secret)));
  }

  /** Makes the buttons act on this secret. */
  start(secret: CreatedSecret): void {
    this.#secret = secret;
    this.#errors.clear();
    this.#stopAsking();
    this.#buttons.hidden = !secret.canBeAsked;
    showText(this.#status, '');
    byId('created-card', HTMLElement).hidden = false;
  }

  /** Drops the link and the passphrase: the buttons do nothing until the next `start`. */
  clear(): void {
    this.#secret = undefined;
  }

  async #run(action: (secret: CreatedSecret) => Promise<void>): Promise<void> {
    if (this.#secret === undefined) return;
    this.#errors.clear();
    try {
      await action(this.#secret);
    } catch (error) {
      this.#errors.showError(error);
    }
  }

  async #revoke({ link, options }: CreatedSecret): Promise<void> {
    await revokeSecret(link, { ...options, fetch: fetchFromServer });
    this.#showOutcome('revoked', translate('status.revoked'));
  }

  async #showStatus({ link, options }: CreatedSecret): Promise<void> {
    const status = await secretStatus(link, { ...options, fetch: fetchFromServer });
    const text = `${statusText(status)} ${translate('status.checked', { time: formatTimeOfDay(serverNow()) })}`;
    if (status.state === 'waiting') showText(this.#status, text);
    else this.#showOutcome(status.state, text);
  }

  /** Shows what became of the secret in place of its link, which opens nothing any more. */
  #showOutcome(outcome: Exclude<SecretStatus['state'], 'waiting'>, text: string): void {
    this.#onOver();
    const heading = byId('created-heading', HTMLElement);
    heading.textContent = translate(`${outcome}.heading`);
    byId('created-intro', HTMLElement).textContent = text;
    byId('created-card', HTMLElement).hidden = true;
    heading.focus();
  }
}
