/** Buttons that ask before they do what cannot be undone. */

import { byId, isDisabled, setBusy } from '../elements.js';

/** The ids of the button, of the row that it stands in, of the question, and of its two buttons. */
export interface ConfirmationIds {
  readonly button: string;
  readonly buttons: string;
  readonly question: string;
  readonly no: string;
  readonly yes: string;
}

/**
 * Makes a button ask in its place, with the focus on the answer that changes nothing; Escape is that answer.
 * @param act is called on the other answer, and handles its own errors.
 * @returns a function that takes the question away.
 */
export function confirmationButton(ids: ConfirmationIds, act: () => Promise<void>): () => void {
  const button = byId(ids.button, HTMLButtonElement);
  const buttons = byId(ids.buttons, HTMLElement);
  const question = byId(ids.question, HTMLElement);
  const no = byId(ids.no, HTMLButtonElement);
  const yes = byId(ids.yes, HTMLButtonElement);
  const ask = (asking: boolean) => {
    question.hidden = !asking;
    buttons.hidden = asking;
  };
  const keep = () => {
    ask(false);
    button.focus();
  };
  button.addEventListener('click', () => {
    ask(true);
    no.focus();
  });
  no.addEventListener('click', keep);
  question.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') keep();
  });
  yes.addEventListener('click', async () => {
    if (isDisabled(yes)) return;
    const done = setBusy(yes, '…');
    await act().finally(done);
  });
  return () => ask(false);
}
