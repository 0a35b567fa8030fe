/**
 * The languages of the page besides English, each with the file of its texts. The build makes a file of data from each;
 * the page's script holds none of them.
 */

import { de } from './de.js';
import type { Texts } from './en.js';
import { fr } from './fr.js';

/** A language of the page. */
export interface Language {
  /** A primary subtag (RFC 5646 section 2.2.1). */
  readonly tag: string;
  /** What its speakers call it. */
  readonly name: string;
  readonly direction: 'ltr' | 'rtl';
  /** The file of its texts, beside the page's script; none for English, which the script holds. */
  readonly file?: { readonly path: string; readonly integrity: string };
}

/** A language as the build takes it. */
export interface Translation extends Omit<Language, 'file'> {
  readonly texts: Texts;
}

/** All translations, in the order of the page's chooser. */
export const TRANSLATIONS: readonly Translation[] = [
  { tag: 'de', name: 'Deutsch', direction: 'ltr', texts: de },
  { tag: 'fr', name: 'Français', direction: 'ltr', texts: fr },
];
