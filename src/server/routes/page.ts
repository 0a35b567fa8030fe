/** The web page: its documents, the same for every secret, and the files they load. No route here reads a secret. */

import type { Brand } from '../../core/protocol/brand.js';
import { DOCUMENT_HEADERS, type HeaderFields, IMMUTABLE, NO_STORE, WORKER_HEADERS } from '../http/headers.js';
import {
  emptyResponse,
  type HttpRequest,
  type HttpResponse,
  headerOf,
  jsonResponse,
} from '../http/messages.js';
import { type Handler, notFound, pathOf, type Router } from '../http/router.js';
import { chooseEncoding, type PackedFile, unpackFiles, type WebFile } from './page-files.js';

/**
 * Adds the page's routes to `router`.
 * @param brand is data beside the documents, so that these are the same everywhere, and can be verified.
 */
export function addPageRoutes(router: Router, packed: readonly PackedFile[], brand?: Brand): void {
  const files = unpackFiles(packed);
  const add = (path: string, handler: Handler) => router.add(path, { GET: handler, HEAD: handler });
  const document = (name: string): Handler => {
    const file = files.get(name);
    if (file === undefined) throw new Error(`the page has no ${name}`);
    return (request) => send(request, file, DOCUMENT_HEADERS);
  };

  // Documents are at the names of their files too, which is where the list of hashes has them.
  const create = document('index.html');
  // Where the server's address has a path, relative addresses need a slash at its end: `/zephr` goes to `/zephr/`.
  add('/', (request) => {
    const path = pathOf(request.target) ?? '/';
    return path.endsWith('/') ? create(request) : redirect(`${path.split('/').at(-1)}/`);
  });
  add('/index.html', create);
  // Link previews and mail scanners fetch the URL of a link: the document alone reads nothing.
  for (const kind of ['secret', 'request']) {
    add(`/${kind}/:id`, document(`${kind}.html`));
    add(`/${kind}/:id/`, (request) => redirect(`../${pathOf(request.target)?.split('/').at(-2)}`));
    add(`/${kind}.html`, document(`${kind}.html`));
  }
  add('/request', document('ask.html'));
  add('/ask.html', document('ask.html'));
  add('/verify', document('verify.html'));
  add('/verify.html', document('verify.html'));
  add('/missing.html', document('missing.html'));
  add('/brand.json', () => jsonResponse(200, brand ?? {}, NO_STORE));
  router.otherwise(missingPage(files));
  add('/assets/:file', (request, name = '') => {
    const file = files.get(`assets/${name}`);
    if (file === undefined) throw notFound();
    return send(request, file, headersOf(name));
  });
}

/**
 * The page for addresses that nothing is at, for people who follow a link: programs get the error as JSON. Its addresses
 * are relative, so that they are made to fit the depth of the path that was asked for.
 */
function missingPage(files: ReadonlyMap<string, WebFile>): Handler {
  const file = files.get('missing.html');
  if (file === undefined) throw new Error('the page has no missing.html');
  const html = Buffer.from(file.bodies.identity).toString();
  return (request, ...segments) => {
    const isPage = request.method === 'GET' && headerOf(request, 'Accept')?.includes('text/html');
    if (!isPage || segments[0] === 'api') throw notFound();
    const body = html.replaceAll('="./', `="${'../'.repeat(segments.length - 1) || './'}`);
    const headers = { ...DOCUMENT_HEADERS, 'Content-Type': file.type };
    return { status: 404, headers, body: new Uint8Array(Buffer.from(body)) };
  };
}

/** Every file but the list of hashes is named after its contents; the worker has a policy of its own. */
function headersOf(name: string): HeaderFields {
  if (name === 'hashes.txt') return NO_STORE;
  return name.startsWith('argon2id-worker-') ? { ...IMMUTABLE, ...WORKER_HEADERS } : IMMUTABLE;
}

function send(request: HttpRequest, { type, bodies }: WebFile, headers: HeaderFields): HttpResponse {
  const encoding = chooseEncoding(headerOf(request, 'Accept-Encoding'));
  const encoded = encoding === 'identity' ? {} : { 'Content-Encoding': encoding };
  return {
    status: 200,
    headers: { ...headers, 'Content-Type': type, Vary: 'Accept-Encoding', ...encoded },
    body: bodies[encoding],
  };
}

/** Redirects to a relative address; the browser keeps the fragment. */
function redirect(location: string): HttpResponse {
  return emptyResponse(308, { Location: location, ...NO_STORE });
}
