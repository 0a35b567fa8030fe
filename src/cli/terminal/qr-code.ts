/** A QR code in half blocks, two modules a character, or in ASCII. Loaded for `--qr`. */

import tty from 'node:tty';
import { encode } from 'uqr';

const STDERR = 2;

/** The quiet zone around the code, in modules (ISO/IEC 18004 section 9.1). */
const QUIET = 4;

/** Bright white on black, so that light modules are light on every terminal: a code is dark on light. */
const WHITE_ON_BLACK = '\x1b[40;37;1m';
const RESET = '\x1b[0m';
const INVERSE = '\x1b[7m';
const UPRIGHT = '\x1b[27m';

/** A drawn code. */
export interface QrCode {
  /** Its lines, with line ends. */
  readonly text: string;
  /** Characters a line. */
  readonly width: number;
}

/** How a code is drawn: in colors or not, with half blocks or in ASCII. */
export interface QrCodeStyle {
  readonly color: boolean;
  readonly unicode: boolean;
}

/**
 * Draws the code of `content`. Light modules are drawn and dark ones are blanks, so without colors the code is right on
 * a dark terminal, and inverted on a light one, which most readers accept too. Without half blocks a module is two
 * characters wide and one high, about a square.
 */
export function drawQrCode(content: string, { color, unicode }: QrCodeStyle): QrCode {
  const { data, size } = encode(content, { border: QUIET, ecc: 'L', boostEcc: true });
  const isLight = (row: number, column: number) => !(data[row]?.[column] ?? false);
  const light = color ? `${INVERSE}  ${UPRIGHT}` : '##';
  const drawn = (row: number, column: number) =>
    unicode ? halfBlock(isLight(row, column), isLight(row + 1, column)) : isLight(row, column) ? light : '  ';
  let text = '';
  for (let row = 0; row < size; row += unicode ? 2 : 1) {
    const line = Array.from({ length: size }, (_, column) => drawn(row, column)).join('');
    text += color ? `${WHITE_ON_BLACK}${line}${RESET}\n` : `${line}\n`;
  }
  return { text, width: unicode ? size : 2 * size };
}

/** Columns of the terminal on stderr; infinite when it is none or does not say. */
export function columns(): number {
  if (!tty.isatty(STDERR)) return Number.POSITIVE_INFINITY;
  const stream = new tty.WriteStream(STDERR);
  const [width] = stream.getWindowSize();
  stream.destroy();
  return width > 0 ? width : Number.POSITIVE_INFINITY;
}

function halfBlock(upper: boolean, lower: boolean): string {
  if (upper) return lower ? '█' : '▀';
  return lower ? '▄' : ' ';
}
