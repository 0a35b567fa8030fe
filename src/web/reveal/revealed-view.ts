/** The view of a secret that was read: showing, hiding, copying and saving it and its files. */

import type { OpenedSecret } from '../../client/open-secret.js';
import { type Bytes, decodeUtf8 } from '../../core/bytes.js';
import { copyButton } from '../parts/controls/copy-button.js';
import { showHideButton } from '../parts/controls/show-hide-button.js';
import { byId, showText, showView } from '../parts/elements.js';
import { escapeName, escapeText, formatSize } from '../parts/format.js';
import { translate, translatePlural } from '../parts/language.js';
import { LeaveGuard } from '../parts/leave-guard.js';
import { showFiles } from './revealed-files.js';
import { saveBlob } from './save-file.js';

/** What the visitor did with the secret. */
export interface Reactions {
  /** Called once, when all of it was copied or saved, or when the visitor does not want to keep it. */
  readonly onKept: () => void;
  /** Called when the visitor wants it off the page, where it is no more. */
  readonly onDone: () => void;
}

/** Shows a secret and what the visitor can do with it, and asks before it would be lost. */
export function showSecret(secret: OpenedSecret, { onKept, onDone }: Reactions): void {
  const { note, files } = secret;
  const text = textOf(note);
  const guard = new LeaveGuard('secret', onKept);
  // A note is shown, and goes with its files. A secret of two parts is kept when both are.
  const wanted = new Set<'note' | 'files'>(files.length === 0 ? ['note'] : ['files']);
  if (files.length > 0 && note.length > 0) wanted.add('note');
  const keep = (part: 'note' | 'files') => {
    wanted.delete(part);
    if (wanted.size === 0) guard.release();
  };
  const name = secret.name === undefined ? undefined : escapeName(secret.name);
  showDetails(secret);
  byId('revealed-note', HTMLElement).hidden = files.length > 0 && note.length === 0;
  showContent(text, files.length === 0 || note.length > 0, () => keep('note'));
  showFiles(secret, name ?? translate('revealed.fileName'), () => keep('files'));
  byId('revealed-download', HTMLButtonElement).addEventListener('click', () => {
    const ending = text === undefined ? '' : '.txt';
    saveBlob(new Blob([note]), name ?? `${translate('revealed.fileName')}${ending}`);
    keep('note');
  });
  byId('revealed-done', HTMLButtonElement).addEventListener('click', () => {
    guard.release();
    byId('revealed', HTMLElement).replaceChildren();
    onDone();
  });
  showView('revealed', translate('revealed.title'));
  guard.start();
}

/** Shows how many readers are left, the sender's message and label, and the file's name and size. */
function showDetails({ name, message, hint, note, files, viewsLeft = 0 }: OpenedSecret): void {
  byId('revealed-gone', HTMLElement).textContent =
    viewsLeft > 0 ? translatePlural('revealed.viewsLeft', viewsLeft) : translate('revealed.gone');
  byId('revealed-message-part', HTMLElement).hidden = message === undefined;
  byId('revealed-message', HTMLElement).textContent = escapeText(message ?? '');
  byId('revealed-hint-part', HTMLElement).hidden = hint === undefined;
  byId('revealed-hint', HTMLElement).textContent = escapeText(hint ?? '');
  byId('revealed-file', HTMLElement).hidden = name === undefined || files.length > 0;
  byId('revealed-name', HTMLElement).textContent = escapeName(name ?? '');
  byId('revealed-size', HTMLElement).textContent = formatSize(note.length);
}

/**
 * Shows a text, with buttons to hide and copy it. A secret that is not text (`undefined`) can only be downloaded.
 * @param shown whether there is something to show besides files.
 * @param onCopied is called when the text was copied.
 */
function showContent(text: string | undefined, shown: boolean, onCopied: () => void): void {
  const content = byId('revealed-secret', HTMLElement);
  const isText = shown && text !== undefined;
  byId('revealed-box', HTMLElement).hidden = !isText;
  byId('revealed-binary', HTMLElement).hidden = !shown || isText;
  byId('revealed-toggle', HTMLButtonElement).hidden = !isText;
  byId('revealed-copy', HTMLButtonElement).hidden = !isText;
  byId('revealed-download', HTMLButtonElement).classList.toggle('primary', !isText);
  if (!isText) return;
  content.textContent = text;
  const hide = showHideButton('revealed-toggle', true, (hidden) => {
    content.classList.toggle('concealed', hidden);
    showText(byId('revealed-concealed', HTMLElement), hidden ? translate('revealed.hidden') : '');
  });
  copyButton('revealed-copy', { element: content, show: () => hide(false) }, onCopied);
}

/** The bytes as text. `undefined` unless they are UTF-8 without control characters other than tabs and line ends. */
function textOf(bytes: Bytes): string | undefined {
  try {
    const text = decodeUtf8(bytes);
    return /(?![\t\n\r])\p{Cc}/u.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
