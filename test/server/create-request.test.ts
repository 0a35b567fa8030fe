import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBase64url } from '../../src/core/base64url.js';
import { errorDetails, errorResponse } from '../../src/server/http/error-response.js';
import type { RequestErrorCode } from '../../src/server/http/request-error.js';
import { parseCreateRequest } from '../../src/server/routes/create-request.js';
import {
  parseAuthorization,
  parseClaim,
  parseIdempotencyKey,
  parseProof,
} from '../../src/server/routes/request-headers.js';

const proofHash = 'WTj-u3ZI7osMopS7gYpj-4Qxm4i8P5K7Iy1g7loBGPo';
const first = { encrypted_blob: 'AAAA', expiry: 60, split_url_mode: false };
const second = { ...first, version: 2, proof_hash: proofHash };

function refusal(code: RequestErrorCode): unknown {
  expect(errorResponse({ code, message: '' }, {}).status).toBe(400);
  return expect.objectContaining({ name: 'RequestError', code });
}

describe('a create request', () => {
  it('of version 1 needs a blob, an expiry and a mode', () => {
    expect(parseCreateRequest(first)).toEqual({
      blob: new Uint8Array(3),
      expiry: 60,
      gates: null,
      splitUrlMode: false,
      hint: null,
      callback: null,
      version: 1,
      proofHash: null,
      linkProofHash: null,
      receiptHash: null,
      views: 1,
      upload: null,
    });
  });

  it('of version 2 needs a proof hash too, and may have views', () => {
    expect(parseCreateRequest(second)).toMatchObject({
      version: 2,
      proofHash,
      linkProofHash: null,
      receiptHash: null,
      views: 1,
    });
    const locked = { ...second, link_proof_hash: proofHash };
    expect(parseCreateRequest(locked)).toMatchObject({ linkProofHash: proofHash });
    for (const link_proof_hash of [1, '', proofHash.slice(1)]) {
      expect(() => parseCreateRequest({ ...second, link_proof_hash })).toThrow(/link_proof_hash/);
    }
    expect(parseCreateRequest({ ...second, views: 1000 })).toMatchObject({ views: 1000 });
  });

  it('may have a hint and a callback', () => {
    const callback = { callback_url: 'https://feature.example.com/hook', callback_secret: 's' };
    expect(
      parseCreateRequest({ ...first, split_url_mode: true, hint: 'db password', ...callback }),
    ).toMatchObject({
      splitUrlMode: true,
      hint: 'db password',
      callback: { url: callback.callback_url, secret: 's' },
    });
  });

  it.each([1, 24, 168, 720])('may give %i hours in place of minutes', (hours) => {
    const { expiry: _, ...rest } = first;
    expect(parseCreateRequest({ ...rest, expiry_hours: hours })).toMatchObject({ expiry: hours * 60 });
    expect(parseCreateRequest({ ...rest, expiry: null, expiry_hours: hours })).toMatchObject({
      expiry: hours * 60,
    });
  });

  it('may have a hint of any script', () => {
    expect(parseCreateRequest({ ...first, hint: 'Müller 🔑' })).toMatchObject({ hint: 'Müller 🔑' });
  });

  it('may say null for what it does not say', () => {
    const nothing = { hint: null, callback_url: null, callback_secret: null, proof_hash: null, views: null };
    expect(parseCreateRequest({ ...first, ...nothing, version: null })).toEqual(parseCreateRequest(first));
  });

  it('may have fields that nobody knows yet', () => {
    expect(parseCreateRequest({ ...first, colour: 'blue' })).toEqual(parseCreateRequest(first));
  });

  it.each([undefined, null, 'text', 1, true, [], [first]])('is not %j', (body) => {
    expect(() => parseCreateRequest(body)).toThrow(refusal('INVALID_REQUEST_BODY'));
  });

  it.each<[string, object, RequestErrorCode]>([
    ['no blob', { encrypted_blob: undefined }, 'INVALID_BLOB'],
    ['an empty blob', { encrypted_blob: '' }, 'INVALID_BLOB'],
    ['a padded blob', { encrypted_blob: 'AAA=' }, 'INVALID_BLOB'],
    ['a blob of an impossible length', { encrypted_blob: 'AAAAA' }, 'INVALID_BLOB'],
    ['a blob with trailing bits', { encrypted_blob: 'AB' }, 'INVALID_BLOB'],
    ['a blob that is no string', { encrypted_blob: ['AAAA'] }, 'INVALID_BLOB'],
    ['no expiry', { expiry: undefined }, 'INVALID_EXPIRY'],
    ['an expiry of nothing', { expiry: 0 }, 'INVALID_EXPIRY'],
    ['half a minute', { expiry: 0.5 }, 'INVALID_EXPIRY'],
    ['an expiry that is text', { expiry: '60' }, 'INVALID_EXPIRY'],
    ['an expiry beyond whole numbers', { expiry: 2 ** 53 }, 'INVALID_EXPIRY'],
    ['no mode', { split_url_mode: undefined }, 'INVALID_REQUEST_BODY'],
    ['a mode that is text', { split_url_mode: 'false' }, 'INVALID_REQUEST_BODY'],
    ['an empty hint', { hint: '' }, 'INVALID_HINT'],
    ['a long hint', { hint: 'x'.repeat(129) }, 'INVALID_HINT'],
    ['a hint with half of a character', { hint: 'caf\ud83d' }, 'INVALID_HINT'],
    ['hours beside an expiry', { expiry_hours: 1 }, 'INVALID_EXPIRY'],
    ['hours in place of it that are text', { expiry: undefined, expiry_hours: '1' }, 'INVALID_EXPIRY'],
    ['half an hour', { expiry: undefined, expiry_hours: 0.5 }, 'INVALID_EXPIRY'],
    ['no hours', { expiry: undefined, expiry_hours: 0 }, 'INVALID_EXPIRY'],
    ['a hint with a line end', { hint: 'a\n' }, 'INVALID_HINT'],
    ['a hint that is a number', { hint: 1 }, 'INVALID_HINT'],
    ['version 3', { version: 3 }, 'UNSUPPORTED_VERSION'],
    ['version "2"', { version: '2' }, 'UNSUPPORTED_VERSION'],
    ['a proof hash in version 1', { proof_hash: proofHash }, 'INVALID_PROOF'],
    ['a link proof hash in version 1', { link_proof_hash: proofHash }, 'INVALID_PROOF'],
    ['views in version 1', { views: 1 }, 'INVALID_VIEWS'],
  ])('is refused with %s', (_, fields, code) => {
    expect(() => parseCreateRequest({ ...first, ...fields })).toThrow(refusal(code));
  });

  it.each<[string, object, RequestErrorCode]>([
    ['no proof hash', { proof_hash: undefined }, 'INVALID_PROOF'],
    ['a short proof hash', { proof_hash: proofHash.slice(1) }, 'INVALID_PROOF'],
    ['a proof hash of other bits', { proof_hash: `${proofHash.slice(0, -1)}p` }, 'INVALID_PROOF'],
    ['a proof hash that is no string', { proof_hash: 1 }, 'INVALID_PROOF'],
    ['no views', { views: 0 }, 'INVALID_VIEWS'],
    ['too many views', { views: 1001 }, 'INVALID_VIEWS'],
    ['half a view', { views: 1.5 }, 'INVALID_VIEWS'],
    ['views that are text', { views: '1' }, 'INVALID_VIEWS'],
  ])('of version 2 is refused with %s', (_, fields, code) => {
    expect(() => parseCreateRequest({ ...second, ...fields })).toThrow(refusal(code));
  });

  it.each<[string, object, RequestErrorCode]>([
    ['no secret', { callback_url: 'https://a.example' }, 'MISSING_CALLBACK_SECRET'],
    ['a secret only', { callback_secret: 's' }, 'UNEXPECTED_CALLBACK_SECRET'],
    [
      'an empty secret',
      { callback_url: 'https://a.example', callback_secret: '' },
      'INVALID_CALLBACK_SECRET_LENGTH',
    ],
    [
      'a long secret',
      { callback_url: 'https://a.example', callback_secret: 'x'.repeat(257) },
      'INVALID_CALLBACK_SECRET_LENGTH',
    ],
    [
      'plain http',
      { callback_url: 'http://a.example', callback_secret: 's' },
      'INVALID_CALLBACK_URL_PROTOCOL',
    ],
    [
      'a secret that a store would cut',
      { callback_url: 'https://a.example', callback_secret: '\0s' },
      'INVALID_CALLBACK_SECRET_LENGTH',
    ],
    [
      'a secret with half a character',
      { callback_url: 'https://a.example', callback_secret: 's\ud800' },
      'INVALID_CALLBACK_SECRET_LENGTH',
    ],
    [
      'a URL that a store would cut',
      { callback_url: 'https://a.example/\0', callback_secret: 's' },
      'INVALID_CALLBACK_URL_FORMAT',
    ],
    ['no URL', { callback_url: 'a.example', callback_secret: 's' }, 'INVALID_CALLBACK_URL_FORMAT'],
    ['a number', { callback_url: 1, callback_secret: 's' }, 'INVALID_CALLBACK_URL_TYPE'],
    [
      'a number as its secret',
      { callback_url: 'https://a.example', callback_secret: 1 },
      'INVALID_CALLBACK_SECRET_TYPE',
    ],
    [
      'a user name',
      { callback_url: 'https://u@a.example', callback_secret: 's' },
      'INVALID_CALLBACK_URL_FORMAT',
    ],
    [
      'a long URL',
      { callback_url: `https://a.example/${'x'.repeat(2031)}`, callback_secret: 's' },
      'INVALID_CALLBACK_URL_LENGTH',
    ],
  ])('is refused with a callback that has %s', (_, fields, code) => {
    expect(() => parseCreateRequest({ ...first, ...fields })).toThrow(refusal(code));
  });

  it('may have the longest callback URL, secret and hint', () => {
    const longest = {
      callback_url: `https://a.example/${'x'.repeat(2030)}`,
      callback_secret: 'x'.repeat(256),
      hint: '~'.repeat(128),
    };
    expect(longest.callback_url).toHaveLength(2048);
    expect(parseCreateRequest({ ...first, ...longest }).callback?.url).toBe(longest.callback_url);
  });

  it('finds nothing in a prototype', () => {
    const inherited = Object.assign(Object.create({ hint: 'inherited' }), first);
    expect(parseCreateRequest(inherited).hint).toBeNull();
  });

  it('is read or refused, whatever the body', () => {
    const field = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constantFrom('AAAA', 60, true, 2, proofHash));
    const body = fc.record(
      {
        encrypted_blob: field,
        expiry: field,
        split_url_mode: field,
        hint: field,
        callback_url: field,
        callback_secret: field,
        version: field,
        proof_hash: field,
        views: field,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(body, (json) => {
        let refused: unknown = null;
        try {
          parseCreateRequest(json);
        } catch (error) {
          refused = error;
        }
        if (refused === null) return;
        expect(refused).toMatchObject({ name: 'RequestError' });
        expect(errorResponse(errorDetails(refused), {}).status).toBe(400);
      }),
      { numRuns: 500 },
    );
  });
});

