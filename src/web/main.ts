/** The script of both pages: a browser that has loaded one page has the script of the other already. */

import { startCreatePage } from './create/create-form.js';
import { translateDocument } from './parts/language.js';
import { showOutcome } from './parts/outcomes.js';
import { startRevealPage } from './reveal/reveal-form.js';

/** Empties the page when the visitor leaves it, so that the back button shows no secret: it loads the page anew. */
function clearWhenLeft(): void {
  addEventListener('pagehide', () => document.body.replaceChildren());
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) location.reload();
  });
}

translateDocument(document);
clearWhenLeft();
if (!isSecureContext) showOutcome('insecure');
else if (document.body.dataset.page === 'create') startCreatePage();
else startRevealPage();
performance.mark('zephr ready');
