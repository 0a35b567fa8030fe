/** The view of a secret that was read: showing, hiding, copying and downloading it. */

import type { Reading } from '../../client/read.js';
import { type Bytes, decodeUtf8 } from '../../core/bytes.js';
import { copyButton } from '../parts/copy-button.js';
import { byId, showText, showView } from '../parts/elements.js';
import { escapeName, formatSize } from '../parts/format.js';
import { translate, translatePlural } from '../parts/language.js';
import { showHideButton } from '../parts/show-hide-button.js';

/** How long the page keeps the bytes of a download for the browser to copy, in milliseconds. */
const DOWNLOAD_MS = 60_000;

/** Shows a secret and what the visitor can do with it. */
export function showSecret(reading: Reading): void {
  const text = textOf(reading.bytes);
  showDetails(reading);
  showContent(text);
  const name = reading.name === undefined ? undefined : escapeName(reading.name);
  byId('revealed-download', HTMLButtonElement).addEventListener('click', () => {
    download(reading.bytes, name ?? `${translate('revealed.fileName')}${text === undefined ? '' : '.txt'}`);
  });
  showView('revealed', translate('revealed.title'));
}

/** Shows how many readers are left, the sender's message and hint, and the file's name and size. */
function showDetails({ name, message, hint, bytes, viewsLeft = 0 }: Reading): void {
  byId('revealed-gone', HTMLElement).textContent =
    viewsLeft > 0 ? translatePlural('revealed.viewsLeft', viewsLeft) : translate('revealed.gone');
  byId('revealed-message-part', HTMLElement).hidden = message === undefined;
  byId('revealed-message', HTMLElement).textContent = message ?? '';
  byId('revealed-hint-part', HTMLElement).hidden = hint === undefined;
  byId('revealed-hint', HTMLElement).textContent = hint ?? '';
  byId('revealed-file', HTMLElement).hidden = name === undefined;
  byId('revealed-name', HTMLElement).textContent = escapeName(name ?? '');
  byId('revealed-size', HTMLElement).textContent = formatSize(bytes.length);
}

/** Shows a text, with buttons to hide and copy it. A secret that is not text (`undefined`) can only be downloaded. */
function showContent(text: string | undefined): void {
  const content = byId('revealed-secret', HTMLElement);
  byId('revealed-box', HTMLElement).hidden = text === undefined;
  byId('revealed-binary', HTMLElement).hidden = text !== undefined;
  byId('revealed-toggle', HTMLButtonElement).hidden = text === undefined;
  byId('revealed-copy', HTMLButtonElement).hidden = text === undefined;
  byId('revealed-download', HTMLButtonElement).classList.toggle('primary', text === undefined);
  if (text === undefined) return;
  content.textContent = text;
  showHideButton('revealed-toggle', content, 'concealed', (hidden) => {
    showText(byId('revealed-concealed', HTMLElement), hidden ? translate('revealed.hidden') : '');
  });
  copyButton('revealed-copy', content);
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
