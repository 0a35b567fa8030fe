/** The page that a receipt link leads to: what became of a secret, for who sent it. It reads nothing. */

import type { SecretStatus } from '../../client/secret-status.js';
import { revokeSecret, secretStatus } from '../../client/status.js';
import { ValidationError } from '../../core/errors.js';
import { formatReceiptLink, parseReceiptLink, type ReceiptLink } from '../../core/links/receipt-links.js';
import { LEASE_MS } from '../../core/protocol/limits.js';
import { confirmationButton } from '../parts/controls/confirmation.js';
import { byId, showText, showView } from '../parts/elements.js';
import { ErrorNote } from '../parts/error-note.js';
import { escapeText, statusText } from '../parts/format.js';
import { translate, translatePlural } from '../parts/language.js';
import { codeOf, isPassing, outcomeOf, showOutcome } from '../parts/outcomes.js';
import { fetchFromServer, serverNow } from '../parts/page-fetch.js';
import { formatWhen } from '../parts/times.js';

/** How long it waits where the server would not, and after an error that may be gone the next time, in ms. */
const PAUSE_MS = 5_000;

/** A server that waits as it was asked to answers no sooner than this, in milliseconds, unless there is something new. */
const AT_ONCE_MS = 1_000;

/** The receipt link in the address bar; null where it holds another. */
export function readReceipt(): ReceiptLink | null {
  try {
    const link = parseReceiptLink(location.href);
    // Where the `#` became `%23` on the way, a reload would send the receipt to the server once more.
    if (location.hash === '') history.replaceState(null, '', formatReceiptLink(link));
    return link;
  } catch (error) {
    if (error instanceof ValidationError) return null;
    throw error;
  }
}

/** Starts the page. The receipt stays in the address bar: it opens nothing, and tells again later. */
export function startReceiptPage(link: ReceiptLink): void {
  showView('receipt', translate('receipt.title'));
  void new ReceiptView(link).follow();
}

class ReceiptView {
  readonly #link: ReceiptLink;
  readonly #status = byId('receipt-status', HTMLElement);
  readonly #errors = new ErrorNote('receipt-error');

  constructor(link: ReceiptLink) {
    this.#link = link;
    const ids = {
      button: 'receipt-revoke',
      buttons: 'receipt-buttons',
      question: 'revoke-confirm',
      no: 'revoke-no',
      yes: 'revoke-yes',
    };
    confirmationButton(ids, () => this.#revoke());
  }

  /** Shows the status, and each that it changes to, until nothing more can happen. */
  async follow(): Promise<void> {
    for (let seen: SecretStatus | undefined; ; ) {
      try {
        const askedAt = performance.now();
        const status = await secretStatus(this.#link, {
          fetch: fetchFromServer,
          ...(seen === undefined ? {} : { seen }),
        });
        this.#show(status);
        if (isSettled(status)) {
          if (status.state !== 'waiting') return;
          const isNews = status.viewsLeft !== seen?.viewsLeft;
          if (!isNews && performance.now() - askedAt < AT_ONCE_MS) await pause();
          seen = status;
        } else {
          // The server waits for the next read, not for a reader to say that this one has arrived.
          seen = undefined;
          await pause();
        }
      } catch (error) {
        if (!isPassing(error)) {
          const outcome = outcomeOf(error);
          if (outcome === 'unexpected') reportError(error);
          showOutcome(outcome, translate(`${outcome}.text`, { code: codeOf(error) }));
          return;
        }
        showText(this.#status, translate('answers.offline'));
        seen = undefined;
        await pause();
      }
    }
  }

  #show(status: SecretStatus): void {
    const { wrongPassphrases = 0 } = status;
    const wrong = wrongPassphrases === 0 ? '' : ` ${translatePlural('receipt.wrong', wrongPassphrases)}`;
    showText(this.#status, statusText(status) + wrong);
    const facts = byId('receipt-facts', HTMLElement);
    facts.replaceChildren(...factsOf(status).flatMap(([name, values, own]) => fact(name, values, own)));
    facts.hidden = false;
    byId('receipt-end', HTMLElement).hidden = status.state !== 'waiting';
  }

  async #revoke(): Promise<void> {
    this.#errors.clear();
    try {
      await revokeSecret(this.#link, { fetch: fetchFromServer });
      this.#show(await secretStatus(this.#link, { fetch: fetchFromServer }));
      this.#status.scrollIntoView({ block: 'nearest' });
    } catch (error) {
      this.#errors.showError(error);
    }
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}

/** Whether every reader has said that the secret arrived, or has no more time to. */
function isSettled({ reads = [] }: SecretStatus): boolean {
  const since = serverNow() - LEASE_MS;
  return reads.every(({ at, acknowledged }) => acknowledged || Date.parse(at) < since);
}

/** A name, its values, and whether they are the sender's own words. */
type Fact = readonly [string, readonly string[], boolean?];

function factsOf({ state, hint, createdAt, expiresAt, reads = [] }: SecretStatus): Fact[] {
  const times = reads.map(({ at, acknowledged }) =>
    translate(acknowledged ? 'receipt.arrived' : 'receipt.unconfirmed', { at: formatWhen(at) }),
  );
  return [
    ...(hint === undefined ? [] : [[translate('revealed.hint'), [escapeText(hint)], true] as const]),
    [translate('receipt.created'), [formatWhen(createdAt)]],
    [translate(state === 'expired' ? 'receipt.expired' : 'receipt.expires'), [formatWhen(expiresAt)]],
    ...(times.length === 0 ? [] : [[translate('receipt.reads'), times] as const]),
  ];
}

function fact(name: string, values: readonly string[], own = false): HTMLElement[] {
  const term = document.createElement('dt');
  term.textContent = name;
  const descriptions = values.map((value) => {
    const description = document.createElement('dd');
    description.textContent = value;
    if (own) {
      description.lang = '';
      description.dir = 'auto';
      description.translate = false;
    }
    return description;
  });
  return [term, ...descriptions];
}
