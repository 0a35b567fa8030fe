/** What servers answer about requests, lists, statistics and uploads: a checked reply, or one documented error. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ValidationError } from '../../src/core/errors.js';
import { parseRequestsReply, parseSecretsReply, parseStatsReply } from '../../src/core/protocol/lists.js';
import {
  parseAnswersReply,
  parseRequestCreatedReply,
  parseRequestReply,
} from '../../src/core/protocol/request-replies.js';
import { parseUploadReply, parseUploadStateReply } from '../../src/core/protocol/upload-replies.js';
import { type Family, type Property, property, resultOf } from './family.js';
import { mutatedObject, oddValue } from './odd.js';

const id = fc.stringMatching(/^[A-Za-z0-9_-]{22}$/);
const time = fc
  .date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString());
const bytes = (length: number) =>
  fc
    .uint8Array({ minLength: length, maxLength: length })
    .map((one) => Buffer.from(one).toString('base64url'));
const count = fc.nat(1_000);

const status = {
  state: fc.constantFrom('waiting', 'read', 'expired', 'revoked'),
  created_at: time,
  expires_at: time,
  views: fc.constant(1_000),
  views_left: count,
};
const listed = { secret_expiry: fc.integer({ min: 1 }), answers: fc.integer({ min: 1, max: 100 }) };
const requestState = fc.constantFrom('open', 'answered', 'expired', 'cancelled');

/** A list of records, one of which may be damaged. */
const several = (record: fc.Arbitrary<Record<string, unknown>>) =>
  fc.array(fc.oneof({ weight: 9, arbitrary: record }, { weight: 1, arbitrary: mutatedObject(record) }), {
    maxLength: 4,
  });

const secrets = fc.record({
  secrets: several(
    fc.record({ id, version: fc.constantFrom(1, 2), bytes: fc.nat(), ...status }) as fc.Arbitrary<
      Record<string, unknown>
    >,
  ),
  next: fc.stringMatching(/^[A-Za-z0-9._-]{1,70}$/),
});
const requests = fc.record({
  requests: several(
    fc.record({
      id,
      state: requestState,
      created_at: time,
      expires_at: time,
      answers_left: count,
      answer_views: fc.integer({ min: 1, max: 1_000 }),
      ...listed,
    }) as fc.Arbitrary<Record<string, unknown>>,
  ),
  next: fc.constantFrom('a.b', 'x'.repeat(64)),
});
const created = fc.record({ today: count, this_week: count, this_month: count, total: count });
const stats = fc.record({
  secrets: fc.record({
    states: fc.record({ waiting: count, read: count, expired: count, revoked: count }),
    created,
    bytes: fc.nat(),
  }),
  requests: fc.record({
    states: fc.record({ open: count, answered: count, expired: count, cancelled: count }),
    created,
  }),
});
const made = fc.record({ id, expires_at: time, kept: fc.subarray(['gates', 'receipt_hash'] as const) });
const shown = fc.record({
  public_key: bytes(32),
  suite: fc.constant('x25519'),
  sealed_message: bytes(60),
  state: requestState,
  expires_at: time,
  answers_left: count,
  answer_views: count,
  limits: fc.constant({ blob: 1_000, upload: 0 }),
  ...listed,
});
const answers = fc.record({
  state: requestState,
  expires_at: time,
  answers_left: count,
  answers: several(
    fc.record({
      id,
      wrapped_key: bytes(80),
      created_at: time,
      expires_at: time,
      state: status.state,
    }) as fc.Arbitrary<Record<string, unknown>>,
  ),
});
const begun = fc.record({
  upload: id,
  chunk_bytes: fc.constant(1_048_576),
  max_bytes: fc.integer({ min: 1 }),
  expires_at: time,
});
const uploaded = fc.record({
  chunks: fc.array(fc.tuple(fc.nat(50), fc.nat(50)), { maxLength: 4 }),
  bytes: fc.nat(),
  expires_at: time,
});

function believed(
  name: string,
  valid: fc.Arbitrary<Record<string, unknown>>,
  parse: (json: unknown) => object,
): Property {
  return property(
    `${name} is believed as it stands, or refused without a word of it`,
    fc.oneof({ weight: 9, arbitrary: mutatedObject(valid) }, { weight: 1, arbitrary: oddValue }),
    async (given) => {
      const json: unknown = JSON.parse(JSON.stringify(given) ?? 'null');
      const result = await resultOf(() => parse(json));
      if ('error' in result) {
        assert(result.error instanceof ValidationError, String(result.error));
        assert.equal(result.error.code, 'INVALID_REPLY');
        assert.match(result.error.message, /^the reply is not zephr's: [a-z_ ]+ is wrong$/);
        return 'refused';
      }
      const reply = result.value;
      const texts = JSON.stringify(reply);
      assert(!/"[a-z_]+_at":"(?![-0-9T:.]+Z")/.test(texts), texts);
      // No count is a fraction, below nothing, or more than a program can count.
      assert(
        numbersIn(reply).every((number) => Number.isSafeInteger(number) && number >= 0),
        texts,
      );
      assert.deepEqual(parse(JSON.parse(texts)), reply);
      return 'believed';
    },
    { outcomes: ['believed', 'refused'] },
  );
}

function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}

export const LIST_REPLIES: Family = {
  name: 'lists',
  properties: [
    believed('a page of secrets', secrets, parseSecretsReply),
    believed('a page of requests', requests, parseRequestsReply),
    believed('the statistics', stats, parseStatsReply),
    believed('a request that was made', made, parseRequestCreatedReply),
    believed('a request', shown, parseRequestReply),
    believed('a list of answers', answers, parseAnswersReply),
    believed('an upload', begun, parseUploadReply),
    believed('the state of an upload', uploaded, parseUploadStateReply),
  ],
};
