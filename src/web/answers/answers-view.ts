/** What came of a request: its state, its answers, and waiting for more of them. */

import { type CollectedAnswers, collectAnswers } from '../../client/requests/collect-answers.js';
import { cancelRequest } from '../../client/requests/request-status.js';
import { LONGEST_WAIT_MS } from '../../client/transport/send.js';
import type { CollectLink } from '../../core/links/request-links.js';
import { confirmationButton } from '../parts/controls/confirmation.js';
import { SolvingStatus } from '../parts/controls/solving-status.js';
import { byId, showText } from '../parts/elements.js';
import { ErrorNote } from '../parts/error-note.js';
import { translate, translatePlural } from '../parts/language.js';
import {
  codeOf,
  isAboutCode,
  isPassing,
  outcomeOf,
  outcomeOfRequest,
  showOutcome,
} from '../parts/outcomes.js';
import { fetchFromServer } from '../parts/page-fetch.js';
import { formatAhead } from '../parts/times.js';
import { readableAhead } from '../parts/too-early.js';
import type { Visit } from '../reveal/visit.js';
import { AnswerCode, type ChosenAnswer } from './answer-code.js';
import { answerRow } from './answer-row.js';

/** How long it asks for no more answers, while one waits to be read: the server tells at once as long as that is so. */
const PAUSE_MS = 5_000;

/** A server that waits as it was asked to answers no sooner than this, in milliseconds, unless there is something new. */
const AT_ONCE_MS = 1_000;

/** What the page around the view does. */
export interface AnswersReactions {
  /** An answer that was revealed is off the page again. */
  readonly onDone: () => void;
  /** An answer has been opened: who asked has what they wanted. */
  readonly onOpened: () => void;
}

/**
 * Follows a request on the page that its collect link leads to. The key stays in the address bar: it opens the other
 * answers, and those to come.
 */
export async function followRequest(link: CollectLink): Promise<void> {
  const view = new AnswersView(link, {
    // What was read is in no memory of the page that comes then.
    onDone: () => location.reload(),
    onOpened: () => undefined,
  });
  await view.follow();
}

/** The view. */
export class AnswersView {
  readonly #link: CollectLink;
  readonly #reactions: AnswersReactions;
  readonly #status = byId('answers-status', HTMLElement);
  readonly #list = byId('answers-list', HTMLUListElement);
  readonly #errors = new ErrorNote('answers-error');
  readonly #solving = new SolvingStatus(this.#status, () => this.#statusText);
  readonly #code = new AnswerCode(
    this.#errors,
    { fetch: this.#solving.fetch },
    {
      onSubmit: (chosen) => this.#reveal(chosen),
      onError: (error, chosen) => this.#showError(error, chosen),
    },
  );
  readonly #stop = new AbortController();
  /** The hashes of the keys of answers that were opened here: the key of one of them is none for another. */
  readonly #taken: Record<string, string> = {};
  #visit: Visit | undefined;
  #shown = '';
  #statusText = '';

