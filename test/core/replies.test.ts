import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_BLOB_LENGTH } from '../../src/core/protocol/limits.js';
import {
  parseCreatedReply,
  parseErrorReply,
  parseReadReply,
  parseStatusReply,
} from '../../src/core/protocol/replies.js';

const at = '2026-03-01T12:00:00.000Z';
const created = { id: 'Ab3_-567890123456789_-', expires_at: at };
const read = { encrypted_blob: 'AAAA', purge_at: at };
const status = { state: 'waiting', created_at: at, expires_at: at, views: 3, views_left: 3 };

const notObjects = [undefined, null, 'text', 7, true, [], '<html>'];

function disbelief(code = 'INVALID_REPLY'): unknown {
  return expect.objectContaining({ name: 'ValidationError', code });
}

describe('the reply to a create', () => {
  it('of version 1 is an id and a time', () => {
    expect(parseCreatedReply({ ...created, extra: 1 }, 1)).toEqual(created);
  });

  it.each(['2026-03-01T12:00:00Z', '2026-03-01T14:00:00.000000+02:00', '2026-03-01T12:00:00.000-00:00'])(
    'has its time in one spelling, also for %s',
    (expires_at) => {
      expect(parseCreatedReply({ ...created, expires_at }, 1)).toEqual(created);
    },
  );

  it('of version 2 says so, how many views, and which fields are kept', () => {
    const reply = { ...created, version: 2, views: 5, kept: ['receipt_hash', 'link_proof_hash'] };
    expect(parseCreatedReply(reply, 2)).toEqual(reply);
  });

  it.each([undefined, null, 'link_proof_hash', { link_proof_hash: true }, 7, ['proof', 7, null]])(
    'of version 2 keeps nothing where it names nothing, as with %j',
    (kept) => {
      const reply = { ...created, version: 2, views: 5 };
      expect(parseCreatedReply({ ...reply, kept }, 2)).toEqual({ ...reply, kept: [] });
    },
  );

  it('of version 2 that does not say so comes from a server that took it for version 1', () => {
    expect(() => parseCreatedReply(created, 2)).toThrow(disbelief('UNSUPPORTED_BY_SERVER'));
    expect(() => parseCreatedReply({ ...created, version: 1, views: 1 }, 2)).toThrow(
      disbelief('UNSUPPORTED_BY_SERVER'),
    );
  });

  it.each(notObjects)('is not %j', (json) => {
    expect(() => parseCreatedReply(json, 1)).toThrow(disbelief());
  });

  it.each([
    ['no id', { id: undefined }],
    ['an id that is no id', { id: '../../../../../../etc' }],
    ['an id that is a number', { id: 7 }],
    ['no time', { expires_at: undefined }],
    ['a time that is none', { expires_at: 'soon' }],
    ['a day that is none', { expires_at: '2026-13-01T00:00:00.000Z' }],
    ['a number for a time', { expires_at: 1_772_366_400 }],
    ['something after the time', { expires_at: `${at}\u001b[31m` }],
    ['a note after the time', { expires_at: '2026-03-01T12:00:00 (\u001b[31m)' }],
    ['a time of no place', { expires_at: '2026-03-01T12:00:00' }],
    ['a time before all secrets', { expires_at: '0000-03-01T12:00:00.000Z' }],
    ['no views', { views: undefined }],
    ['views of nothing', { views: 0 }],
    ['too many views', { views: 1001 }],
  ])('is not believed with %s', (_, fields) => {
    expect(() => parseCreatedReply({ ...created, version: 2, views: 1, ...fields }, 2)).toThrow(disbelief());
  });
});

