/** What clients send: a create that is taken keeps every rule, each header is a value or a refusal. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encodeBase64url } from '../../src/core/base64url.js';
import { type CreateBody, isApiKey, isHint } from '../../src/core/protocol/requests.js';
import { errorResponse } from '../../src/server/http/error-response.js';
import { RequestError } from '../../src/server/http/request-error.js';
import { parseCreateRequest } from '../../src/server/routes/create-request.js';
import {
  parseAuthorization,
  parseClaim,
  parseIdempotencyKey,
  parseProof,
} from '../../src/server/routes/request-headers.js';
import { recognizeKey } from '../../src/server/secrets/api-keys.js';
import type { WantedSecret } from '../../src/server/secrets/secrets.js';
import { ServiceError } from '../../src/server/secrets/service-error.js';
import { type Family, property, quotes, resultOf } from './family.js';
import { FOUND_CREATES } from './found.js';
import { mayBeHint, mutated, mutatedObject, oddLine, oddValue } from './odd.js';

const base64url = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((all) => Buffer.from(all).toString('base64url'));

const body = fc.oneof(
  fc.record(
    {
      encrypted_blob: base64url(9),
      expiry: fc.integer({ min: 1, max: 43_200 }),
      split_url_mode: fc.boolean(),
      hint: fc.string({ minLength: 1, maxLength: 130 }),
      version: fc.constant(1),
    },
    { requiredKeys: ['encrypted_blob', 'expiry', 'split_url_mode'] },
  ),
  fc.record({
    encrypted_blob: base64url(8),
    expiry: fc.integer({ min: 1, max: 43_200 }),
    split_url_mode: fc.boolean(),
    version: fc.constant(2),
    proof_hash: base64url(32),
    views: fc.integer({ min: 1, max: 1_000 }),
    callback_url: fc.webUrl({ validSchemes: ['https'] }),
    callback_secret: fc.string({ unit: 'binary', minLength: 1, maxLength: 260 }),
  }),
);

/** The codes of core/protocol/PROTOCOL.md that a body alone can be refused with. */
const CODES = [
  'INVALID_REQUEST_BODY',
  'INVALID_BLOB',
  'INVALID_EXPIRY',
  'INVALID_HINT',
  'INVALID_CALLBACK_URL_TYPE',
  'INVALID_CALLBACK_URL_FORMAT',
  'INVALID_CALLBACK_URL_PROTOCOL',
  'INVALID_CALLBACK_URL_LENGTH',
  'MISSING_CALLBACK_SECRET',
  'UNEXPECTED_CALLBACK_SECRET',
  'INVALID_CALLBACK_SECRET_TYPE',
  'INVALID_CALLBACK_SECRET_LENGTH',
  'INVALID_PROOF',
  'INVALID_VIEWS',
  'UNSUPPORTED_VERSION',
];

function isBase64url(text: unknown, bytes?: number): boolean {
  const decoded = Buffer.from(String(text), 'base64url');
  return decoded.toString('base64url') === text && (bytes === undefined || decoded.length === bytes);
}

/** Whether databases keep it: they know neither half a character nor U+0000. */
function isStorable(text: string): boolean {
  return Buffer.from(text).toString() === text && !text.includes('\0');
}

/** The HTTP status that tells of an error. */
function statusOf(error: RequestError): number {
  return errorResponse(error, {}).status;
}

/** The rules of the table in core/protocol/PROTOCOL.md, one by one. */
function checkRequest(request: WantedSecret): void {
  const { blob, expiry, splitUrlMode, hint, callback, version, proofHash, views } = request;
  assert(blob.length > 0 && blob.length === blob.buffer.byteLength, 'blob');
  assert(Number.isSafeInteger(expiry) && expiry >= 1, 'expiry');
  assert.equal(typeof splitUrlMode, 'boolean');
  assert(hint === null || mayBeHint(hint), 'hint');
  assert(version === 1 || version === 2, 'version');
  assert(version === 1 ? proofHash === null : isBase64url(proofHash, 32), 'proof hash');
  assert(Number.isInteger(views) && views >= 1 && views <= (version === 1 ? 1 : 1_000), 'views');
  if (callback === null) return;
  const { protocol, username, password } = new URL(callback.url);
  assert.equal(protocol, 'https:');
  assert.equal(username + password, '');
  assert(callback.url.length <= 2_048 && callback.secret.length >= 1 && callback.secret.length <= 256);
  // Every store gives both back as they came.
  assert(isStorable(callback.url), 'the URL cannot be stored');
  assert(isStorable(callback.secret), 'the secret cannot be stored');
}

function bodyOf(request: WantedSecret): CreateBody {
  const { blob, expiry, splitUrlMode, hint, callback, version, proofHash, views } = request;
  return {
    encrypted_blob: encodeBase64url(blob),
    expiry,
    split_url_mode: splitUrlMode,
    version,
    ...(hint === null ? {} : { hint }),
    ...(callback === null ? {} : { callback_url: callback.url, callback_secret: callback.secret }),
    ...(proofHash === null ? {} : { proof_hash: proofHash, views }),
  };
}

