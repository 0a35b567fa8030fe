/** The form below the list of answers that takes the code of one of them, where the request asks its readers for codes. */

import type { Answer } from '../../client/requests/collect-answers.js';
import type { TransportOptions } from '../../client/transport/send.js';
import type { ApiError } from '../../core/errors.js';
import type { Link } from '../../core/link.js';
import type { CodeField, RequestCode } from '../parts/controls/code-field.js';
import { byId, isDisabled, setBusy } from '../parts/elements.js';
import type { ErrorNote } from '../parts/error-note.js';
import { translate } from '../parts/language.js';

/** An answer that the visitor wants to read. */
export interface ChosenAnswer {
  readonly link: Link;
  /** As of {@link Answer}. */
  readonly keyHash: Answer['keyHash'];
  /** As the list names it. */
  readonly name: string;
}

/** What the list around the form does. */
export interface AnswerCodeReactions {
  /** Reads the answer whose code was typed. */
  readonly onSubmit: (chosen: ChosenAnswer) => Promise<void>;
  /** No other code was sent. */
  readonly onError: (error: unknown, chosen: ChosenAnswer) => Promise<void>;
}

/** The form. It is hidden until a code was asked for. */
export class AnswerCode {
  readonly #submit = byId('code-submit', HTMLButtonElement);
  readonly #errors: ErrorNote;
  readonly #options: TransportOptions;
  readonly #reactions: AnswerCodeReactions;
  /** There once a code was asked for. */
  #field: CodeField | undefined;
  #chosen: ChosenAnswer | undefined;

  /** @param options of the requests for codes. */
  constructor(errors: ErrorNote, options: TransportOptions, reactions: AnswerCodeReactions) {
    this.#errors = errors;
    this.#options = options;
    this.#reactions = reactions;
    byId('code-part', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#run(translate('reveal.working'), reactions.onSubmit);
    });
  }

  /** The code that was typed for an answer; `undefined` when none was asked for, `null` after saying that it is none. */
  read({ link }: ChosenAnswer): string | null | undefined {
    return this.#chosen?.link.id === link.id ? this.#field?.read() : undefined;
  }

  /**
   * Has a code sent for an answer, or says that the one that was typed is of no use.
   * @param error of the read. @param requestCode has a code sent. Rejects with the client's errors.
   */
  async ask(error: ApiError, chosen: ChosenAnswer, requestCode: RequestCode): Promise<void> {
    if (this.#chosen?.link.id === chosen.link.id) {
      this.#field?.refuse(error.code);
      return;
    }
    const { CodeField } = await import('../parts/controls/code-field.js');
    this.#field ??= new CodeField(this.#errors, requestCode, () => {
      void this.#run('…', async ({ link }) => {
        this.#errors.clear();
        await this.#field?.send(link, this.#options);
      });
    });
    this.hide();
    byId('code-for', HTMLElement).textContent = chosen.name;
    await this.#field.send(chosen.link, this.#options);
    this.#chosen = chosen;
  }

  /** Hides the form, and forgets what was typed. */
  hide(): void {
    this.#chosen = undefined;
    this.#field?.hide();
  }

  async #run(busyText: string, work: (chosen: ChosenAnswer) => Promise<void>): Promise<void> {
    const chosen = this.#chosen;
    if (chosen === undefined || isDisabled(this.#submit)) return;
    const done = setBusy(this.#submit, busyText);
    try {
      await work(chosen);
    } catch (error) {
      await this.#reactions.onError(error, chosen);
    } finally {
      done();
    }
  }
}
