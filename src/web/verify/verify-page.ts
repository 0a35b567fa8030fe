/**
 * The page that says how to compare the page's files with their source, and lists the hashes that the server states. Its
 * script serves the page for addresses that nothing is at, too.
 */

import { parseServer } from '../../core/link.js';
import { byId, showText } from '../parts/elements.js';
import { translate } from '../parts/language.js';
import { showOutcome } from '../parts/outcomes.js';
import { startPage } from '../parts/start-page.js';

/** The commands, those of core/protocol/THREATS.md. */
const commands = (server: string): string => `npm ci
while read -r _ path; do
  curl -fsS --create-dirs -o "page/$path" "${server}/$path"
done < dist/page-hashes.txt
(cd page && sha256sum --check ../dist/page-hashes.txt)`;

/** Starts the page. The list arrives a moment later. */
function startVerifyPage(): void {
  byId('verify-commands', HTMLElement).textContent = commands(parseServer(new URL('.', location.href).href));
  void showList();
}

async function showList(): Promise<void> {
  const list = byId('verify-list', HTMLElement);
  list.textContent = '…';
  try {
    const answer = await fetch('assets/hashes.txt');
    list.textContent = answer.ok ? await answer.text() : translate('serverError.text');
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    showText(list, translate('noConnection.text'));
  }
}

void startPage(() => {
  if (document.body.dataset.page === 'verify') startVerifyPage();
  else showOutcome('noPage');
});
