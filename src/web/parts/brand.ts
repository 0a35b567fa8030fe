/** Whose server this is: the operator's name, links and colour, where they gave them (`zephr serve --brand`). */

import { ValidationError } from '../../core/errors.js';
import { type Brand, parseBrand } from '../../core/protocol/brand.js';
import { byId } from './elements.js';

/**
 * Asks for the brand. The document has the browser ask before, so that nothing waits for it.
 * @returns `null` where nobody is named, or the answer is none: a page without a name serves everybody better than none.
 */
export async function loadBrand(): Promise<Brand | null> {
  try {
    const answer = await fetch(new URL('../brand.json', import.meta.url));
    return answer.ok ? parseBrand(await answer.json()) : null;
  } catch (error) {
    // What the network throws, what is not JSON, and `{}`, which names nobody.
    if (error instanceof TypeError || error instanceof SyntaxError || error instanceof ValidationError)
      return null;
    throw error;
  }
}

/** Shows the brand: all of it as text and addresses, and the colour by the object model, which the page's policy allows. */
export function showBrand({ name, url, colour, imprint }: Brand): void {
  const heading = byId('brand-name', HTMLElement);
  heading.textContent = name;
  heading.hidden = false;
  byId('operator', HTMLElement).hidden = false;
  const operator = byId('operator-name', HTMLAnchorElement);
  operator.textContent = name;
  if (url !== undefined) operator.href = url;
  if (imprint !== undefined) {
    const part = byId('imprint', HTMLElement);
    part.querySelector('a')?.setAttribute('href', imprint);
    part.hidden = false;
  }
  if (colour !== undefined) {
    document.documentElement.style.setProperty('--brand', colour);
    document.documentElement.dataset.brand = '';
  }
}
