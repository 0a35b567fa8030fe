/**
 * Builds the web page: its documents, and the files they load, each named after its contents. `zephr serve` gets
 * them packed, as data.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { build as buildStyle } from 'esbuild';
import type { PackedFile } from '../src/server/routes/page-files.js';
import type { DataFile } from '../src/web/parts/loading/data-file.js';
import { en, type TextKey } from '../src/web/strings/en.js';
import { TRANSLATIONS, type Translation } from '../src/web/strings/languages.js';
import { BROWSERS, type BundledScripts, bundleScripts, bundleWorker, type Script } from './web-scripts.js';

const web = fileURLToPath(new URL('../src/web/', import.meta.url));

/** The page as `zephr serve` gets it, and what went into it. */
export interface BuiltPage {
  readonly files: readonly PackedFile[];
  /** A line a file: SHA-256 and path, as `sha256sum --check` reads them. */
  readonly hashes: string;
  /** The modules in it, by path. */
  readonly modules: readonly string[];
}

/** A file before it is packed. */
interface File {
  readonly path: string;
  readonly type: string;
  readonly contents: Uint8Array;
}

/** The scripts of the documents, by the names in {@link DOCUMENTS}. */
const SCRIPTS = {
  create: 'create/create-page.ts',
  reveal: 'reveal/reveal-page.ts',
  ask: 'ask/ask-page.ts',
  request: 'request/request-page.ts',
  verify: 'verify/verify-page.ts',
} as const;

const TEXT_KEYS = Object.keys(en) as TextKey[];

const ENGLISH: Translation = { tag: 'en', name: 'English', direction: 'ltr', texts: en };

/** Builds the page. @param translations the languages that it has besides English. */
export async function buildPage(translations: readonly Translation[] = TRANSLATIONS): Promise<BuiltPage> {
  const texts = [ENGLISH, ...translations].map((language) => ({ language, file: textsFile(language) }));
  const argon2id = await workerOf('argon2id-worker');
  const puzzle = await workerOf('puzzle-worker');
  const words = asset('words', 'txt', readFileSync(join(web, 'create/words.txt')));
  const scripts = await bundleScripts({
    entries: SCRIPTS,
    define: {
      __ZEPHR_ARGON2ID_WORKER__: nameInScript(argon2id.file),
      __ZEPHR_PUZZLE_WORKER__: nameInScript(puzzle.file),
      __ZEPHR_LANGUAGES__: JSON.stringify(
        texts.map(({ language: { tag, name, direction }, file }) => {
          return { tag, name, direction, file: dataFile(file) };
        }),
      ),
      __ZEPHR_TEXT_KEYS__: JSON.stringify(TEXT_KEYS.join(' ')),
      __ZEPHR_WORDS__: JSON.stringify(dataFile(words)),
    },
  });
  const shared = {
    scripts,
    sheet: asset('style', 'css', await bundleStyle()),
    icon: asset('icon', 'svg', readFileSync(join(web, 'images/icon.svg'))),
    touchIcon: asset('icon', 'png', readFileSync(join(web, 'images/icon.png'))),
    preview: asset('preview', 'png', readFileSync(join(web, 'images/preview.png'))),
  };
  const { sheet, icon, touchIcon, preview } = shared;
  const files = [
    ...Object.keys(DOCUMENTS).map((name) => document(name as DocumentName, shared)),
    ...scripts.all.map(scriptFile),
    sheet,
    icon,
    touchIcon,
    preview,
    argon2id.file,
    puzzle.file,
    words,
    ...texts.map(({ file }) => file),
  ];
  const hashes = files
    .map(({ path, contents }) => `${digest('sha256', contents, 'hex')}  ${path}\n`)
    .join('');
  const list = { path: 'assets/hashes.txt', type: TYPES.txt, contents: Buffer.from(hashes) };
  return {
    files: [...files, list].map(packed),
    hashes,
    modules: [...argon2id.modules, ...puzzle.modules, ...scripts.modules],
  };
}

/** The script of a worker, which stands beside the page's. */
async function workerOf(name: string): Promise<{ file: File; modules: readonly string[] }> {
  const { code, modules } = await bundleWorker(`parts/loading/${name}.ts`);
  return { file: asset(name, 'js', Buffer.from(code)), modules };
}

