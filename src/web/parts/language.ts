/** The page's language: which of ours the visitor wants, and looking up texts in it. */

import { NetworkError } from '../../core/errors.js';
import type { Plural, PluralKey, TextKey, Texts } from '../strings/en.js';
import type { Language } from '../strings/languages.js';
import { fetchData } from './loading/data-file.js';

/** The languages, English first. The build (.scripts/web.ts) defines them. */
declare const __ZEPHR_LANGUAGES__: readonly [Language, ...Language[]];

/** The keys of all texts, in the order in which the file of a language has their texts. The build defines them, too. */
declare const __ZEPHR_TEXT_KEYS__: string;

export const languages: readonly [Language, ...Language[]] = __ZEPHR_LANGUAGES__;

/** Where a language that was chosen is kept, for the next visit. */
const CHOICE = 'zephr language';

/** What to put in the `{places}` of a text, by name. */
export type Values = Readonly<Record<string, string | number>>;

/** The key of a text that does not depend on a number. */
export type PlainKey = Exclude<TextKey, PluralKey>;

/** Loaded before anything is translated. */
let texts: Texts;
let language: Language = languages[0];
let chosenLocale = 'en';

/** The language of the page. */
export function currentLanguage(): Language {
  return language;
}

/** The locale for `Intl`: the page's language, in the region that the browser names, such as `de-AT`. */
export function locale(): string {
  return chosenLocale;
}

/**
 * Takes the language that was chosen here before, else the first of the browser's that the page has; English where it
 * has none of them, or where the texts do not arrive. They are data: whatever they hold, nothing in them runs.
 * @throws NetworkError when English does not arrive either.
 */
export async function loadLanguage(): Promise<void> {
  const [english] = languages;
  const wanted = [readChoice() ?? [], navigator.languages]
    .flat()
    .map((name) => name.toLowerCase().split('-')[0]);
  const found = wanted
    .map((name) => languages.find(({ tag }) => tag === name))
    .find((one) => one !== undefined);
  for (const one of found === undefined || found === english ? [english] : [found, english]) {
    const answer = await fetchData(one.file);
    if (answer === null) continue;
    const inOrder = (await answer.json()) as readonly (string | Plural)[];
    texts = Object.fromEntries(
      __ZEPHR_TEXT_KEYS__.split(' ').map((key, place) => [key, inOrder[place]]),
    ) as Texts;
    language = one;
    chosenLocale = navigator.languages.find((name) => name.startsWith(one.tag)) ?? one.tag;
    return;
  }
  throw new NetworkError('the texts of the page did not arrive', location.host);
}

/** Keeps a choice of language for this browser, and loads the page anew in it. */
export function chooseLanguage(tag: string): void {
  try {
    localStorage.setItem(CHOICE, tag);
  } catch (error) {
    // Forbidden by the browser's settings: then there is nothing to choose with.
    if (error instanceof DOMException) return;
    throw error;
  }
  location.reload();
}

function readChoice(): string | null {
  try {
    return localStorage.getItem(CHOICE);
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}

/** The text of a key in the page's language. Numbers among `values` are written as that language writes them. */
export function translate(key: PlainKey, values: Values = {}): string {
  return interpolate(texts[key], values);
}

/** The text of a key in the form that the language has for `count`, which is also its `{count}`. */
export function translatePlural(key: PluralKey, count: number, values: Values = {}): string {
  const forms: Plural = texts[key];
  const form = forms[new Intl.PluralRules(chosenLocale).select(count)] ?? forms.other;
  return interpolate(form, { count, ...values });
}

function interpolate(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => {
    const value = values[name];
    if (value === undefined) return place;
    return typeof value === 'number' ? new Intl.NumberFormat(chosenLocale).format(value) : value;
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
