/** The page's texts: the same keys in every language, and each of them used. */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { en, type Plural, type TextKey } from '../../src/web/strings/en.js';
import { TRANSLATIONS } from '../../src/web/strings/languages.js';

const web = fileURLToPath(new URL('../../src/web/', import.meta.url));
const sources = readdirSync(web, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.(ts|html)$/.test(file))
  .map((file) => readFileSync(web + file, 'utf8'));
const build = readFileSync(fileURLToPath(new URL('../../.scripts/web.ts', import.meta.url)), 'utf8');
const code = [...sources, build].join('\n');
const keys = Object.keys(en) as TextKey[];

const forms = (text: string | Plural): string[] => (typeof text === 'string' ? [text] : Object.values(text));
const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();

/** The quotation marks of each language. */
const QUOTATION_MARKS: Readonly<Record<string, string>> = {
  de: '„“',
  es: '«»',
  fr: '«»',
  it: '«»',
  nl: '‘',
  pl: '„”',
  pt: '“”',
  ja: '「」',
};

describe.each(TRANSLATIONS.map(({ tag, texts }) => [tag, texts] as const))('%s', (language, texts) => {
  it('has the same texts, with the same places', () => {
    expect(Object.keys(texts)).toEqual(keys);
    for (const key of keys) {
      const expected = new Set(forms(en[key]).flatMap(places));
      // The form for one may spell the number out.
      expect(new Set(forms(texts[key]).flatMap(places)), key).toEqual(expected);
    }
  });

  it('has a form for each of its numbers', () => {
    const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions();
    for (const key of keys) {
      const text = texts[key];
      // Romance languages have a form of its own for millions (`many`): no secret has that many readers. Polish has
      // `other` for fractions alone, so that it serves for `many`.
      if (typeof text !== 'string') {
        expect(Object.keys(text).sort(), key).toEqual(
          pluralCategories.filter((category) => category !== 'many').sort(),
        );
      }
    }
  });

  it('is translated', () => {
    const same = keys.filter((key) => JSON.stringify(texts[key]) === JSON.stringify(en[key]));
    // Words that English shares with another language.
    const shared = [
      'created.link',
      'created.url',
      'reveal.passphrase',
      'create.passphrase',
      'revealed.secret',
      'time.ahead',
      ...(language === 'nl' ? ['create.hint', 'revealed.hint', 'asked.mail'] : []),
    ];
    expect(same.filter((key) => ![...shared, 'revealed.fileName'].includes(key))).toEqual([]);
  });

  it('follows the typography of its language', () => {
    for (const text of keys.flatMap((key) => forms(texts[key]))) {
      expect(text).not.toMatch(/ {2}|^ | $|\.\.\.|'/);
      // In French, a no-break space precedes `:` and is inside of guillemets, a narrow one precedes `?`, `!` and `;`.
      if (language === 'fr') {
        expect(text).not.toMatch(/[^\u00a0]:(?!\/\/)(\s|$)|[^\u202f][?!;](\s|$)|«(?!\u00a0)|(?<!\u00a0)»/);
      }
      const foreign = [...'"„“”«»「」‘'].filter((mark) => !QUOTATION_MARKS[language]?.includes(mark));
      expect([...text].filter((character) => foreign.includes(character))).toEqual([]);
      if (language === 'es') expect(text.split('?').length).toBe(text.split('¿').length);
      if (language === 'ja') expect(text).not.toMatch(/[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}][.,!?()]/u);
    }
  });
});

describe('the page', () => {
  it('names only texts that exist', () => {
    const named = [...code.matchAll(/data-(?:text|label)="([\w.]+)"/g)].map(([, key]) => key);
    expect(named.length).toBeGreaterThan(40);
    expect(named.filter((key) => !keys.includes(key as TextKey))).toEqual([]);
  });

  it('uses every text', () => {
    // The keys of an outcome's texts begin with its name.
    const outcomes = [...readFileSync(`${web}parts/outcomes.ts`, 'utf8').matchAll(/'(\w+)'/g)].map(
      ([, name]) => name,
    );
    const unused = keys.filter((key) => {
      const [name, part] = key.split('.');
      if (code.includes(`'${key}'`) || code.includes(`"${key}"`)) return false;
      return !(
        (part === 'heading' || part === 'text') &&
        (outcomes.includes(name) || code.includes(`'${name}'`))
      );
    });
    expect(unused).toEqual([]);
  });

  it('has no texts in its HTML', () => {
    for (const source of sources.filter((text) => text.startsWith('<'))) {
      expect(source.replace(/<[^>]*>/g, ' ').match(/[a-z]{2,}(?![^{]*\})/gi) ?? []).toEqual(
        source.startsWith('<!doctype') ? ['zephr'] : [],
      );
    }
  });
});

describe('the words for passphrases', () => {
  it('are 1,296 plain ones, none twice', () => {
    const words = readFileSync(`${web}create/words.txt`, 'utf8').trim().split('\n');
    expect(new Set(words).size).toBe(1_296);
    expect(words.filter((word) => !/^[a-z]{3,6}$/.test(word))).toEqual([]);
  });
});
