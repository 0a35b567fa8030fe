/** Inputs that broke a property once, reduced. They are tried before any other, in every run. */

/** Servers whose links nobody could read: in a link `%23` stands for the `#` before the key. */
export const FOUND_SERVERS: readonly string[] = ['https://host:8443/%23ephr'];

/** Replies to a create whose time held more than a time, or was not in its one spelling. */
export const FOUND_CREATED: readonly string[] = [
  '2026-01-01T00:00:00 (\x1b[2J)',
  '2026-01-01T00:00:00 (2026-01-01T00:00:00.000Z)',
  '2026-01-01T00:00:00+02:00',
].map((expires_at) => JSON.stringify({ id: 'A'.repeat(22), expires_at, version: 2, views: 1 }));

/** An error that was cut in the middle of a character. */
export const FOUND_ERRORS: readonly { readonly status: number; readonly text: string }[] = [
  {
    status: 400,
    text: JSON.stringify({ error: { code: 'SECRET_NOT_FOUND', message: `${'x'.repeat(299)}\u{10000}` } }),
  },
];

/** Creates whose callback a store could not keep: PostgreSQL refused them, SQLite cut them at U+0000. */
export const FOUND_CREATES: readonly unknown[] = ['\0', 'a\0b', '\ud800'].flatMap((odd) => {
  const create = { encrypted_blob: 'AAAA', expiry: 1, split_url_mode: false };
  return [
    { ...create, callback_url: 'https://a.aa', callback_secret: odd },
    { ...create, callback_url: `https://a.aa/${odd}`, callback_secret: 'x' },
  ];
});

/** Names that, cut, ended as Windows takes none or were a device there, or that showed another name than theirs. */
export const FOUND_NAMES: readonly [string, 'linux' | 'win32', 64 | 240][] = [
  [`con${'.'.repeat(60)}${'con'.repeat(60)}`, 'win32', 64],
  [`con${' '.repeat(300)}x`, 'win32', 240],
  ['photo\u202egnp.exe', 'linux', 240],
];

/** Config files that nest deeper than they can be written again, and that are too long to be read when they are indented. */
export const FOUND_CONFIGS: readonly Uint8Array<ArrayBuffer>[] = [9_000, 2_000].map(
  (depth) => new Uint8Array(Buffer.from(`{"other":${'['.repeat(depth)}${']'.repeat(depth)}}`)),
);

/** Requests that got a page, although they name what no request may: what follows a `#` is never sent. */
export const FOUND_REQUESTS: readonly string[] = ['GET /#x HTTP/1.1\r\nHost: zephr\r\n\r\n'];