describe('headers', () => {
  it('that are absent are null', () => {
    expect(parseIdempotencyKey(undefined)).toBeNull();
    expect(parseClaim(undefined)).toBeNull();
    expect(parseProof(undefined)).toBeNull();
    expect(parseAuthorization(undefined)).toBeNull();
  });

  it.each(['a', 'A-9', 'x'.repeat(64)])('take the idempotency key %s', (key) => {
    expect(parseIdempotencyKey(key)).toBe(key);
  });

  it.each(['', 'x'.repeat(65), 'a_b', 'a b', 'a\n', 'é'])('refuse the idempotency key %j', (key) => {
    expect(() => parseIdempotencyKey(key)).toThrow(refusal('INVALID_IDEMPOTENCY_KEY'));
  });

  it.each(['x'.repeat(22), '-_'.repeat(32)])('take the claim %s', (claim) => {
    expect(parseClaim(claim)).toBe(claim);
  });

  it.each(['', 'x'.repeat(21), 'x'.repeat(65), `${'x'.repeat(22)}=`, `${'x'.repeat(22)}\n`])(
    'refuse the claim %j',
    (claim) => {
      expect(() => parseClaim(claim)).toThrow(refusal('INVALID_CLAIM'));
    },
  );

  it('give the bytes of a proof', () => {
    const proof = new Uint8Array(32).fill(7);
    expect(parseProof(encodeBase64url(proof))).toEqual(proof);
  });

  it.each(['', proofHash.slice(1), `${proofHash}A`, `${proofHash.slice(0, -1)}p`, `${proofHash.slice(1)}=`])(
    'refuse the proof %j',
    (proof) => {
      expect(() => parseProof(proof)).toThrow(refusal('INVALID_PROOF'));
    },
  );

  it.each([
    ['Bearer abc', 'abc'],
    ['bearer   abc  ', 'abc'],
    ['Bearer', ''],
    ['Bearer a b', ''],
    ['Basic abc', ''],
    ['', ''],
  ])('show in %j the API key %j', (header, key) => {
    expect(parseAuthorization(header)).toBe(key);
  });
});
