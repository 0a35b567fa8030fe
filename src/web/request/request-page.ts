/** The script of the page that the links of a request lead to: the one that answers it, and the one that collects. */

import { NetworkError } from '../../core/errors.js';
import type { CollectLink } from '../../core/links/request-links.js';
import { showView } from '../parts/elements.js';
import { translate } from '../parts/language.js';
import { showOutcome } from '../parts/outcomes.js';
import { startPage } from '../parts/start-page.js';
import { startAnswerPage } from './answer-form.js';
import { readRequestBar } from './request-bar.js';

void startPage(() => {
  const found = readRequestBar();
  if (found.kind === 'collect') void collect(found.link);
  else startAnswerPage(found);
});

/** Collects the answers with a part of the script that most visitors do not need. */
async function collect(link: CollectLink): Promise<void> {
  showView('collect', translate('collect.title'));
  try {
    const { followRequest } = await import('../answers/answers-view.js');
    await followRequest(link);
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    showOutcome('noConnection');
  }
}
