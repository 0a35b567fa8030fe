/** The secret, once it is here. */

import type { Reading } from '../../client/read.js';
import { type Bytes, decodeUtf8 } from '../../core/bytes.js';
import { copyButton } from '../parts/copy-button.js';
import { byId, showText, showView } from '../parts/elements.js';
import { escapeName, size } from '../parts/format.js';
import { say, sayCount } from '../parts/language.js';

/** How long a download's bytes stay at hand, in milliseconds: the browser copies them when it begins. */
const DOWNLOAD_MS = 60_000;

/** Shows a secret and what can be done with it. */
export function showSecret(reading: Reading): void {
  const text = textOf(reading.bytes);
  showAround(reading);
  showContent(text);
  const name = reading.name === undefined ? undefined : escapeName(reading.name);
  byId('revealed-download', HTMLButtonElement).addEventListener('click', () => {
    download(reading.bytes, name ?? `${say('revealed.fileName')}${text === undefined ? '' : '.txt'}`);
  });
  showView('revealed', say('revealed.title'));
}

/** What the sender says about it, and whether others can read it too. */
function showAround({ name, message, hint, bytes, viewsLeft = 0 }: Reading): void {
  byId('revealed-gone', HTMLElement).textContent =
    viewsLeft > 0 ? sayCount('revealed.viewsLeft', viewsLeft) : say('revealed.gone');
  byId('revealed-message-part', HTMLElement).hidden = message === undefined;
  byId('revealed-message', HTMLElement).textContent = message ?? '';
  byId('revealed-hint-part', HTMLElement).hidden = hint === undefined;
  byId('revealed-hint', HTMLElement).textContent = hint ?? '';
  byId('revealed-file', HTMLElement).hidden = name === undefined;
  byId('revealed-name', HTMLElement).textContent = escapeName(name ?? '');
  byId('revealed-size', HTMLElement).textContent = size(bytes.length);
}

/** The text, to show, hide and copy; what is no text can only be downloaded. */
function showContent(text: string | undefined): void {
  const content = byId('revealed-secret', HTMLElement);
  const toggle = byId('revealed-toggle', HTMLButtonElement);
  byId('revealed-box', HTMLElement).hidden = text === undefined;
  byId('revealed-binary', HTMLElement).hidden = text !== undefined;
  toggle.hidden = text === undefined;
  byId('revealed-copy', HTMLButtonElement).hidden = text === undefined;
  byId('revealed-download', HTMLButtonElement).classList.toggle('primary', text === undefined);
  if (text === undefined) return;
  content.textContent = text;
  toggle.addEventListener('click', () => {
    const hidden = content.classList.toggle('concealed');
    toggle.textContent = say(hidden ? 'revealed.show' : 'revealed.hide');
    showText(byId('revealed-concealed', HTMLElement), hidden ? say('revealed.hidden') : '');
  });
  copyButton('revealed-copy', content);
}

/** The text that bytes are, if they are UTF-8 and hold no control character but tab and line ends. */
function textOf(bytes: Bytes): string | undefined {
  try {
    const text = decodeUtf8(bytes);
    return /(?![\t\n\r])\p{Cc}/u.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

function download(bytes: Bytes, name: string): void {
  // Never a type that a browser would show: it is to be saved.
  const url = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }));
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), DOWNLOAD_MS);
}
