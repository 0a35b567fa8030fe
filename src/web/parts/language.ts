/** The page's language: which of ours the browser asks for, and looking up texts in it. */

import { de } from '../strings/de.js';
import { en, type Plural, type PluralKey, type TextKey, type Texts } from '../strings/en.js';
import { fr } from '../strings/fr.js';

/** A language of the page. */
interface Language {
  readonly texts: Texts;
  /** The document's `lang` (RFC 5646). */
  readonly tag: string;
  readonly direction: 'ltr' | 'rtl';
}

const ENGLISH: Language = { texts: en, tag: 'en', direction: 'ltr' };

/** By primary subtag (RFC 5646 section 2.2.1). */
const LANGUAGES: Readonly<Record<string, Language>> = {
  en: ENGLISH,
  de: { texts: de, tag: 'de', direction: 'ltr' },
  fr: { texts: fr, tag: 'fr', direction: 'ltr' },
};

/** What to put in the `{places}` of a text, by name. */
export type Values = Readonly<Record<string, string | number>>;

/** The key of a text that does not depend on a number. */
export type PlainKey = Exclude<TextKey, PluralKey>;

/**
 * The first of the browser's languages that the page has, and the browser's own tag for it, such as `de-AT`. English
 * where the page has none of them.
 */
function chooseLanguage(wanted: readonly string[]): { language: Language; locale: string } {
  for (const locale of wanted) {
    const language = LANGUAGES[locale.toLowerCase().split('-')[0] ?? ''];
    if (language !== undefined) return { language, locale };
  }
  return { language: ENGLISH, locale: ENGLISH.tag };
}

const { language, locale: chosen } = chooseLanguage(navigator.languages);

/** The locale for `Intl`: the page's language, in the region that the browser names. */
export const locale = chosen;

/** The text of a key in the page's language. Numbers among `values` are written as that language writes them. */
export function translate(key: PlainKey, values: Values = {}): string {
  return interpolate(language.texts[key], values);
}

/** The text of a key in the form that the language has for `count`, which is also its `{count}`. */
export function translatePlural(key: PluralKey, count: number): string {
  const forms: Plural = language.texts[key];
  return interpolate(forms[new Intl.PluralRules(locale).select(count)] ?? forms.other, { count });
}

function interpolate(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => {
    const value = values[name];
    if (value === undefined) return place;
    return typeof value === 'number' ? new Intl.NumberFormat(locale).format(value) : value;
  });
}

/**
 * Fills in the texts of the document: an element's `data-text` is the key of its text, `data-label` that of its
 * accessible name.
 */
export function translateDocument(document: Document): void {
  document.documentElement.lang = language.tag;
  document.documentElement.dir = language.direction;
  for (const element of document.querySelectorAll<HTMLElement>('[data-text]')) {
    element.textContent = translate(element.dataset.text as PlainKey);
  }
  for (const element of document.querySelectorAll<HTMLElement>('[data-label]')) {
    element.setAttribute('aria-label', translate(element.dataset.label as PlainKey));
  }
}
