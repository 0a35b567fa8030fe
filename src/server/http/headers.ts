/** The headers that every answer carries, and those that let web pages of other origins use the API. */

import { HEADERS } from '../../core/protocol/requests.js';

/** Headers by their names. */
export type HeaderFields = Readonly<Record<string, string>>;

/** Names and values in turn, as Node's `rawHeaders` has them. */
export type HeaderList = readonly string[];

/** No answer may run scripts, be framed, be sniffed for another type, or send its address along to other sites. */
const SECURITY_HEADERS: HeaderFields = {
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/** A browser that was here once uses HTTPS for a year, even where a link says http. */
const HSTS: HeaderFields = { 'Strict-Transport-Security': 'max-age=31536000' };

/**
 * What every answer carries.
 * @param secure whether the server itself speaks HTTPS. Where a proxy does that for it, the proxy answers for the whole
 *   host, and HSTS is for the proxy to decide.
 */
function securityHeaders(secure: boolean): HeaderFields {
  return secure ? { ...SECURITY_HEADERS, ...HSTS } : SECURITY_HEADERS;
}

/**
 * What the web page may do: load its own files, talk to its own server, run its two workers. A script that was injected
 * would not run, and could send nothing to another host.
 */
const DOCUMENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types zephr',
].join('; ');

/** For answers with secrets, links or their state: no cache keeps a copy. */
export const NO_STORE: HeaderFields = { 'Cache-Control': 'no-store' };

/** For the documents of the web page. */
export const DOCUMENT_HEADERS: HeaderFields = {
  'Content-Security-Policy': DOCUMENT_POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  ...NO_STORE,
};

/** For the worker that runs Argon2id: WebAssembly, which the page itself does without, and no network. */
export const WORKER_HEADERS: HeaderFields = {
  'Content-Security-Policy': "default-src 'none'; script-src 'wasm-unsafe-eval'",
};

/** For files that never change under their name: caches keep them for a year. */
export const IMMUTABLE: HeaderFields = {
  'Cache-Control': 'public, max-age=31536000, immutable',
};

/** The families of paths below `/api` that pages of any origin may use. */
const CROSS_ORIGIN: readonly string[] = ['secrets', 'receipts', 'uploads', 'requests', 'stats'];

/** For every answer of theirs: any page may read it, and none can send a user's cookies along. */
const CORS_HEADERS: HeaderFields = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': [...Object.values(HEADERS), 'Date'].join(', '),
};

/**
 * What every answer at a path carries, errors included.
 * @param secure as for {@link securityHeaders}.
 * @returns a function of the path below the server's address, as `Router` cuts it into segments.
 */
export function fixedHeaders(secure: boolean): (segments: readonly string[]) => HeaderList {
  const page = listOf(securityHeaders(secure));
  const api = [...page, ...listOf(NO_STORE)];
  const secrets = [...api, ...listOf(CORS_HEADERS)];
  return ([room, family]) => {
    if (room !== 'api') return page;
    return CROSS_ORIGIN.includes(family ?? '') ? secrets : api;
  };
}

function listOf(headers: HeaderFields): HeaderList {
  return Object.entries(headers).flat();
}

/** The answer to a browser that asks whether a page of another origin may send our headers (a CORS preflight). */
export const PREFLIGHT_HEADERS: HeaderFields = {
  'Access-Control-Allow-Methods': 'GET, POST, PUT, DELETE',
  'Access-Control-Allow-Headers': [
    'Authorization',
    'Content-Type',
    HEADERS.idempotencyKey,
    HEADERS.proof,
    HEADERS.linkProof,
    HEADERS.receipt,
    HEADERS.claim,
    HEADERS.chunks,
    HEADERS.captcha,
    HEADERS.code,
  ].join(', '),
  'Access-Control-Max-Age': '7200',
};
