/** What every page does when it starts: its language, its operator's name, and showing its view once it works. */

import { loadBrand, showBrand } from './brand.js';
import { byId } from './elements.js';
import { chooseLanguage, currentLanguage, languages, loadLanguage, translateDocument } from './language.js';
import { confirmLeaving } from './leave-guard.js';
import { showOutcome } from './outcomes.js';

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

/** Marks the page in the list of those that can be begun here, where it has one. */
function markInNav(page: string): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>('nav a')) {
    if (link.dataset.for === page) link.ariaCurrent = 'page';
  }
}

/**
 * Starts the page, and shows it in place of the words for a page that does not start.
 * @param begin begins what this page is for. Its first view has the id that the document names in `data-page`, unless
 *   `begin` shows another.
 */
export async function startPage(begin: () => void): Promise<void> {
  const [brand] = await Promise.all([loadBrand(), loadLanguage()]);
  translateDocument(document);
  clearWhenLeft();
  startLanguageChooser();
  const { page = '' } = document.body.dataset;
  markInNav(page);
  if (brand !== null) showBrand(brand);
  const view = document.getElementById(page);
  if (view !== null) view.hidden = false;
  try {
    if (!isSecureContext) showOutcome('insecure');
    else begin();
  } catch (error) {
    if (view !== null) view.hidden = true;
    throw error;
  }
  byId('not-started', HTMLElement).remove();
  byId('footer', HTMLElement).hidden = false;
  performance.mark('zephr ready');
}
