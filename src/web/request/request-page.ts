/** The script of the page that the links of a request lead to: the one that answers it, and the one that collects. */

import { startCollectPage } from '../answers/answers-view.js';
import { startPage } from '../parts/start-page.js';
import { startAnswerPage } from './answer-form.js';
import { readRequestBar } from './request-bar.js';

void startPage(() => {
  const found = readRequestBar();
  if (found.kind === 'collect') startCollectPage(found.link);
  else startAnswerPage(found);
});
