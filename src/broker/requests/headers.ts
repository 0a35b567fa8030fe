/** The headers of requests and responses, and what in them stands for a secret. It imports nothing. */

/** Names and values, in order, the names in their own case. Values are bytes, as ISO 8859-1. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** Pairs from a list with names and values in turn, as Node's `rawHeaders` is one. */
export function pairsOf(list: readonly unknown[]): HeaderList {
  return Array.from({ length: list.length >> 1 }, (_, index) => [
    String(list[index * 2]),
    String(list[index * 2 + 1]),
  ]);
}

/** The first header of that name, in whatever case; null where there is none. */
export function headerOf({ headers }: { readonly headers: HeaderList }, name: string): string | null {
  return headers.find(([other]) => other.toLowerCase() === name.toLowerCase())?.[1] ?? null;
}

/** The type of a body, in lower case and without its parameters; empty where the headers name none. */
export function mediaTypeOf(message: { readonly headers: HeaderList }): string {
  return headerOf(message, 'content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
}

/** The media type of a form (URL Standard, section 5). */
export const FORM = 'application/x-www-form-urlencoded';

/** Whether a media type, as {@link mediaTypeOf} gives it, is that of JSON (RFC 8259) or has its syntax (RFC 6839). */
export function isJsonType(type: string): boolean {
  return /^application\/(?:.+\+)?json$/.test(type);
}

/** A text that stands for a secret where nothing else was agreed on, and the word before it, such as `Bearer`. */
export interface NamedInHeader {
  readonly scheme: string | undefined;
  /** `ZEPHR_SECRET_<NAME>` or `AS_SECRET_<NAME>`. */
  readonly placeholder: string;
  readonly name: string;
}

/** The secret that the value of a header names, alone or behind a scheme; null for any other value. */
export function namedInHeader(value: string): NamedInHeader | null {
  const [, scheme, placeholder, name] =
    /^(?:([A-Za-z]+) +)?((?:ZEPHR|AS)_SECRET_([A-Z][A-Z0-9_]*))$/.exec(value) ?? [];
  return placeholder === undefined || name === undefined ? null : { scheme, placeholder, name };
}
