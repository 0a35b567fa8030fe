/** The web page: two documents, the same for every secret, and the files they load. No route here reads a secret. */

import type { Context, Hono } from 'hono';
import { answer, type Handler, type ServerEnv } from '../http/answers.js';
import { DOCUMENT_HEADERS, type HeaderFields, IMMUTABLE, NO_STORE, WORKER_HEADERS } from '../http/headers.js';
import { notFound, route } from '../http/routing.js';
import { chooseEncoding, type PackedFile, unpackFiles, type WebFile } from './page-files.js';

/** Adds the page's routes to `app`. */
export function addPageRoutes(app: Hono<ServerEnv>, packed: readonly PackedFile[]): void {
  const files = unpackFiles(packed);
  const add = (path: string, handler: Handler) => route(app, path, { GET: handler, HEAD: handler });
  const document = (name: string): Handler => {
    const file = files.get(name);
    if (file === undefined) throw new Error(`the page has no ${name}`);
    return (context) => send(context, file, DOCUMENT_HEADERS);
  };

  // Both documents are at the names of their files too, which is where the list of hashes has them.
  const create = document('index.html');
  // Where the server's address has a path, relative addresses need a slash at its end: `/zephr` goes to `/zephr/`.
  add('/', (context) => {
    const path = pathOf(context);
    return path.endsWith('/') ? create(context) : redirect(context, `${path.split('/').at(-1)}/`);
  });
  add('/index.html', create);
  // Link previews and mail scanners fetch the URL of a link: the document alone reads nothing.
  add('/secret/:id', document('secret.html'));
  add('/secret/:id/', (context) => redirect(context, `../${pathOf(context).split('/').at(-2)}`));
  add('/secret.html', document('secret.html'));
  add('/assets/:file', (context) => {
    const name = context.req.param('file') ?? '';
    const file = files.get(`assets/${name}`);
    if (file === undefined) throw notFound();
    return send(context, file, headersOf(name));
  });
}

/** Every file but the list of hashes is named after its contents; the worker has a policy of its own. */
function headersOf(name: string): HeaderFields {
  if (name === 'hashes.txt') return NO_STORE;
  return name.startsWith('argon2id-') ? { ...IMMUTABLE, ...WORKER_HEADERS } : IMMUTABLE;
}

function send(context: Context<ServerEnv>, { type, bodies }: WebFile, headers: HeaderFields): Response {
  const encoding = chooseEncoding(context.req.header('Accept-Encoding'));
  const body = bodies[encoding];
  return answer(context, 200, body, {
    ...headers,
    'Content-Type': type,
    'Content-Length': String(body.length),
    Vary: 'Accept-Encoding',
    ...(encoding === 'identity' ? {} : { 'Content-Encoding': encoding }),
  });
}

function pathOf(context: Context<ServerEnv>): string {
  return new URL(context.req.url).pathname;
}

/** Redirects to a relative address; the browser keeps the fragment. */
function redirect(context: Context<ServerEnv>, location: string): Response {
  return answer(context, 308, null, { Location: location, ...NO_STORE });
}
