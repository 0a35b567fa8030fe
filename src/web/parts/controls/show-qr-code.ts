/** Showing the QR code of a link. What draws it is loaded then. */

import { NetworkError } from '../../../core/errors.js';
import { translate } from '../language.js';

/** The texts that name a code. */
export type QrCodeName = 'created.qrLink' | 'created.qrUrl';

/**
 * Shows the code in a figure, whose room is kept for it. Where the script that draws it does not arrive the figure goes:
 * the link stands beside it.
 * @param figure with a place of the class `qr` and a caption.
 */
export async function showQrCode(figure: HTMLElement, link: string, name: QrCodeName): Promise<void> {
  const place = figure.querySelector('.qr');
  const caption = figure.querySelector('figcaption');
  if (place === null || caption === null) throw new Error('a figure for a QR code lacks a part');
  caption.textContent = translate(name);
  try {
    const { drawQrCode } = await import('./qr-code.js');
    const code = drawQrCode(link);
    code.setAttribute('aria-label', translate(name));
    place.replaceChildren(code);
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    figure.hidden = true;
  }
}
