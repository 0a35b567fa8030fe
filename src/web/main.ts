/** The script of the pages: a browser that has loaded one of them has the script of the others already. */

import { startCreatePage } from './create/create-form.js';
import { byId } from './parts/elements.js';
import {
  chooseLanguage,
  currentLanguage,
  languages,
  loadLanguage,
  translateDocument,
} from './parts/language.js';
import { confirmLeaving } from './parts/leave-guard.js';
import { showOutcome } from './parts/outcomes.js';
import { startRevealPage } from './reveal/reveal-form.js';
import { startVerifyPage } from './verify/verify-page.js';

/** Empties the page when the visitor leaves it, so that the back button shows no secret: it loads the page anew. */
function clearWhenLeft(): void {
  addEventListener('pagehide', () => document.body.replaceChildren());
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) location.reload();
  });
}

/** Fills the chooser of languages, each by its own name. Choosing one loads the page anew. */
function startLanguageChooser(): void {
  const chooser = byId('language', HTMLSelectElement);
  const { tag: current } = currentLanguage();
  chooser.replaceChildren(
    ...languages.map(({ tag, name }) => {
      const option = new Option(name, tag, tag === current, tag === current);
      option.lang = tag;
      return option;
    }),
  );
  chooser.addEventListener('change', async () => {
    if (await confirmLeaving()) chooseLanguage(chooser.value);
    else chooser.value = current;
  });
}

/** What begins a page, by the `data-page` of its document. Its first view has the same id. */
const PAGES: Readonly<Record<string, () => void>> = {
  create: startCreatePage,
  reveal: startRevealPage,
  verify: startVerifyPage,
  missing: () => showOutcome('noPage'),
};

/** Starts the page, and shows it in place of the words for a page that does not start. */
async function start(): Promise<void> {
  await loadLanguage();
  translateDocument(document);
  clearWhenLeft();
  startLanguageChooser();
  const name = document.body.dataset.page ?? '';
  const view = document.getElementById(name);
  if (view !== null) view.hidden = false;
  try {
    if (!isSecureContext) showOutcome('insecure');
    else PAGES[name]?.();
  } catch (error) {
    if (view !== null) view.hidden = true;
    throw error;
  }
  byId('not-started', HTMLElement).remove();
  byId('footer', HTMLElement).hidden = false;
  performance.mark('zephr ready');
}

void start();
