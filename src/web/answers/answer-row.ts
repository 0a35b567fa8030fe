/** A row in the list of answers: when it came, what became of it, and the button that reveals it. */

import type { Answer } from '../../client/requests/collect-answers.js';
import { EncryptionError } from '../../core/errors.js';
import type { Link } from '../../core/link.js';
import { isDisabled, setBusy } from '../parts/elements.js';
import { translate } from '../parts/language.js';
import { formatTimeOfDay, formatWhen } from '../parts/times.js';
import type { ChosenAnswer } from './answer-code.js';

/** What a row shows. */
export interface AnswerRow {
  /** Its place in the order in which the answers came, from 1 on. */
  readonly number: number;
  readonly answer: Answer;
  /** Until when this tab can open it once more: milliseconds since 1970. Null where it has not opened it. */
  readonly claimedUntil: number | null;
  /** Reads and shows it. */
  readonly reveal: (chosen: ChosenAnswer) => Promise<void>;
}

/** Makes a row. */
export function answerRow({ number, answer, claimedUntil, reveal }: AnswerRow): HTMLElement {
  const row = document.createElement('li');
  const name = document.createElement('span');
  const state = document.createElement('span');
  row.className = 'file';
  name.textContent = translate('answers.answer', { number, at: formatWhen(answer.createdAt) });
  state.className = 'help';
  row.append(name, state);
  const link = linkOf(answer);
  state.textContent = stateText(answer, link, claimedUntil);
  if (link === null || (answer.state !== 'waiting' && claimedUntil === null)) return row;
  const button = document.createElement('button');
  button.type = 'button';
  button.className = answer.state === 'waiting' ? 'primary' : '';
  button.textContent = translate('answers.reveal');
  button.ariaLabel = `${translate('answers.reveal')}: ${name.textContent}`;
  button.addEventListener('click', async () => {
    if (isDisabled(button)) return;
    const done = setBusy(button, translate('reveal.working'));
    await reveal({ link, keyHash: answer.keyHash, name: name.textContent ?? '' }).finally(done);
  });
  row.append(button);
  return row;
}

/** What it is read by; null where its key is gone, or is none that was made for this request. */
function linkOf(answer: Answer): Link | null {
  try {
    return answer.link();
  } catch (error) {
    if (error instanceof EncryptionError) return null;
    throw error;
  }
}

const STATES = {
  read: 'answers.read',
  expired: 'answers.expired',
  revoked: 'answers.revoked',
} as const;

function stateText({ state, expiresAt }: Answer, link: Link | null, claimedUntil: number | null): string {
  if (claimedUntil !== null) return translate('reveal.resume', { time: formatTimeOfDay(claimedUntil) });
  if (state !== 'waiting') return translate(STATES[state]);
  return link === null
    ? translate('answers.tampered')
    : translate('answers.waiting', { when: formatWhen(expiresAt) });
}
