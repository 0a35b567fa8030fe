/** The page's script: one for both pages, so that a browser has it already when it comes to the other. */

import { startCreatePage } from './create/create-form.js';
import { translate } from './parts/language.js';
import { showEnding } from './parts/outcomes.js';
import { startRevealPage } from './reveal/reveal-form.js';

/** The form, and what was revealed, are not kept for the way back: the page is loaded anew. */
function leaveNothingBehind(): void {
  addEventListener('pagehide', () => document.body.replaceChildren());
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) location.reload();
  });
}

translate(document);
leaveNothingBehind();
if (!isSecureContext) showEnding('insecure');
else if (document.body.dataset.page === 'create') startCreatePage();
else startRevealPage();
performance.mark('zephr ready');
