/** The web page as a server sends it: where it is, what it says about itself, and how it is encoded. */

import { createHash } from 'node:crypto';
import { brotliCompressSync, brotliDecompressSync, gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildPage } from '../../.scripts/web.js';
import { chooseEncoding } from '../../src/server/routes/page-files.js';
import { MemoryStore } from '../../src/server/store/memory/store.js';
import { TRANSLATIONS } from '../../src/web/strings/languages.js';
import { type Harness, harness, PAGE, refusal } from './harness.js';

const below = (baseUrl: string): Harness => harness(new MemoryStore('salt'), { baseUrl });

describe('the documents', () => {
  test.each([
    ['/', 'index.html'],
    ['/index.html', 'index.html'],
    [`/secret/${'A'.repeat(22)}`, 'secret.html'],
    ['/request', 'ask.html'],
    [`/request/${'A'.repeat(22)}`, 'request.html'],
    ['/secret/anything%23v1.key?utm=1', 'secret.html'],
  ])('%s is there, for GET and HEAD', async (path, text) => {
    const { call } = harness();
    const response = await call('GET', path);
    expect(await response.text()).toBe(text);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(response.headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('content-security-policy')?.split('; ').sort()).toEqual([
      "base-uri 'none'",
      "connect-src 'self'",
      "default-src 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "img-src 'self'",
      "require-trusted-types-for 'script'",
      "script-src 'self'",
      "style-src 'self'",
      'trusted-types zephr',
      "worker-src 'self'",
    ]);
    const head = await call('HEAD', path);
    expect(head.status).toBe(200);
    expect(head.headers.get('content-length')).toBe(String(text.length));
  });

  test.each(['/secret', '/secret/', '/secret/a/b', '/secret//', '/index', '/assets', '/assets/', '/x'])(
    '%s is 404',
    async (path) => {
      expect(await refusal(harness().call('GET', path))).toBe('404 NOT_FOUND');
    },
  );

  test.each([
    ['/x', './'],
    ['/secret/a/b', '../../'],
    ['/deep/er/', '../../'],
  ])('%s is a page for people where there is nothing, with addresses that fit', async (path, up) => {
    const missing = brotliCompressSync('<a href="./">').toString('base64');
    const page = PAGE.map((file) => (file.path === 'missing.html' ? { ...file, brotli: missing } : file));
    const { call } = harness(new MemoryStore('salt'), { page });
    const response = await call('GET', path, { headers: { accept: 'text/html,*/*;q=0.8' } });
    expect(response.status).toBe(404);
    expect(response.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(await response.text()).toBe(`<a href="${up}">`);
    const api = await call('GET', '/api/x', { headers: { accept: 'text/html' } });
    expect(api.headers.get('content-type')).toContain('json');
  });

  test('are not there without a page', async () => {
    const { call } = harness(new MemoryStore('salt'), { page: undefined });
    for (const path of ['/', `/secret/${'A'.repeat(22)}`, '/assets/hashes.txt']) {
      expect(await refusal(call('GET', path))).toBe('404 NOT_FOUND');
    }
  });

  test.each([
    ['https://example.com/zephr', 'https://example.com/zephr/'],
    ['https://example.com/zephr/secret/AbC/', 'https://example.com/zephr/secret/AbC'],
    ['https://example.com/zephr/secret/A%23v1.k/', 'https://example.com/zephr/secret/A%23v1.k'],
  ])('%s is at %s', async (from, to) => {
    const { call } = below('https://example.com/zephr');
    const moved = await call('GET', from);
    expect(moved.status).toBe(308);
    expect(moved.headers.get('cache-control')).toBe('no-store');
    expect(new URL(moved.headers.get('location') ?? '', from).href).toBe(to);
    expect((await call('GET', to)).status).toBe(200);
  });
});

describe('the files', () => {
  test('named after their contents are kept for ever', async () => {
    const { headers } = await harness().call('GET', '/assets/zephr-0123.js');
    expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
  });

  test('of the hashes are never kept', async () => {
    const { headers } = await harness().call('GET', '/assets/hashes.txt');
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test('of the worker that solves puzzles allow it nothing but to run', async () => {
    const { headers } = await harness().call('GET', '/assets/puzzle-worker-0123.js');
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
  });

  test('of the worker that runs Argon2id allow WebAssembly, and no network', async () => {
    const { headers } = await harness().call('GET', '/assets/argon2id-worker-0123.js');
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; script-src 'wasm-unsafe-eval'");
  });

  test.each(['/assets/none.js', '/assets/..%2findex.html', '/assets/__proto__'])(
    '%s is 404',
    async (path) => {
      expect(await refusal(harness().call('GET', path))).toBe('404 NOT_FOUND');
    },
  );

  test.each([
    ['br, gzip', 'br', (body: Buffer) => brotliDecompressSync(body).toString()],
    ['gzip', 'gzip', (body: Buffer) => gunzipSync(body).toString()],
    ['', null, (body: Buffer) => body.toString()],
  ])('come encoded as "%s" asks', async (accepted, encoding, decode) => {
    const response = await harness().call('GET', '/assets/zephr-0123.js', {
      headers: { 'accept-encoding': accepted },
    });
    expect(response.headers.get('content-encoding')).toBe(encoding);
    expect(response.headers.get('vary')).toBe('Accept-Encoding');
    const body = Buffer.from(await response.arrayBuffer());
    expect(response.headers.get('content-length')).toBe(String(body.length));
    expect(decode(body)).toBe('assets/zephr-0123.js');
  });

  test.each([
    [undefined, 'identity'],
    ['*', 'br'],
    ['br;q=0, *', 'gzip'],
    ['GZIP;q=0.1', 'gzip'],
    ['br; q=0.000, gzip;q=0', 'identity'],
    ['identity, deflate', 'identity'],
    [',,;q=', 'identity'],
  ])('for %s are sent as %s', (accepted, encoding) => {
    expect(chooseEncoding(accepted)).toBe(encoding);
  });
});

test('the log knows routes, not paths', async () => {
  const { call, log } = harness();
  await call('GET', '/secret/CANARY%23v2.CANARY');
  await call('GET', '/assets/CANARY');
  expect(log.map((line) => JSON.parse(line).route)).toEqual(['/secret/:id', '/assets/:file']);
  expect(log.join()).not.toContain('CANARY');
});

describe('the page that is built', () => {
  let files: Map<string, Buffer>;
  beforeAll(async () => {
    const page = await buildPage();
    const { call } = harness(new MemoryStore('salt'), { page: page.files });
    const paths = page.files.map(({ path }) => path);
    files = new Map();
    for (const path of paths) {
      files.set(path, Buffer.from(await (await call('GET', `/${path}`)).arrayBuffer()));
    }
  });

  test('lists the hash of each of its files', () => {
    const lines = [...files]
      .filter(([path]) => path !== 'assets/hashes.txt')
      .map(([path, bytes]) => `${createHash('sha256').update(bytes).digest('hex')}  ${path}\n`);
    expect(files.get('assets/hashes.txt')?.toString()).toBe(lines.join(''));
    for (const { tag } of TRANSLATIONS) expect(lines.join('')).toMatch(new RegExp(`  assets/texts-${tag}-`));
  });

  const sha384 = (bytes: Uint8Array = new Uint8Array()) =>
    `sha384-${createHash('sha384').update(bytes).digest('base64')}`;

  test.each(['index.html', 'secret.html', 'ask.html', 'request.html', 'verify.html', 'missing.html'])(
    'loads with %s only its own files, and only as they are',
    (path) => {
      const html = files.get(path)?.toString() ?? '';
      const depth = /^(secret|request)/.test(path) ? 'https://x/secret/id' : 'https://x/';
      const loaded = [...html.matchAll(/<(?:script|link)[^>]*?(?:src|href)="([^"]+)"([^>]*)>/g)];
      expect(loaded.length).toBeGreaterThan(2);
      const checked = new Set<string>();
      for (const [tag, address = '', rest = ''] of loaded) {
        const name = new URL(address, depth).pathname.slice(1);
        // What the operator says of themselves is no file of the page.
        if (name === 'brand.json') continue;
        expect(files.has(name), address).toBe(true);
        // Browsers check no icon, and none can run.
        if (/^<link rel="(apple-touch-)?icon"/.test(tag)) continue;
        expect(rest).toContain(`integrity="${sha384(files.get(name))}"`);
        checked.add(name);
      }
      for (const [, part = ''] of html.matchAll(/<meta name="zephr-part" content="[\w-]+ ([^"]+)"/g)) {
        for (const [, name, hash] of part.matchAll(/(\S+) (\S+)/g)) {
          expect(hash).toBe(sha384(files.get(`assets/${name}`)));
          checked.add(`assets/${name}`);
        }
      }
      // What a script imports, the document has checked too.
      for (const name of checked) {
        const imported =
          files
            .get(name)
            ?.toString()
            .matchAll(/["'`]\.\/([\w-]+\.js)["'`]/g) ?? [];
        for (const [, other] of imported) expect(checked, name).toContain(`assets/${other}`);
      }
      expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\son\w+=|\sstyle=|\{[a-z-]+\}/);
      expect(html).not.toMatch(/https?:\/\//);
    },
  );
});
