/** The view of a request that was just made: the link to send, the one to keep, and what comes of it. */

import type { CreatedRequest } from '../../client/requests/create-request.js';
import { parseCollectLink } from '../../core/links/request-links.js';
import { AnswersView } from '../answers/answers-view.js';
import { copyButton, shareButton } from '../parts/controls/copy-button.js';
import { byId, showView } from '../parts/elements.js';
import { translate } from '../parts/language.js';
import { LeaveGuard } from '../parts/leave-guard.js';

/** Shows the view, and waits for answers. @param message what is asked for, for the mail. */
export function showAsked({ requestLink, collectLink }: CreatedRequest, message: string): void {
  const link = byId('asked-link', HTMLElement);
  const collect = byId('asked-collect', HTMLElement);
  const guard = new LeaveGuard('collect');
  link.textContent = requestLink;
  collect.textContent = collectLink;
  copyButton('copy-asked', { element: link }, () => undefined);
  copyButton('copy-collect', { element: collect }, () => guard.release());
  shareButton('share-asked', link, () => undefined);
  byId('mail-asked', HTMLAnchorElement).href = mailTo(requestLink, message);
  guard.start();
  const answers = new AnswersView(parseCollectLink(collectLink), {
    // This page asks for one secret. Its other answers are on the page of the link that was kept.
    onDone: () => location.assign(collectLink),
    onOpened: () => guard.release(),
  });
  showView('asked', translate('asked.title'));
  void answers.follow();
}

/** A mail to be written (RFC 6068). The visitor's own program sends it, to whom they choose. */
function mailTo(link: string, message: string): string {
  const lines = [translate('asked.mailText'), ...(message === '' ? [] : ['', message]), '', link];
  const body = encodeURIComponent(lines.join('\r\n'));
  return `mailto:?subject=${encodeURIComponent(translate('asked.mailSubject'))}&body=${body}`;
}
