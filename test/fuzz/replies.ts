/** What servers answer: whatever comes, a client holds a checked reply in its hands, or one documented error. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ApiError, ValidationError } from '../../src/core/errors.js';
import {
  parseCreatedReply,
  parseErrorReply,
  parseHealthReply,
  parseReadReply,
  parseStatusReply,
} from '../../src/core/protocol/replies.js';
import { type Family, property, resultOf } from './family.js';
import { FOUND_CREATED, FOUND_ERRORS } from './found.js';
import { mayBeHint, mutatedObject, oddLine, oddValue } from './odd.js';

const id = fc.stringMatching(/^[A-Za-z0-9_-]{22}$/);
const instant = fc
  .date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString());
const spelled = fc.oneof(
  instant,
  instant.map((text) => text.replace('Z', '+02:00')),
  instant.map((text) => `${text.slice(0, 19)} (${text})`),
  instant.map((text) => `${text.slice(0, 19)}Z`),
);
const blob = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('base64url'));
const views = fc.integer({ min: 1, max: 1_000 });

const kept = fc.subarray(['gates', 'receipt_hash', 'link_proof_hash', 'anything'] as const);

const created = fc.record({ id, expires_at: spelled, version: fc.constant(2), views, kept });
const read = fc.record({
  encrypted_blob: blob,
  hint: fc.string({ minLength: 1 }),
  purge_at: fc.oneof(spelled, fc.double({ min: 0, max: 1e12 })),
  views_left: fc.nat(1_000),
});
const status = fc.record({
  state: fc.constantFrom('waiting', 'read', 'expired', 'revoked'),
  created_at: spelled,
  expires_at: spelled,
  views: fc.constant(1_000),
  views_left: views,
  first_read_at: spelled,
});
const health = fc.record({
  status: fc.constant('ok'),
  version: fc.constantFrom('2.0.0', '1'),
  protocol: fc.array(fc.integer(), { minLength: 1, maxLength: 3 }),
  access: fc.constantFrom('open', 'tiered', 'closed'),
  limits: fc.constant({ expiry: { min: 1, max: 60 }, blob: 9 }),
});

const error = fc.record({
  code: fc.constantFrom('SECRET_NOT_FOUND', 'A', 'a', 'X'.repeat(65)),
  message: fc.oneof(oddLine, fc.string({ unit: 'binary', minLength: 145, maxLength: 310 })),
});

/** A reply as it is sent: JSON with some damage, or other JSON. */
function sent(valid: fc.Arbitrary<Record<string, unknown>>): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 9, arbitrary: mutatedObject(valid).map((object) => JSON.stringify(object)) },
    { weight: 1, arbitrary: oddValue.map((value) => JSON.stringify(value) ?? 'null') },
  );
}

/** The rules for each member of any reply, in words of their own. */
const RULES: Readonly<Record<string, (value: unknown) => boolean>> = {
  id: (value) =>
    typeof value === 'string' && value.length === 22 && Buffer.from(value, 'base64url').length === 16,
  encrypted_blob: (value) => Buffer.from(String(value), 'base64url').toString('base64url') === value,
  hint: (value) => typeof value === 'string' && mayBeHint(value),
  version: (value) =>
    value === 2 || (typeof value === 'string' && [...value].every((one) => one > ' ' && one <= '~')),
  state: (value) => ['waiting', 'read', 'expired', 'revoked'].includes(String(value)),
  access: (value) => typeof value === 'string' && [...value].every((one) => one > ' ' && one <= '~'),
  protocol: (value) => Array.isArray(value) && value.every((one) => Number.isSafeInteger(one)),
  limits: (value) => typeof value === 'object' && value !== null,
  kept: (value) =>
    Array.isArray(value) && value.every((one) => ['gates', 'receipt_hash', 'link_proof_hash'].includes(one)),
  views: isCount,
  views_left: isCount,
};

/** Whether half of a character is left somewhere. */
function isCut(text: string): boolean {
  return Buffer.from(text).toString() !== text;
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 1_000;
}

/** ISO 8601 with milliseconds and `Z`, and nothing else. */
function isInstant(value: unknown): boolean {
  return typeof value === 'string' && new Date(value).toISOString() === value;
}

function repliesOf(
  name: string,
  valid: fc.Arbitrary<Record<string, unknown>>,
  parse: (json: unknown) => object,
  found: readonly string[] = [],
) {
  return property(
    `${name} holds what its members may hold, or is not believed`,
    sent(valid),
    async (text) => {
      const result = await resultOf(() => parse(JSON.parse(text)));
      if ('error' in result) {
        assert(result.error instanceof ValidationError, String(result.error));
        assert(['INVALID_REPLY', 'UNSUPPORTED_BY_SERVER'].includes(result.error.code));
        assert.match(
          result.error.message,
          /^the (reply is not zephr's: [a-z_ ]+ is wrong|server speaks only version 1 of the protocol)$/,
        );
        return 'refused';
      }
      const reply = result.value;
      for (const [member, value] of Object.entries(JSON.parse(text) as object)) {
        const isTime = member.endsWith('_at') && member in reply && typeof value === 'string';
        assert(!isTime || /^[-0-9T:.]+(Z|[-+][0-9:]+)$/.test(value), member);
      }
      assert.equal(Object.getPrototypeOf(reply), Object.prototype);
      for (const [member, value] of Object.entries(reply)) {
        const rule = member.endsWith('_at') ? isInstant : RULES[member];
        assert(rule?.(value), `${member}: ${JSON.stringify(value)}`);
      }
      assert.deepEqual(parse({ status: 'ok', ...JSON.parse(JSON.stringify(reply)) }), reply);
      return 'believed';
    },
    { found, outcomes: ['believed', 'refused'] },
  );
}

const errors = property(
  'an error says what the server said in the documented shape, and nothing else',
  fc.record({
    status: fc.integer({ min: 400, max: 599 }),
    text: fc.oneof(
      { weight: 3, arbitrary: mutatedObject(error).map((object) => JSON.stringify({ error: object })) },
      { weight: 1, arbitrary: sent(error.map((object) => ({ error: object }))) },
    ),
  }),
  ({ status: statusCode, text }) => {
    const error = parseErrorReply(statusCode, JSON.parse(text));
    assert(error instanceof ApiError);
    assert.equal(error.statusCode, statusCode);
    if (error.code === `HTTP_${statusCode}`) {
      assert.equal(error.message, `Request failed (HTTP ${statusCode}).`);
      return 'plain';
    }
    assert.match(error.code, /^[A-Z][A-Z0-9_]{0,63}$/);
    assert(error.message !== '' && error.message.length <= 300);
    const said = (JSON.parse(text) as { error: { message: string } }).error.message;
    assert(said.startsWith(error.message));
    // Cut, it still ends with a whole character.
    assert(said === error.message || isCut(said) || !isCut(error.message));
    return 'said';
  },
  { found: FOUND_ERRORS, outcomes: ['plain', 'said'] },
);

export const REPLIES: Family = {
  name: 'replies',
  properties: [
    repliesOf('a create', created, (json) => parseCreatedReply(json, 2), FOUND_CREATED),
    repliesOf('a create of version 1', created, (json) => parseCreatedReply(json, 1)),
    repliesOf('a read', read, parseReadReply),
    repliesOf('a status', status, parseStatusReply),
    repliesOf('a health check', health, parseHealthReply),
    errors,
  ],
};
