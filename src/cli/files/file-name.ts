/** Makes a safe file name of the name that a sender gave a secret: a name must not do anything on the reader's machine. */

/** The name of a secret that has none. */
export const DEFAULT_NAME = 'secret';

/** The longest name, in bytes: file systems take 255, and a number is added to a name that exists. */
const MAX_BYTES = 240;

/** Separators, controls, and marks that show a name in another order than it has (Unicode's Bidi_Control). */
const UNSAFE = /[/\\\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]/gu;

/** Names that are devices in every folder of Windows, with any extension. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)\s*(?:\.|$)/i;

/**
 * A base name that is safe in a directory. A leading dot would hide the file or make it one that a shell runs, and a
 * leading hyphen would make it an option: both become `_`, as do separators, controls and marks that reorder text. On
 * Windows, characters that its file systems do not take become `_` too, and a device's name gets one before it.
 * @param bytes the most bytes it may have in UTF-8.
 */
export function fileNameOf(name: string | undefined, platform: NodeJS.Platform, bytes = MAX_BYTES): string {
  if (name === undefined) return DEFAULT_NAME;
  const short = shortened(name.replace(UNSAFE, '_'), bytes);
  const safe = platform === 'win32' ? forWindows(short, bytes) : short;
  return safe.replace(/^[.-]/, '_') || DEFAULT_NAME;
}

/** Windows ignores dots and blanks at the end, so they are removed before the name is compared with its devices. */
function forWindows(name: string, bytes: number): string {
  const trimmed = (text: string) => text.replace(/[. ]+$/, '');
  const safe = trimmed(name.replace(/[<>:"|?*]/g, '_'));
  return DEVICE.test(safe) ? trimmed(shortened(`_${safe}`, bytes)) : safe;
}

/** `name` cut to at most `bytes` bytes of UTF-8; a short extension is kept. */
export function shortened(name: string, bytes: number): string {
  if (Buffer.byteLength(name) <= bytes) return name;
  const [extension = ''] = /\.[A-Za-z0-9.]{1,15}$/.exec(name) ?? [];
  let stem = '';
  let left = bytes - extension.length;
  for (const character of name.slice(0, name.length - extension.length)) {
    left -= Buffer.byteLength(character);
    if (left < 0) break;
    stem += character;
  }
  return stem + extension;
}