describe('the reply to a read', () => {
  it('may have all there is', () => {
    const reply = { ...read, hint: 'db password', views_left: 0 };
    expect(parseReadReply({ ...reply, version: 2 })).toEqual(reply);
  });

  it('needs the blob only: the read may have used up the secret', () => {
    expect(parseReadReply({ encrypted_blob: 'AAAA' })).toEqual({ encrypted_blob: 'AAAA' });
  });

  it('loses what is wrong beside the blob', () => {
    const wrong = { hint: 'evil\u001b[2J', purge_at: 'later', views_left: -1 };
    expect(parseReadReply({ ...read, ...wrong })).toEqual({ encrypted_blob: 'AAAA' });
    expect(parseReadReply({ ...read, hint: null, purge_at: null })).toEqual({ encrypted_blob: 'AAAA' });
    for (const purge_at of [-1, 0, Number.NaN, 1e300]) {
      expect(parseReadReply({ ...read, purge_at })).toEqual({ encrypted_blob: 'AAAA' });
    }
  });

  it('may tell the purge in seconds since 1970', () => {
    expect(parseReadReply({ ...read, purge_at: 1_800_000_000 }).purge_at).toBe('2027-01-15T08:00:00.000Z');
  });

  it('may have the longest blob there is and none longer', () => {
    const longest = 'A'.repeat(MAX_BLOB_LENGTH);
    expect(parseReadReply({ encrypted_blob: longest }).encrypted_blob).toBe(longest);
    expect(() => parseReadReply({ encrypted_blob: `${longest}AAAA` })).toThrow(disbelief());
  });

  it.each([...notObjects, {}, { encrypted_blob: 7 }, { encrypted_blob: 'AA=' }, { encrypted_blob: 'AAAAA' }])(
    'is not %j',
    (json) => {
      expect(() => parseReadReply(json)).toThrow(disbelief());
    },
  );
});

describe('the reply about a status', () => {
  it.each(['waiting', 'read', 'expired', 'revoked'])('may be %s', (state) => {
    expect(parseStatusReply({ ...status, state })).toEqual({ ...status, state });
  });

  it('may say when it was first read', () => {
    const reply = { ...status, views_left: 2, first_read_at: at };
    expect(parseStatusReply(reply)).toEqual(reply);
    expect(parseStatusReply({ ...status, first_read_at: null })).toEqual(status);
  });

  it.each(notObjects)('is not %j', (json) => {
    expect(() => parseStatusReply(json)).toThrow(disbelief());
  });

  it.each([
    ['another state', { state: 'lost' }],
    ['no time of creation', { created_at: undefined }],
    ['no time of expiry', { expires_at: '' }],
    ['no views', { views: 0 }],
    ['more views left than there were', { views_left: 4 }],
    ['less than no views left', { views_left: -1 }],
    ['part of a view left', { views_left: 0.5 }],
    ['a first read at no time', { first_read_at: 'yesterday' }],
  ])('is not believed with %s', (_, fields) => {
    expect(() => parseStatusReply({ ...status, ...fields })).toThrow(disbelief());
  });
});

describe('the reply that is an error', () => {
  it('has the code and the message of the server', () => {
    const json = { error: { code: 'SECRET_NOT_FOUND', message: 'No such secret.' } };
    expect(parseErrorReply(404, json)).toMatchObject({
      name: 'ApiError',
      statusCode: 404,
      code: 'SECRET_NOT_FOUND',
      message: 'No such secret.',
      retryAfter: undefined,
    });
  });

  it('may say when to try again', () => {
    expect(parseErrorReply(429, null, 30).retryAfter).toBe(30);
  });

  it('passes on no more than the beginning of a long message', () => {
    const json = { error: { code: 'LONG', message: 'x'.repeat(5000) } };
    expect(parseErrorReply(400, json).message).toHaveLength(300);
    const cut = { error: { code: 'LONG', message: `${'x'.repeat(299)}\u{1f600}` } };
    expect(parseErrorReply(400, cut).message).toBe('x'.repeat(299));
  });

  it.each([
    undefined,
    null,
    '<html><h1>502</h1></html>',
    [],
    {},
    { error: 'text' },
    { error: null },
    { error: ['x'] },
    { error: { code: 'lower', message: 'x' } },
    { error: { code: 'A'.repeat(65), message: 'x' } },
    { error: { code: 'CODE\n', message: 'x' } },
    { error: { code: 'CODE', message: '' } },
    { error: { code: 'CODE', message: 7 } },
    { error: { message: 'x' } },
  ])('of another shape is a plain sentence: %j', (json) => {
    expect(parseErrorReply(502, json)).toMatchObject({
      message: 'Request failed (HTTP 502).',
      code: 'HTTP_502',
      statusCode: 502,
    });
  });

  it('is always an error to be thrown, whatever the body', () => {
    fc.assert(
      fc.property(fc.integer({ min: 400, max: 599 }), fc.jsonValue(), (statusCode, json) => {
        expect(parseErrorReply(statusCode, json)).toMatchObject({ name: 'ApiError', statusCode });
      }),
    );
  });
});