  constructor(link: CollectLink, reactions: AnswersReactions) {
    this.#link = link;
    this.#reactions = reactions;
    const ids = {
      button: 'answers-cancel',
      buttons: 'answers-buttons',
      question: 'cancel-confirm',
      no: 'cancel-no',
      yes: 'cancel-yes',
    };
    confirmationButton(ids, () => this.#cancel());
  }

  /** Shows what there is, and what comes, until the request takes no more answers or one of them is opened. */
  async follow(): Promise<void> {
    for (let wait = 0; !this.#stop.signal.aborted; wait = LONGEST_WAIT_MS) {
      try {
        const askedAt = performance.now();
        const found = await this.#collect(wait);
        const hasWaited = wait === 0 || performance.now() - askedAt >= AT_ONCE_MS;
        await this.#show(found);
        if (found.state !== 'open') return;
        if (!hasWaited || found.answers.some(({ state }) => state === 'waiting')) await this.#pause();
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        if (!isPassing(error)) {
          this.#fail(error);
          return;
        }
        this.#showStatus(translate('answers.offline'));
        this.#shown = '';
        await this.#pause();
      }
    }
  }

  #collect(wait: number): Promise<CollectedAnswers> {
    const { signal } = this.#stop;
    return collectAnswers(this.#link, { wait, taken: this.#taken, signal, fetch: fetchFromServer });
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }

  /** Shows what was collected, if it is not what is shown: a list that is made anew takes the focus from its buttons. */
  async #show(found: CollectedAnswers): Promise<void> {
    const state = JSON.stringify([found, found.answers.map(({ keyHash }) => keyHash)]);
    if (state === this.#shown) return;
    const visit = await this.#loadVisit();
    this.#shown = state;
    this.#showStatus(statusText(found));
    const rows = found.answers.map((answer, index) =>
      answerRow({
        number: index + 1,
        answer,
        claimedUntil: visit.recordOf({ server: this.#link.server, id: answer.id }).claimedUntil,
        reveal: (chosen) => this.#reveal(chosen),
      }),
    );
    this.#list.replaceChildren(...rows);
    this.#list.hidden = rows.length === 0;
    byId('answers-end', HTMLElement).hidden = found.state !== 'open';
    if (found.answers.some((answer) => answer.state === 'waiting')) {
      document.title = translate('answers.arrivedTitle');
    }
  }

  async #loadVisit(): Promise<Visit> {
    if (this.#visit !== undefined) return this.#visit;
    const { Visit } = await import('../reveal/visit.js');
    this.#visit = new Visit({
      // What is in the address bar is not the key of an answer.
      onForget: () => undefined,
      onDone: this.#reactions.onDone,
    });
    return this.#visit;
  }

  #showStatus(text: string): void {
    this.#statusText = text;
    showText(this.#status, text);
  }

  async #reveal(chosen: ChosenAnswer): Promise<void> {
    this.#errors.clear();
    try {
      await this.#read(chosen);
    } catch (error) {
      await this.#showError(error, chosen);
    }
  }

  async #read(chosen: ChosenAnswer): Promise<void> {
    const code = this.#code.read(chosen);
    if (code === null) return;
    const visit = await this.#loadVisit();
    const { link, keyHash } = chosen;
    const options = { fetch: this.#solving.fetch };
    try {
      await visit.read(link, code === undefined ? options : { ...options, code }, () => {
        if (keyHash !== null) this.#taken[link.id] = keyHash;
        this.#code.hide();
        this.#stop.abort();
        this.#reactions.onOpened();
      });
    } catch (error) {
      if (!isAboutCode(error)) throw error;
      await this.#code.ask(error, chosen, visit.requestCode);
    }
  }

  async #showError(error: unknown, { link }: ChosenAnswer): Promise<void> {
    this.#solving.end();
    const outcome = outcomeOf(error);
    if (outcome === 'unexpected') reportError(error);
    // A code serves no more where nothing is left to read.
    if (!isPassing(error)) this.#code.hide();
    const ahead = await readableAhead(error, link, { fetch: fetchFromServer });
    const shown = outcome === 'noConnection' ? 'lostReply' : outcome;
    this.#errors.showOutcome(shown, { code: codeOf(error), ahead });
  }

  #fail(error: unknown): void {
    const outcome = outcomeOfRequest(error);
    if (outcome === 'unexpected') reportError(error);
    this.#stop.abort();
    showOutcome(outcome, translate(`${outcome}.text`, { code: codeOf(error) }));
  }

  async #cancel(): Promise<void> {
    this.#errors.clear();
    try {
      await cancelRequest(this.#link, { fetch: fetchFromServer });
      await this.#show(await this.#collect(0));
      this.#status.scrollIntoView({ block: 'nearest' });
    } catch (error) {
      const outcome = outcomeOfRequest(error);
      if (outcome === 'unexpected') reportError(error);
      this.#errors.showOutcome(outcome, { code: codeOf(error) });
    }
  }
}

const STATES = {
  answered: 'answers.requestAnswered',
  expired: 'answers.requestExpired',
  cancelled: 'answers.requestCancelled',
} as const;

function statusText({ state, expiresAt, answers, answersLeft }: CollectedAnswers): string {
  const unread = answers.filter((answer) => answer.state === 'waiting').length;
  const arrived = unread > 0 ? `${translatePlural('answers.arrived', unread)} ` : '';
  if (state !== 'open') return arrived + translate(STATES[state]);
  const left = answersLeft > 1 ? ` ${translatePlural('answers.left', answersLeft)}` : '';
  return `${arrived}${translate('answers.open', { ahead: formatAhead(expiresAt) })}${left}`;
}
