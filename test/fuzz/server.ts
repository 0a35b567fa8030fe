/** The server as a function: every request that is wrong gets a documented refusal, in the shape of one. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fetchFrom } from '../../src/server/fetch.js';
import type { App } from '../../src/server/http/messages.js';
import { BLOB, harness, PROOF, PROOF_HASH } from '../server/harness.js';
import { type Family, property } from './family.js';
import { malformedCall } from './malformed.js';
import { mutated, mutatedObject, oddLine } from './odd.js';

/** Refusals of core/protocol/PROTOCOL.md, and those of any HTTP server. */
const REFUSALS: Readonly<Record<number, RegExp>> = {
  400: /^(INVALID_[A-Z_]+|MISSING_CALLBACK_SECRET|UNEXPECTED_CALLBACK_SECRET|UNSUPPORTED_VERSION)$/,
  401: /^INVALID_API_KEY$/,
  403: /^(UPGRADE_REQUIRED|API_KEY_REQUIRED|PROOF_REQUIRED|WRONG_KEY|WRONG_PASSPHRASE)$/,
  404: /^(SECRET_NOT_FOUND|NOT_FOUND)$/,
  405: /^METHOD_NOT_ALLOWED$/,
  409: /^IDEMPOTENCY_KEY_REUSED$/,
  410: /^SECRET_(ALREADY_CONSUMED|EXPIRED|REVOKED)$/,
  413: /^PAYLOAD_TOO_LARGE$/,
  415: /^UNSUPPORTED_MEDIA_TYPE$/,
  429: /^TOO_MANY_ATTEMPTS$/,
};

async function checkRefusal(response: Response, method: string): Promise<void> {
  assert(response.status in REFUSALS, String(response.status));
  if (method === 'HEAD') return;
  const { error } = (await response.json()) as { error: { code: string; message: string } };
  assert.match(error.code, REFUSALS[response.status] ?? /$./);
  assert.match(error.message, /^[\x20-\x7e]{1,120}$/);
}

let app: App;
let log: string[];

/** A server of its own for each run, of which nothing may be logged but requests. */
async function start(): Promise<() => Promise<void>> {
  ({ app, log } = harness(undefined, { rateLimit: 0 }));
  return async () => {
    assert.deepEqual(
      log.filter((line) => JSON.parse(line).level !== 'info'),
      [],
    );
  };
}

/** What a log calls the path of a request: the pattern of a route of the API or of the web page, or `none`. */
const ROUTE =
  /^(none|\/api\/(secrets(\/:id(\/status)?)?|health)|\/(index\.html|secret\.html|secret\/:id\/?|assets\/:file)?)$/;

/** One request, and the line that was logged of it, which has none of its path. */
async function ask(path: string, init: RequestInit): Promise<Response> {
  log.length = 0;
  const response = await fetchFrom(app, path, init, '192.0.2.77');
  assert.equal(log.length, 1, log.join(''));
  const { level, event, route } = JSON.parse(log[0] ?? '') as Record<string, string>;
  assert.deepEqual([level, event], ['info', 'request'], log[0]);
  assert.match(route ?? '', ROUTE);
  return response;
}

const malformed = property(
  'a malformed request is refused, whatever is wrong with it',
  malformedCall,
  async ({ method, path, headers, body }) => {
    const response = await ask(path, { method, headers, ...(body === undefined ? {} : { body }) });
    await checkRefusal(response, method);
    return String(response.status);
  },
  { weight: 60 },
);

const header = mutated(
  fc.constantFrom(PROOF, 'claim-of-22-characters', '0b5a7c1e-6f0e-4a8b-9d55-2f1c3b7a9e10', 'x'.repeat(300)),
).map(sendable);

/** What HTTP lets through in a header. */
function sendable(text: string): string {
  return text.replace(/[^\x20-\x7e\x80-\xff]/g, '').trim();
}

const lives = property(
  'a secret is read by whoever proves the key, whatever else is asked before',
  fc.record({
    fields: mutatedObject(
      fc.constant({
        encrypted_blob: BLOB,
        expiry: 60,
        split_url_mode: false,
        version: 2,
        proof_hash: PROOF_HASH,
        hint: 'db',
      }),
    ),
    claim: header,
    proof: header,
    idempotency: header,
    path: mutated(fc.constant('')).map((text) => encodeURIComponent(Buffer.from(text).toString())),
    noise: oddLine.map(sendable),
  }),
  async ({ fields, claim, proof, idempotency, path, noise }) => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': idempotency, 'x-noise': noise };
    const created = await ask('/api/secrets', { method: 'POST', headers, body: JSON.stringify(fields) });
    if (created.status !== 201) {
      await checkRefusal(created, 'POST');
      return 'not created';
    }
    const { id, version } = (await created.json()) as { id: string; version?: number };
    if (version === 2 && fields.proof_hash === PROOF_HASH) {
      const wrong = await ask(`/api/secrets/${id}${path}`, {
        headers: { 'zephr-proof': proof, 'zephr-claim': claim },
      });
      if (wrong.status === 200) {
        assert(proof === PROOF && path === '', 'read without the proof');
        return 'read';
      }
      await checkRefusal(wrong, 'GET');
    }
    const proved = await ask(`/api/secrets/${id}`, { headers: { 'zephr-proof': PROOF } });
    // A version 1 secret has no proof: whoever shows one means another secret, and is refused before its state is told.
    if (version !== 2) {
      assert.equal(proved.status, 403);
      await checkRefusal(proved, 'GET');
    }
    const right = version === 2 ? proved : await ask(`/api/secrets/${id}`, {});
    if (fields.proof_hash !== PROOF_HASH && version === 2) {
      await checkRefusal(right, 'GET');
      return 'of another key';
    }
    if (right.status !== 200) {
      // The same idempotency key and body came before, and that one was read.
      assert.equal(right.status, 410);
      return 'gone';
    }
    const { encrypted_blob } = (await right.json()) as { encrypted_blob: string };
    assert.equal(encrypted_blob, fields.encrypted_blob);
    return 'read';
  },
  { weight: 15, outcomes: ['read', 'not created'] },
);

export const SERVER: Family = { name: 'server', properties: [malformed, lives], start };