/** The name of a file beside the page's script, as JavaScript. */
function nameInScript({ path }: File): string {
  return JSON.stringify(path.replace('assets/', ''));
}

function scriptFile({ file, code }: Script): File {
  return { path: `assets/${file}`, type: TYPES.js, contents: Buffer.from(code) };
}

/** The style sheet in one file. Rolldown takes scripts only. */
async function bundleStyle(): Promise<Uint8Array> {
  const { outputFiles } = await buildStyle({
    entryPoints: [join(web, 'style/style.css')],
    bundle: true,
    minify: true,
    target: BROWSERS,
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'warning',
    write: false,
  });
  const [sheet] = outputFiles;
  if (sheet === undefined) throw new Error('the style sheet came to nothing');
  return sheet.contents;
}

const TYPES = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json',
  svg: 'image/svg+xml',
  png: 'image/png',
  txt: 'text/plain; charset=utf-8',
} as const;

/** A file whose name changes with its contents, so that a browser may keep it for ever. */
function asset(name: string, extension: keyof typeof TYPES, contents: Uint8Array): File {
  const hash = digest('sha256', contents, 'hex').slice(0, 12);
  return { path: `assets/${name}-${hash}.${extension}`, type: TYPES[extension], contents };
}

/** What the script knows of a file of data: where it is, beside the script, and its hash. */
function dataFile(file: File): DataFile {
  return { path: file.path.replace('assets/', ''), integrity: integrity(file) };
}

/** The texts of a language, as data: without their keys, which the script has once for all languages. */
function textsFile({ tag, texts }: Translation): File {
  const inOrder = TEXT_KEYS.map((key) => texts[key]);
  return asset(`texts-${tag}`, 'json', Buffer.from(JSON.stringify(inOrder)));
}

/** A document: what stands between head and foot, its title, and what a link to it shows of it in a chat. */
interface DocumentParts {
  readonly path: string;
  readonly main: readonly string[];
  readonly title: TextKey;
  readonly previewTitle: TextKey;
  /** Its script; default the one of its own name. */
  readonly script?: keyof typeof SCRIPTS;
  /** Whether it leads to the two things that one can begin here. */
  readonly hasNav?: true;
  /** For one whose address has the key of a link behind `#`, and a path one deeper than the server's. */
  readonly opensLinks?: true;
}

type DocumentName = keyof typeof DOCUMENTS;

const DOCUMENTS = {
  create: {
    path: 'index.html',
    main: ['create/create.html'],
    title: 'create.title',
    previewTitle: 'page.ogCreate',
    hasNav: true,
  },
  reveal: {
    path: 'secret.html',
    main: ['reveal/reveal.html', 'reveal/revealed.html', 'receipt/receipt.html'],
    title: 'reveal.title',
    previewTitle: 'page.ogReveal',
    opensLinks: true,
  },
  ask: {
    path: 'ask.html',
    main: ['ask/ask.html', 'reveal/revealed.html'],
    title: 'ask.title',
    previewTitle: 'page.ogAsk',
    hasNav: true,
  },
  request: {
    path: 'request.html',
    main: ['request/request.html', 'answers/collect.html', 'reveal/revealed.html'],
    title: 'request.title',
    previewTitle: 'page.ogRequest',
    opensLinks: true,
  },
  verify: {
    path: 'verify.html',
    main: ['verify/verify.html'],
    title: 'verify.title',
    previewTitle: 'page.ogVerify',
  },
  missing: {
    path: 'missing.html',
    main: [],
    title: 'noPage.heading',
    previewTitle: 'page.ogCreate',
    script: 'verify',
  },
} as const satisfies Readonly<Record<string, DocumentParts>>;

/** What every document loads. */
interface Shared {
  readonly scripts: BundledScripts;
  readonly sheet: File;
  readonly icon: File;
  readonly touchIcon: File;
  /** What a chat shows of a link, 600 by 315 pixels. */
  readonly preview: File;
}