const creates = property(
  'a create keeps every rule, or is refused in our own words',
  fc.oneof({ weight: 9, arbitrary: mutatedObject(body) }, { weight: 1, arbitrary: oddValue }),
  async (json) => {
    const result = await resultOf(() => parseCreateRequest(json));
    if ('error' in result) {
      const { error } = result;
      assert(error instanceof RequestError && statusOf(error) === 400, String(error));
      assert(CODES.includes(error.code), error.code);
      assert.match(error.message, /^[a-zI][a-zA-Z0-9_, ]+$/);
      return 'refused';
    }
    checkRequest(result.value);
    assert.deepEqual(parseCreateRequest(bodyOf(result.value)), result.value);
    return 'taken';
  },
  { weight: 200, found: FOUND_CREATES, outcomes: ['taken', 'refused'] },
);

const KEY = /^zeph_[A-Za-z0-9]{40}$/;
const header = (valid: fc.Arbitrary<string>) =>
  fc.oneof({ weight: 9, arbitrary: mutated(valid) }, { weight: 1, arbitrary: oddLine });

/** That a header is taken as it is when `isValid` says so, and else refused with `code`, unquoted. */
function headers<T>(
  name: string,
  valid: fc.Arbitrary<string>,
  parse: (text: string) => T,
  code: string,
  isValid: (text: string) => boolean,
  textOf: (value: T) => string,
) {
  return property(
    `${name} is taken as it is, or refused without being quoted`,
    header(valid),
    async (text) => {
      const result = await resultOf(() => parse(text));
      if ('error' in result) {
        const { error } = result;
        assert(!isValid(text), 'a valid one is refused');
        assert(
          error instanceof RequestError && statusOf(error) === 400 && error.code === code,
          String(error),
        );
        assert(!quotes(error.message, text.replace(/base64url|characters/g, '')));
        return 'refused';
      }
      assert(isValid(text), 'an invalid one is taken');
      assert.equal(textOf(result.value), text);
      return 'taken';
    },
    { weight: 60, outcomes: ['taken', 'refused'] },
  );
}

const every = (text: string, characters: string) => [...text].every((one) => characters.includes(one));
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

const claims = headers(
  'Zephr-Claim',
  fc.stringMatching(/^[A-Za-z0-9_-]{20,66}$/),
  parseClaim,
  'INVALID_CLAIM',
  (text) => text.length >= 22 && text.length <= 64 && every(text, `${LETTERS}_-`),
  (claim) => claim ?? '',
);

const proofs = headers(
  'Zephr-Proof',
  base64url(32),
  parseProof,
  'INVALID_PROOF',
  (text) => isBase64url(text, 32),
  (proof) => Buffer.from(proof ?? []).toString('base64url'),
);

const idempotencyKeys = headers(
  'Idempotency-Key',
  fc.oneof(fc.uuid(), fc.stringMatching(/^[A-Za-z0-9-]{60,66}$/)),
  parseIdempotencyKey,
  'INVALID_IDEMPOTENCY_KEY',
  (text) => text.length >= 1 && text.length <= 64 && every(text, `${LETTERS}-`),
  (key) => key ?? '',
);

const apiKeys = property(
  'Authorization asks the store for well-formed keys only, by their hash, and quotes none',
  header(
    fc
      .tuple(fc.constantFrom('Bearer ', 'bearer  ', 'BEARER ', 'Basic '), fc.stringMatching(KEY))
      .map((parts) => parts.join('')),
  ),
  async (text) => {
    const asked: string[] = [];
    const findKey = async (hash: string) => {
      asked.push(hash);
      return null;
    };
    const result = await resultOf(() =>
      recognizeKey({ findKey }, parseAuthorization(text) ?? assert.fail('a header is there')),
    );
    assert('error' in result && result.error instanceof ServiceError);
    assert.equal(result.error.code, 'INVALID_API_KEY');
    assert(!quotes(result.error.message, text));
    const [scheme = '', key = '', ...rest] = text.split(/ +/);
    const isAsked = scheme.toLowerCase() === 'bearer' && isApiKey(key) && rest.join('') === '';
    assert.equal(asked.length, isAsked ? 1 : 0, text);
    assert(asked.every((hash) => isBase64url(hash, 32) && !quotes(hash, key)));
    assert.equal(isApiKey(key), key.startsWith('zeph_') && key.length === 45 && every(key.slice(5), LETTERS));
    return isAsked ? 'asked' : 'refused';
  },
  { weight: 60, outcomes: ['asked', 'refused'] },
);

const hints = property(
  'a hint is 1 to 128 printable characters',
  fc.oneof(mutated(fc.string({ minLength: 1, maxLength: 140 })), oddLine),
  (text) => {
    const expected = mayBeHint(text);
    assert.equal(isHint(text), expected);
    return expected ? 'taken' : 'refused';
  },
  { weight: 60, outcomes: ['taken', 'refused'] },
);

export const REQUESTS: Family = {
  name: 'requests',
  properties: [creates, claims, proofs, idempotencyKeys, apiKeys, hints],
};
