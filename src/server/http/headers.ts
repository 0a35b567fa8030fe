/** Headers every answer carries, and those that let web pages of other origins use the API. */

import { HEADERS } from '../../core/protocol/requests.js';

/** Headers by their names. */
export type HeaderFields = Readonly<Record<string, string>>;

/** Nothing the server says is to be run, framed, guessed at, or told to where a link leads. */
const SECURITY_HEADERS: HeaderFields = {
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/** A browser that was here once uses HTTPS for a year, whatever a link says. */
const HSTS: HeaderFields = { 'Strict-Transport-Security': 'max-age=31536000' };

/**
 * What every answer carries.
 * @param secure whether the server itself speaks HTTPS. A proxy that does so for it speaks for a whole host, and has
 *   its own mind about this.
 */
export function securityHeaders(secure: boolean): HeaderFields {
  return secure ? { ...SECURITY_HEADERS, ...HSTS } : SECURITY_HEADERS;
}

/**
 * What the web page may do: load its own files, talk to its own server, run one worker. Whatever gets into it by
 * mistake runs nothing and can tell nobody.
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

/** What answers with secrets, links or their state add: no cache keeps a copy. */
export const NO_STORE: HeaderFields = { 'Cache-Control': 'no-store' };

/** What the documents of the web page add. */
export const DOCUMENT_HEADERS: HeaderFields = {
  'Content-Security-Policy': DOCUMENT_POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  ...NO_STORE,
};

/** What the worker that runs Argon2id adds: WebAssembly, which the page itself does without, and no network. */
export const WORKER_HEADERS: HeaderFields = {
  'Content-Security-Policy': "default-src 'none'; script-src 'wasm-unsafe-eval'",
};

/** For files that never change under their name: a year. */
export const IMMUTABLE: HeaderFields = {
  'Cache-Control': 'public, max-age=31536000, immutable',
};

/** On every answer of `/api/secrets*`: any page may read it, and none can send a user's cookies along. */
const CORS_HEADERS: HeaderFields = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': Object.values(HEADERS).join(', '),
};

/**
 * What every answer to a request for a path carries, whatever it says.
 * @param secure as for {@link securityHeaders}.
 */
export function fixedHeaders(secure: boolean): (path: string) => HeaderFields {
  const page = securityHeaders(secure);
  const api = { ...page, ...NO_STORE };
  const secrets = { ...api, ...CORS_HEADERS };
  return (path) => {
    if (isAtOrBelow(path, '/api/secrets')) return secrets;
    return isAtOrBelow(path, '/api') ? api : page;
  };
}

function isAtOrBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** What a browser asks about before it sends a request with our headers. */
export const PREFLIGHT_HEADERS: HeaderFields = {
  'Access-Control-Allow-Methods': 'GET, POST, DELETE',
  'Access-Control-Allow-Headers': [
    'Authorization',
    'Content-Type',
    HEADERS.idempotencyKey,
    HEADERS.proof,
    HEADERS.claim,
  ].join(', '),
  'Access-Control-Max-Age': '7200',
};