/** Puts a document together. All its addresses are relative: it works below any path. */
function document(name: DocumentName, { scripts, sheet, icon, touchIcon, preview }: Shared): File {
  const { path, main, title, previewTitle, script, hasNav, opensLinks }: DocumentParts = DOCUMENTS[name];
  const base = opensLinks ? '../' : './';
  const { atStart, parts } = scripts.of(script ?? name);
  const tags = atStart.map(scriptFile).map((file) => {
    return `<script type="module" src="${base}${file.path}" integrity="${integrity(file)}"></script>`;
  });
  const metas = [...parts].map(([part, needed]) => {
    const hashed = needed.map((one) => `${one.file} ${integrity(scriptFile(one))}`);
    return `<meta name="zephr-part" content="${part} ${hashed.join(' ')}" />`;
  });
  const places: Readonly<Record<string, string>> = {
    main: main.map(fragment).join(''),
    'secret-field': fragment('create/secret-field.html'),
    'send-progress': fragment('create/send-progress.html'),
    'passphrase-input': fragment('parts/controls/passphrase-input.html'),
    'revoke-question': fragment('parts/controls/revoke-question.html'),
    'receipt-link': fragment('receipt/receipt-link.html'),
    'answers-card': fragment('answers/answers-card.html'),
    'code-field': fragment('parts/controls/code-field.html'),
    nav: hasNav ? fragment('parts/nav.html') : '',
    ask: `${base}request`,
    page: name,
    title,
    'og-title': plainText(previewTitle),
    // Open Graph asks for an absolute address, but a document that named its host would have another hash on each server.
    // Signal, Mastodon, Mattermost, Synapse and Zulip resolve it. Elsewhere a link has title and description alone.
    preview: base + preview.path,
    description: plainText('page.description'),
    home: base,
    verify: `${base}verify`,
    // A browser notes an icon under the whole address of its page, with the key of a link. For a page that opens links
    // it is given a file that is no image: without any, it would ask for /favicon.ico, which may be another program's.
    icons: opensLinks
      ? `<link rel="icon" href="${base}${sheet.path}" />`
      : `<link rel="icon" type="image/svg+xml" href="${base}${icon.path}" />
    <link rel="icon" type="image/png" sizes="180x180" href="${base}${touchIcon.path}" />
    <link rel="apple-touch-icon" href="${base}${touchIcon.path}" />`,
    style: base + sheet.path,
    'style-integrity': integrity(sheet),
    scripts: [...metas, ...tags].join('\n'),
    hashes: `${base}assets/hashes.txt`,
  };
  const filled = (text: string): string =>
    text.replace(/\{([a-z-]+)\}/g, (_, place: string) => {
      const value = places[place];
      if (value === undefined) throw new Error(`nothing to put at {${place}} of ${path}`);
      return filled(value);
    });
  const html = inEnglish(filled(fragment('page.html'))).replace(/\n\s*/g, '\n');
  return { path, type: TYPES.html, contents: Buffer.from(html) };
}

function fragment(path: string): string {
  return readFileSync(join(web, path), 'utf8');
}

/** An English text that does not depend on a number. */
function plainText(key: string): string {
  const text = (en as Readonly<Record<string, unknown>>)[key];
  if (typeof text !== 'string') throw new Error(`there is no text ${key}`);
  return text;
}

/** Fills in the English texts: what a browser without scripts, and a reader of the source, sees. */
function inEnglish(html: string): string {
  return html.replace(
    /(<(\w+)[^>]*\sdata-text="([^"]+)"[^>]*>)(<\/\2>)/g,
    (_, open, _name, key, close) =>
      open + plainText(key).replace(/&/g, '&amp;').replace(/</g, '&lt;') + close,
  );
}

/** For `integrity`, as Subresource Integrity (W3C) wants it. */
function integrity({ contents }: Pick<File, 'contents'>): string {
  return `sha384-${digest('sha384', contents, 'base64')}`;
}

function digest(algorithm: string, contents: Uint8Array, encoding: 'hex' | 'base64'): string {
  return createHash(algorithm).update(contents).digest(encoding);
}

/** The package carries each file once: the server makes the other encodings of it. */
function packed({ path, type, contents }: File): PackedFile {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_SIZE_HINT]: contents.length,
  };
  return { path, type, brotli: brotliCompressSync(contents, { params }).toString('base64') };
}
