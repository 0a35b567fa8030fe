/**
 * Gives every parser of text long inputs of the kinds that take some patterns a square of their length. Run in a
 * process of its own, since one that does not end cannot be stopped from within: see long-inputs.test.ts.
 */

import { endingOf } from '../../src/cli/exit/ending.js';
import { fileNameOf, shortened } from '../../src/cli/files/file-name.js';
import { suggest } from '../../src/cli/parser/suggest.js';
import { escapeText, jsonLine } from '../../src/cli/terminal/escape.js';
import { decodeBase64url, isBase64url } from '../../src/core/base64url.js';
import { decodeMeta, encodeMeta } from '../../src/core/crypto/meta.js';
import { NetworkError } from '../../src/core/errors.js';
import { parseExpiry } from '../../src/core/expiry.js';
import { parseKey } from '../../src/core/key.js';
import { parseServer } from '../../src/core/link.js';
import { parseAddress, parseKeyFor, parseLink } from '../../src/core/links/reader.js';
import { parseCreatedReply, parseErrorReply, parseReadReply } from '../../src/core/protocol/replies.js';
import { isHint } from '../../src/core/protocol/requests.js';
import { hostName } from '../../src/net/host-name.js';
import { proxyFor } from '../../src/net/proxy.js';
import { isPublicHost } from '../../src/net/public-addresses.js';
import { trustProxies } from '../../src/server/http/trusted-proxies.js';
import { parseCreateRequest } from '../../src/server/routes/create-request.js';
import {
  parseAuthorization,
  parseClaim,
  parseIdempotencyKey,
  parseProof,
} from '../../src/server/routes/request-headers.js';
import { checkKeyName, recognizeKey } from '../../src/server/secrets/api-keys.js';
import { callerAddress } from '../../src/server/secrets/callers.js';
import { loggedAddress } from '../../src/server/telemetry/log.js';

/** A square of this many steps takes hours. */
const LENGTH = 1_000_000;

const keys = { findKey: async () => null };
const clientOf = trustProxies(['10.0.0.0/8', '::1']);
const blob = { encrypted_blob: 'AAAA', expiry: 1, split_url_mode: false };
const link = (server: string) => `https://h/${server}/secret/${'A'.repeat(22)}#v1.${'A'.repeat(43)}`;

/** Everything that reads text from elsewhere. */
const PARSERS: Readonly<Record<string, (text: string) => unknown>> = {
  parseLink,
  parseAddress,
  parseServer,
  parseKeyFor: (text) => parseKeyFor({ id: 'A'.repeat(22) }, text),
  'parseLink, in the server': (text) => parseLink(link(text)),
  'parseServer, in the path': (text) => parseServer(`https://h/${text}x`),
  // As long as is looked at: what is longer is refused unread.
  'parseLink, decorated': (text) => parseLink(text.slice(0, 65_536)),
  'parseLink, behind words': (text) => parseLink(`x${text.slice(0, 65_000)}x`),
  'parseLink, in a label': (text) => parseLink(`[${text.slice(0, 65_000)}](${link('x')})`),
  'parseLink, in a query': (text) => parseLink(`https://www.google.com/url?q=${text.slice(0, 65_000)}`),
  'parseLink, in a path': (text) => parseLink(`https://urldefense.com/v3/__${text.slice(0, 65_000)}__;Iw!`),
  parseKey: (text) => parseKey(`v1.${text}`),
  parseExpiry,
  decodeBase64url,
  isBase64url,
  isHint,
  parseClaim,
  parseProof,
  parseIdempotencyKey,
  checkKeyName,
  recognizeKey: (text) => recognizeKey(keys, parseAuthorization(`Bearer ${text}`) ?? text),
  hostName,
  isPublicHost,
  callerAddress,
  loggedAddress,
  'trustProxies, one address': (text) => clientOf('10.0.0.1', text),
  'trustProxies, in brackets': (text) => clientOf('10.0.0.1', `[${text}`),
  'trustProxies, a list': (text) => clientOf('10.0.0.1', `10.0.0.1,${text.slice(0, 100_000)}`),
  'parseCreateRequest, callback_url': (text) =>
    parseCreateRequest({ ...blob, callback_url: `https://${text}`, callback_secret: text }),
  'parseCreateRequest, blob': (text) => parseCreateRequest({ ...blob, encrypted_blob: text }),
  'parseCreatedReply, time': (text) =>
    parseCreatedReply({ id: 'A'.repeat(22), expires_at: `2026-01-01T00:00:00.${text}` }, 1),
  'parseReadReply, blob': (text) => parseReadReply({ encrypted_blob: text }),
  'parseErrorReply, message': (text) => parseErrorReply(400, { error: { code: text, message: text } }),
  encodeMeta: (text) => encodeMeta({ name: text }),
  decodeMeta: (text) =>
    decodeMeta(new Uint8Array(Buffer.from(JSON.stringify({ name: text, message: text })))),
  'fileNameOf, Linux': (text) => fileNameOf(`${text}x`, 'linux'),
  'fileNameOf, Windows': (text) => fileNameOf(`${text}x`, 'win32'),
  shortened: (text) => shortened(text, 200),
  escapeText,
  jsonLine,
  endingOf: (text) => endingOf(new NetworkError(text, text)),
  nearest: (text) => suggest(text, ['get', 'config']),
  'proxyFor, the proxy': (text) => proxyFor('https://h', { HTTPS_PROXY: text }),
  'proxyFor, NO_PROXY': (text) => proxyFor('https://h', { HTTPS_PROXY: 'p:1', NO_PROXY: `${text}x` }),
  'proxyFor, NO_PROXY and a port': (text) =>
    proxyFor('https://h', { HTTPS_PROXY: 'p:1', NO_PROXY: `h:${text}` }),
};

const PIECES = [
  '/',
  '/secret/',
  '.',
  '. ',
  ' ',
  ':',
  '0',
  '1:',
  'a.',
  '%',
  '%23',
  '[',
  '](',
  '<',
  '> ',
  '>',
  '=\n',
  '\nhttps://h/secret/',
  '__;',
  '#',
  ',',
  '-',
  '\\',
  '\n',
  '\u202e',
  '\ud800',
  'A',
];

for (const [name, parse] of Object.entries(PARSERS)) {
  for (const piece of PIECES) {
    // Whoever reads it knows where it stopped when nothing more comes.
    process.stdout.write(`${name} ${JSON.stringify(piece)}\n`);
    const text = piece.repeat(LENGTH / piece.length);
    for (const end of ['', '!']) {
      try {
        await parse(text + end);
      } catch (error) {
        if (!(error instanceof Error) || error instanceof RangeError) throw error;
      }
    }
  }
}
process.stdout.write('done\n');
