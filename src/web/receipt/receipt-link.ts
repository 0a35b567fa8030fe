/** The receipt link of a secret that was just sent, for its sender to keep. */

import { copyButton } from '../parts/controls/copy-button.js';
import { byId } from '../parts/elements.js';

/**
 * Prepares the place of the link.
 * @returns a function that shows a link; nothing where the server keeps no receipt.
 */
export function startReceiptLink(): (receiptLink: string | undefined) => void {
  const place = byId('receipt-link', HTMLElement);
  copyButton('copy-receipt', { element: place }, () => undefined);
  return (receiptLink) => {
    place.textContent = receiptLink ?? '';
    byId('receipt-link-part', HTMLElement).hidden = receiptLink === undefined;
  };
}
