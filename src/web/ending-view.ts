/** The view of a link that leads nowhere any more, or never did. */

import { byId, showView } from './elements.js';
import type { Ending } from './endings.js';
import { say } from './language.js';

/** Says how it ended, in place of everything else. */
export function showEnding(ending: Ending, text: string = say(`${ending}.text`)): void {
  const heading = say(`${ending}.heading`);
  byId('ending-heading', HTMLElement).textContent = heading;
  byId('ending-text', HTMLElement).textContent = text;
  showView('ending', `${heading} – zephr`);
}
