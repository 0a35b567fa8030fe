/** The page's words: the same ones in every language, and each of them used. */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { de } from '../../src/web/strings/de.js';
import { en, type Plural, type TextKey } from '../../src/web/strings/en.js';
import { fr } from '../../src/web/strings/fr.js';

const web = fileURLToPath(new URL('../../src/web/', import.meta.url));
/** Templates and code. */
const sources = readdirSync(web, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.(ts|html)$/.test(file))
  .map((file) => readFileSync(web + file, 'utf8'));
const build = readFileSync(fileURLToPath(new URL('../../.scripts/web.ts', import.meta.url)), 'utf8');
const code = [...sources, build].join('\n');
const keys = Object.keys(en) as TextKey[];

const forms = (text: string | Plural): string[] => (typeof text === 'string' ? [text] : Object.values(text));
const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();

describe.each([
  ['de', de],
  ['fr', fr],
] as const)('%s', (language, texts) => {
  it('has the same texts, with the same places', () => {
    expect(Object.keys(texts)).toEqual(keys);
    for (const key of keys) {
      const expected = new Set(forms(en[key]).flatMap(places));
      // A form for one may spell the number out.
      expect(new Set(forms(texts[key]).flatMap(places)), key).toEqual(expected);
    }
  });

  it('has a form for each of its numbers', () => {
    const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions();
    for (const key of keys) {
      const text = texts[key];
      // French has a form of its own for millions, and no secret has as many readers.
      if (typeof text !== 'string') {
        expect(Object.keys(text), key).toEqual(pluralCategories.filter((category) => category !== 'many'));
      }
    }
  });

  it('is translated', () => {
    const same = keys.filter((key) => JSON.stringify(texts[key]) === JSON.stringify(en[key]));
    // Words that both languages have.
    const shared = [
      'created.link',
      'created.url',
      'reveal.passphrase',
      'create.passphrase',
      'revealed.secret',
    ];
    expect(same.filter((key) => ![...shared, 'revealed.fileName'].includes(key))).toEqual([]);
  });

  it('is set as the language sets it', () => {
    for (const text of keys.flatMap((key) => forms(texts[key]))) {
      expect(text).not.toMatch(/ {2}|^ | $|\.\.\.|'/);
      // A French sign of two parts has a blank before it at which no line breaks.
      if (language === 'fr') expect(text).not.toMatch(/[^\u00a0][:?!;](?!\/\/)(\s|$)/);
    }
  });
});

describe('the page', () => {
  it('names only texts that there are', () => {
    const named = [...code.matchAll(/data-(?:text|label)="([\w.]+)"/g)].map(([, key]) => key);
    expect(named.length).toBeGreaterThan(40);
    expect(named.filter((key) => !keys.includes(key as TextKey))).toEqual([]);
  });

  it('uses every text', () => {
    // The words of an ending are named after it.
    const endings = [...readFileSync(`${web}parts/outcomes.ts`, 'utf8').matchAll(/'(\w+)'/g)].map(
      ([, name]) => name,
    );
    const unused = keys.filter((key) => {
      const [name, part] = key.split('.');
      if (code.includes(`'${key}'`) || code.includes(`"${key}"`)) return false;
      return !(
        (part === 'heading' || part === 'text') &&
        (endings.includes(name) || code.includes(`'${name}'`))
      );
    });
    expect(unused).toEqual([]);
  });

  it('has no words in its code', () => {
    for (const source of sources.filter((text) => text.startsWith('<'))) {
      expect(source.replace(/<[^>]*>/g, ' ').match(/[a-z]{2,}(?![^{]*\})/gi) ?? []).toEqual(
        source.startsWith('<!doctype') ? ['zephr'] : [],
      );
    }
  });
});
