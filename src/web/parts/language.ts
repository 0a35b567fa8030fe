/** The page's language: which one, and its words. */

import { de } from '../strings/de.js';
import { en, type Plural, type PluralKey, type TextKey, type Texts } from '../strings/en.js';
import { fr } from '../strings/fr.js';

/** A language of the page. */
interface Language {
  readonly texts: Texts;
  /** What a browser that asks for none of ours gets, and what `lang` says. */
  readonly tag: string;
  readonly direction: 'ltr' | 'rtl';
}

/** By primary subtag (RFC 5646 section 2.2.1). */
const LANGUAGES: Readonly<Record<string, Language>> = {
  en: { texts: en, tag: 'en', direction: 'ltr' },
  de: { texts: de, tag: 'de', direction: 'ltr' },
  fr: { texts: fr, tag: 'fr', direction: 'ltr' },
};

const ENGLISH: Language = { texts: en, tag: 'en', direction: 'ltr' };

/** What stands in a text's `{places}`. */
export type Values = Readonly<Record<string, string | number>>;

/** A key of a text that is always the same. */
export type PlainKey = Exclude<TextKey, PluralKey>;

/** The first language of the browser that the page has, and the browser's own tag for it, such as `de-AT`. */
function choose(wanted: readonly string[]): { language: Language; locale: string } {
  for (const locale of wanted) {
    const language = LANGUAGES[locale.toLowerCase().split('-')[0] ?? ''];
    if (language !== undefined) return { language, locale };
  }
  return { language: ENGLISH, locale: ENGLISH.tag };
}

const { language, locale: chosen } = choose(navigator.languages);

/** For `Intl`: the page's language, with the region that the browser says. */
export const locale = chosen;

/** The text of a key. A number in `values` is written as the language writes numbers. */
export function say(key: PlainKey, values: Values = {}): string {
  return filled(language.texts[key], values);
}

/** The text of a key for a number of things, which is its `{count}`. */
export function sayCount(key: PluralKey, count: number): string {
  const forms: Plural = language.texts[key];
  return filled(forms[new Intl.PluralRules(locale).select(count)] ?? forms.other, { count });
}

function filled(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => {
    const value = values[name];
    if (value === undefined) return place;
    return typeof value === 'number' ? new Intl.NumberFormat(locale).format(value) : value;
  });
}

/**
 * Puts the language into the document: `data-text` names the key of an element's text, `data-label` that of its
 * accessible name.
 */
export function translate(document: Document): void {
  document.documentElement.lang = language.tag;
  document.documentElement.dir = language.direction;
  for (const element of document.querySelectorAll<HTMLElement>('[data-text]')) {
    element.textContent = say(element.dataset.text as PlainKey);
  }
  for (const element of document.querySelectorAll<HTMLElement>('[data-label]')) {
    element.setAttribute('aria-label', say(element.dataset.label as PlainKey));
  }
}
