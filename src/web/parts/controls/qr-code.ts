/** The QR code of a link, as SVG. */

import { encode } from 'uqr';

const SVG = 'http://www.w3.org/2000/svg';

/** The quiet zone around the code, in modules (ISO/IEC 18004 section 9.1). */
const QUIET_ZONE = 4;

/** Draws the QR code of `content`. The image has the role `img`, and no accessible name: the caller adds it. */
export function drawQrCode(content: string): SVGSVGElement {
  const { data, size } = encode(content, { border: QUIET_ZONE, ecc: 'L', boostEcc: true });
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${size} ${size}`);
  svg.setAttribute('role', 'img');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', darkModules(data));
  svg.append(path);
  return svg;
}

/** The dark modules as an SVG path: a rectangle for each run of them in a row. */
function darkModules(rows: readonly (readonly boolean[])[]): string {
  let path = '';
  rows.forEach((row, y) => {
    for (let x = 0; x < row.length; x++) {
      const start = x;
      while (row[x] === true) x++;
      if (x > start) path += `M${start} ${y}h${x - start}v1h${start - x}z`;
    }
  });
  return path;
}
