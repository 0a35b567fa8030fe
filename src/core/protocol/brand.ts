/** Whose server it is, as its page says: what an operator gives, checked, and what the page gets (`brand.json`). */

import { ValidationError } from '../errors.js';

/** An operator in their own words. */
export interface Brand {
  /** 1 to 64 characters. */
  readonly name: string;
  /** Where to learn who that is: https. */
  readonly url?: string;
  /** `#rrggbb`: of buttons, links and marks. Dark enough to be read on the page's light grounds. */
  readonly colour?: string;
  /** The page with the operator's legal notice: https. */
  readonly imprint?: string;
}

/** The contrast that text needs (WCAG 2.2, success criterion 1.4.3). */
export const LEAST_CONTRAST = 4.5;

const LONGEST_NAME = 64;
const LONGEST_URL = 2_048;
const MEMBERS: readonly string[] = ['name', 'url', 'colour', 'imprint'] satisfies (keyof Brand)[];

/** Characters that nobody sees, or that reorder the text around them. */
const MISLEADING = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/**
 * Checks what an operator gives, as JSON.
 * @throws ValidationError `INVALID_BRAND`, which says what is wrong and what would be right.
 */
export function parseBrand(json: unknown): Brand {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw invalid('it is no JSON object');
  const unknown = Object.keys(json).find((member) => !MEMBERS.includes(member));
  if (unknown !== undefined) {
    throw invalid(`it has ${JSON.stringify(unknown)}, but knows only ${MEMBERS.join(', ')}`);
  }
  const text = (member: keyof Brand) => textOf(Reflect.get(json, member), member);
  const name = text('name')?.trim();
  if (name === undefined || name === '') throw invalid('it has no name');
  if ([...name].length > LONGEST_NAME) throw invalid(`the name has more than ${LONGEST_NAME} characters`);
  if (MISLEADING.test(name)) throw invalid('the name has characters that cannot be seen');
  const [url, colour, imprint] = [text('url'), text('colour'), text('imprint')];
  return {
    name,
    ...(url === undefined ? {} : { url: checkedUrl(url, 'url') }),
    ...(colour === undefined ? {} : { colour: checkedColour(colour) }),
    ...(imprint === undefined ? {} : { imprint: checkedUrl(imprint, 'imprint') }),
  };
}

function textOf(value: unknown, member: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw invalid(`${member} is no text`);
}

function checkedUrl(text: string, member: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.protocol !== 'https:' || url.username !== '' || url.password !== '') {
    throw invalid(`${member} is no https:// URL without a password`);
  }
  if (url.href.length > LONGEST_URL) throw invalid(`${member} has more than ${LONGEST_URL} characters`);
  return url.href;
}

/** A colour that can be read. The page has it as text on a tint of itself, which is its darkest light ground. */
function checkedColour(text: string): string {
  const colour = text.toLowerCase();
  if (!/^#[0-9a-f]{6}$/.test(colour)) throw invalid('colour is not written as #rrggbb');
  const rgb = channelsOf(colour);
  if (contrastOnTint(rgb) >= LEAST_CONTRAST) return colour;
  const found = contrastOnTint(rgb).toFixed(1);
  const darker = hexOf(darkened(rgb));
  throw invalid(
    `colour has a contrast of ${found} on the page, and text needs ${LEAST_CONTRAST}: ${darker} would do`,
  );
}

type Channels = readonly number[];

/** Red, green and blue from 0 to 255. */
function channelsOf(colour: string): Channels {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}

function hexOf(rgb: Channels): string {
  return `#${rgb.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}

/** The lightest of the same hue that can be read. */
function darkened(rgb: Channels): Channels {
  for (let percent = 99; percent > 0; percent--) {
    const darker = rgb.map((channel) => Math.floor((channel * percent) / 100));
    if (contrastOnTint(darker) >= LEAST_CONTRAST) return darker;
  }
  return [0, 0, 0];
}

/** The contrast of a colour on white with a tenth of that colour, as the style sheet mixes it (style/brand.css). */
function contrastOnTint(rgb: Channels): number {
  const tint = rgb.map((channel) => 0.1 * channel + 0.9 * 255);
  return (luminance(tint) + 0.05) / (luminance(rgb) + 0.05);
}

/** Relative luminance (WCAG 2.2). */
function luminance(rgb: Channels): number {
  const [red = 0, green = 0, blue = 0] = rgb.map((channel) => {
    const value = channel / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function invalid(problem: string): ValidationError {
  return new ValidationError(problem, 'INVALID_BRAND');
}
