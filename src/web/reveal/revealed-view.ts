/** The view of a secret that was read: showing, hiding, copying and downloading it. */

import type { Reading } from '../../client/read.js';
import { type Bytes, decodeUtf8 } from '../../core/bytes.js';
import { copyButton } from '../parts/copy-button.js';
import { byId, showText, showView } from '../parts/elements.js';
import { escapeName, escapeText, formatSize } from '../parts/format.js';
import { translate, translatePlural } from '../parts/language.js';
import { LeaveGuard } from '../parts/leave-guard.js';
import { showHideButton } from '../parts/show-hide-button.js';

/** How long the page keeps the bytes of a download for the browser to copy, in milliseconds. */
const DOWNLOAD_MS = 60_000;

/** What the visitor did with the secret. */
export interface Reactions {
  /** Called once, when it was copied or downloaded, or when the visitor does not want to keep it. */
  readonly onKept: () => void;
  /** Called when the visitor wants it off the page, where it is no more. */
  readonly onDone: () => void;
}

/** Shows a secret and what the visitor can do with it, and asks before it would be lost. */
export function showSecret(reading: Reading, { onKept, onDone }: Reactions): void {
  const text = textOf(reading.bytes);
  const guard = new LeaveGuard('secret', onKept);
  const keep = () => guard.release();
  showDetails(reading);
  showContent(text, keep);
  const name = reading.name === undefined ? undefined : escapeName(reading.name);
  byId('revealed-download', HTMLButtonElement).addEventListener('click', () => {
    download(reading.bytes, name ?? `${translate('revealed.fileName')}${text === undefined ? '' : '.txt'}`);
    keep();
  });
  byId('revealed-done', HTMLButtonElement).addEventListener('click', () => {
    keep();
    byId('revealed', HTMLElement).replaceChildren();
    onDone();
  });
  showView('revealed', translate('revealed.title'));
  guard.start();
}

/** Shows how many readers are left, the sender's message and hint, and the file's name and size. */
function showDetails({ name, message, hint, bytes, viewsLeft = 0 }: Reading): void {
  byId('revealed-gone', HTMLElement).textContent =
    viewsLeft > 0 ? translatePlural('revealed.viewsLeft', viewsLeft) : translate('revealed.gone');
  byId('revealed-message-part', HTMLElement).hidden = message === undefined;
  byId('revealed-message', HTMLElement).textContent = escapeText(message ?? '');
  byId('revealed-hint-part', HTMLElement).hidden = hint === undefined;
  byId('revealed-hint', HTMLElement).textContent = escapeText(hint ?? '');
  byId('revealed-file', HTMLElement).hidden = name === undefined;
  byId('revealed-name', HTMLElement).textContent = escapeName(name ?? '');
  byId('revealed-size', HTMLElement).textContent = formatSize(bytes.length);
}

/**
 * Shows a text, with buttons to hide and copy it. A secret that is not text (`undefined`) can only be downloaded.
 * @param onCopied is called when the text was copied.
 */
function showContent(text: string | undefined, onCopied: () => void): void {
  const content = byId('revealed-secret', HTMLElement);
  byId('revealed-box', HTMLElement).hidden = text === undefined;
  byId('revealed-binary', HTMLElement).hidden = text !== undefined;
  byId('revealed-toggle', HTMLButtonElement).hidden = text === undefined;
  byId('revealed-copy', HTMLButtonElement).hidden = text === undefined;
  byId('revealed-download', HTMLButtonElement).classList.toggle('primary', text === undefined);
  if (text === undefined) return;
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

function download(bytes: Bytes, name: string): void {
  // A type that the browser saves and never opens by itself.
  const url = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }));
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), DOWNLOAD_MS);
}
