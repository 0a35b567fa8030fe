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
import type { Plugin } from 'rolldown';
import type { PackedFile } from '../src/server/routes/page-files.js';
import type { DataFile } from '../src/web/parts/data-file.js';
import { en } from '../src/web/strings/en.js';
import { TRANSLATIONS, type Translation } from '../src/web/strings/languages.js';
import { type BundleOptions, bundle } from './bundle.js';

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

/** Browsers from 2023 on. */
const BROWSERS = ['es2022', 'chrome111', 'firefox113', 'safari16.4'];

/** Puts the page's module for Argon2id, which runs it in a worker, in the place of core's. */
const argon2idInWorker: Plugin = {
  name: 'argon2id-in-worker',
  resolveId: {
    filter: { id: /^\.\/argon2id\.js$/ },
    handler: (_, importer) =>
      importer?.endsWith('/core/crypto/key-schedule.ts') ? join(web, 'parts/argon2id.ts') : null,
  },
};

/** Builds the page. @param translations the languages that it has besides English. */
export async function buildPage(translations: readonly Translation[] = TRANSLATIONS): Promise<BuiltPage> {
  const texts = translations.map((language) => ({ language, file: textsFile(language) }));
  const worker = await bundleScript('parts/argon2id-worker.ts', {}, 'iife');
  const workerFile = asset('argon2id', 'js', worker.contents);
  const words = asset('words', 'txt', readFileSync(join(web, 'create/words.txt')));
  const main = await bundleScript('main.ts', {
    plugins: [argon2idInWorker],
    define: {
      __ZEPHR_ARGON2ID_WORKER__: JSON.stringify(workerFile.path.replace('assets/', '')),
      __ZEPHR_LANGUAGES__: JSON.stringify([
        { tag: 'en', name: 'English', direction: 'ltr' },
        ...texts.map(({ language: { tag, name, direction }, file }) => {
          return { tag, name, direction, file: dataFile(file) };
        }),
      ]),
      __ZEPHR_WORDS__: JSON.stringify(dataFile(words)),
    },
  });
  const script = asset('zephr', 'js', main.contents);
  const sheet = asset('style', 'css', await bundleStyle());
  const icon = asset('icon', 'svg', readFileSync(join(web, 'icon.svg')));
  const touchIcon = asset('icon', 'png', readFileSync(join(web, 'icon.png')));
  const shared = { script, sheet, icon, touchIcon };
  const files = [
    document('index.html', 'create', shared),
    document('secret.html', 'reveal', shared),
    document('verify.html', 'verify', shared),
    document('missing.html', 'missing', shared),
    script,
    sheet,
    icon,
    touchIcon,
    workerFile,
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
    modules: [...worker.modules, ...main.modules],
  };
}

async function bundleScript(
  entry: string,
  { plugins, define }: Pick<BundleOptions, 'plugins' | 'define'>,
  format: 'esm' | 'iife' = 'esm',
): Promise<{ contents: Uint8Array; modules: readonly string[] }> {
  const [chunk] = await bundle({
    entries: { script: `src/web/${entry}` },
    platform: 'browser',
    target: BROWSERS,
    output: { format, minify: true, comments: false, codeSplitting: false },
    ...(plugins && { plugins }),
    ...(define && { define }),
  });
  if (chunk === undefined) throw new Error(`${entry} came to nothing`);
  return { contents: Buffer.from(chunk.code), modules: chunk.moduleIds };
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

/** The texts of a language, as data. */
function textsFile({ tag, texts }: Translation): File {
  return asset(`texts-${tag}`, 'json', Buffer.from(JSON.stringify(texts)));
}

/** The documents: what stands between head and foot, the title, and what a link to it shows of it in a chat. */
const DOCUMENTS = {
  create: { main: 'create/create.html', title: 'create.title', preview: 'page.ogCreate' },
  reveal: { main: 'reveal/reveal.html', title: 'reveal.title', preview: 'page.ogReveal' },
  verify: { main: 'verify/verify.html', title: 'verify.title', preview: 'page.ogVerify' },
  missing: { main: null, title: 'noPage.heading', preview: 'page.ogCreate' },
} as const;

/** Puts a document together. All its addresses are relative: it works below any path. */
function document(
  path: string,
  page: keyof typeof DOCUMENTS,
  { script, sheet, icon, touchIcon }: Readonly<Record<'script' | 'sheet' | 'icon' | 'touchIcon', File>>,
): File {
  const base = page === 'reveal' ? '../' : './';
  const { main, title, preview } = DOCUMENTS[page];
  const places: Readonly<Record<string, string>> = {
    main: main === null ? '' : readFileSync(join(web, main), 'utf8'),
    page,
    title,
    'og-title': en[preview],
    description: en['page.description'],
    home: base,
    verify: `${base}verify`,
    // A browser notes an icon under the whole address of its page, with the key of a link. For the page that opens links
    // it is given a file that is no image: without any, it would ask for /favicon.ico, which may be another program's.
    icons:
      page === 'reveal'
        ? `<link rel="icon" href="${base}${sheet.path}" />`
        : `<link rel="icon" type="image/svg+xml" href="${base}${icon.path}" />
    <link rel="icon" type="image/png" sizes="180x180" href="${base}${touchIcon.path}" />
    <link rel="apple-touch-icon" href="${base}${touchIcon.path}" />`,
    style: base + sheet.path,
    'style-integrity': integrity(sheet),
    script: base + script.path,
    'script-integrity': integrity(script),
    hashes: `${base}assets/hashes.txt`,
  };
  const filled = (text: string): string =>
    text.replace(/\{([a-z-]+)\}/g, (_, name: string) => {
      const value = places[name];
      if (value === undefined) throw new Error(`nothing to put at {${name}} of ${path}`);
      return filled(value);
    });
  const html = inEnglish(filled(readFileSync(join(web, 'page.html'), 'utf8'))).replace(/\n\s*/g, '\n');
  return { path, type: TYPES.html, contents: Buffer.from(html) };
}

/** Fills in the English texts: what a browser without scripts, and a reader of the source, sees. */
function inEnglish(html: string): string {
  return html.replace(/(<(\w+)[^>]*\sdata-text="([^"]+)"[^>]*>)(<\/\2>)/g, (_, open, _name, key, close) => {
    const text = (en as Readonly<Record<string, unknown>>)[key];
    if (typeof text !== 'string') throw new Error(`there is no text ${key}`);
    return open + text.replace(/&/g, '&amp;').replace(/</g, '&lt;') + close;
  });
}

/** For `integrity`, as Subresource Integrity (W3C) wants it. */
function integrity({ contents }: File): string {
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
