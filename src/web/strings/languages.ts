/**
 * The languages of the page besides English. The build makes a file of data from the texts of each, and of the English
 * ones; the page's script holds none of them.
 */

import { de } from './de.js';
import type { Texts } from './en.js';
import { es } from './es.js';
import { fr } from './fr.js';
import { it } from './it.js';
import { ja } from './ja.js';
import { nl } from './nl.js';
import { pl } from './pl.js';
import { pt } from './pt.js';

/** A language of the page. */
export interface Language {
  /** A primary subtag (RFC 5646 section 2.2.1). */
  readonly tag: string;
  /** What its speakers call it. */
  readonly name: string;
  readonly direction: 'ltr' | 'rtl';
  /** The file of its texts, beside the page's script. */
  readonly file: { readonly path: string; readonly integrity: string };
}

/** A language as the build takes it. */
export interface Translation extends Omit<Language, 'file'> {
  readonly texts: Texts;
}

/** All translations, in the order of the page's chooser. */
export const TRANSLATIONS: readonly Translation[] = [
  { tag: 'de', name: 'Deutsch', direction: 'ltr', texts: de },
  { tag: 'es', name: 'Español', direction: 'ltr', texts: es },
  { tag: 'fr', name: 'Français', direction: 'ltr', texts: fr },
  { tag: 'it', name: 'Italiano', direction: 'ltr', texts: it },
  { tag: 'nl', name: 'Nederlands', direction: 'ltr', texts: nl },
  { tag: 'pl', name: 'Polski', direction: 'ltr', texts: pl },
  { tag: 'pt', name: 'Português', direction: 'ltr', texts: pt },
  { tag: 'ja', name: '日本語', direction: 'ltr', texts: ja },
];
