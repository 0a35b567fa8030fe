/** How sizes, file names, what another person wrote and what became of a secret are shown. */

import type { SecretStatus } from '../../client/secret-status.js';
import { locale, translate } from './language.js';
import { formatWhen } from './times.js';

/** A number of bytes, as bytes, kB or MB (decimal). @param round how to round kB, and tenths of MB; default down. */
export function formatSize(bytes: number, round: (count: number) => number = Math.floor): string {
  if (bytes < 1_000) return formatUnit(bytes, 'byte', 'long');
  if (bytes < 1_000_000) return formatUnit(round(bytes / 1_000), 'kilobyte', 'short');
  if (bytes < 1_000_000_000) return formatUnit(round(bytes / 100_000) / 10, 'megabyte', 'short');
  return formatUnit(round(bytes / 100_000_000) / 10, 'gigabyte', 'short');
}

function formatUnit(count: number, unit: string, unitDisplay: 'long' | 'short'): string {
  return new Intl.NumberFormat(locale(), { style: 'unit', unit, unitDisplay }).format(count);
}

/** Characters that hide, or that reorder the text around them: with one, `gpj.exe` can be shown as `exe.jpg`. */
const MISLEADING = /[\p{Cc}\p{Cs}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;

/** A file name that another person gave, with every misleading character replaced by U+FFFD. */
export function escapeName(name: string): string {
  return name.replace(MISLEADING, '\ufffd');
}

/** A text that another person wrote, line by line, with its control and misleading characters made visible. */
export function escapeText(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(MISLEADING, (character) =>
      character === '\n' || character === '\t' ? character : visibleControl(character),
    );
}

/** U+2400 to U+241F are pictures of the control characters U+0000 to U+001F, and U+2421 is one of U+007F. */
function visibleControl(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : '\ufffd';
}

/**
 * What has become of a secret, in a sentence for who sent it. Times are those of the first read, as far as the server tells.
 * @param status of any state; where some of several readers have read, it says how many.
 */
export function statusText({ state, views, viewsLeft, firstReadAt }: SecretStatus): string {
  if (state === 'revoked') return translate('status.revoked');
  const at = firstReadAt === undefined ? '' : formatWhen(firstReadAt);
  if (state === 'read') return translate('status.read', { at });
  if (views > viewsLeft) return translate('status.partly', { read: views - viewsLeft, views, at });
  return translate(state === 'expired' ? 'status.expired' : 'status.waiting');
}
