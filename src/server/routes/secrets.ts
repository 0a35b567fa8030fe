/** `/api/secrets*` (core/protocol/PROTOCOL.md section 4): from requests to calls of {@link Secrets}, and back. */

import { hash } from 'node:crypto';
import type { Context, Hono } from 'hono';
import { ENVELOPE_BYTES } from '../../core/protocol/limits.js';
import type { CreatedReply, ReadReply, StatusReply } from '../../core/protocol/replies.js';
import { HEADERS } from '../../core/protocol/requests.js';
import { answer, answerJson, type Handler, type ServerEnv } from '../http/answers.js';
import { readJsonBody } from '../http/bodies.js';
import { PREFLIGHT_HEADERS } from '../http/headers.js';
import { RequestError } from '../http/request-error.js';
import { route } from '../http/routing.js';
import type { CallbackPolicy } from '../secrets/callbacks.js';
import type { Callers } from '../secrets/callers.js';
import { type CreateResult, type Secrets, type Status, tooLarge } from '../secrets/secrets.js';
import type { Reading } from '../store/contracts/secrets.js';
import { parseCreateRequest } from './create-request.js';
import {
  credentialsOf,
  parseAuthorization,
  parseBearer,
  parseClaim,
  parseIdempotencyKey,
} from './request-headers.js';

/** What the routes are made of. */
export interface SecretRoutes {
  readonly secrets: Secrets;
  readonly callers: Callers;
  readonly callbacks: CallbackPolicy;
}

/** Adds the routes to `app`. */
export function addSecretRoutes(app: Hono<ServerEnv>, { secrets, callers, callbacks }: SecretRoutes): void {
  const create: Handler = async (context) => {
    const apiKey = parseAuthorization(context.req.header('Authorization'));
    const caller = await callers.identify(apiKey, context.env.address);
    const key = parseIdempotencyKey(context.req.header(HEADERS.idempotencyKey));
    const { blob } = caller.limits;
    const { bytes, json } = await readJsonBody(context.req.raw, blob + ENVELOPE_BYTES, () => tooLarge(blob));
    const idempotency = key === null ? null : { key, bodyHash: hash('sha256', bytes, 'base64url') };
    const request = parseCreateRequest(json, callbacks.protocols);
    return answerJson(context, 201, createdReply(await secrets.create(request, caller, idempotency)));
  };

  const read: Handler = async (context) => {
    await callers.check(parseBearer(context.req.header('Authorization')));
    const claim = parseClaim(context.req.header(HEADERS.claim));
    const result = await secrets.read(idOf(context), claim, credentialsOf(context));
    return answerJson(context, 200, readReply(result), claim === null ? {} : { [HEADERS.claim]: claim });
  };

  // With both headers the claim decides: an acknowledgement takes nothing away from other readers.
  const remove: Handler = async (context) => {
    const claim = parseClaim(context.req.header(HEADERS.claim));
    const credentials = credentialsOf(context);
    if (claim !== null) await secrets.acknowledge(idOf(context), claim);
    else if (credentials.proof !== null) await secrets.revoke(idOf(context), credentials);
    else {
      throw new RequestError('INVALID_PROOF', 'send Zephr-Claim to acknowledge or Zephr-Proof to revoke');
    }
    return answer(context, 204, null);
  };

  const status: Handler = async (context) =>
    answerJson(context, 200, statusReply(await secrets.status(idOf(context), credentialsOf(context))));

  route(app, '/api/secrets', { POST: create, OPTIONS: preflight });
  route(app, '/api/secrets/:id', { GET: read, DELETE: remove, OPTIONS: preflight });
  route(app, '/api/secrets/:id/status', { GET: status, OPTIONS: preflight });
}

const preflight: Handler = (context) => answer(context, 204, null, PREFLIGHT_HEADERS);

/** The id in the path, well-formed or not: for what is not an id the service knows no secret. */
function idOf(context: Context<ServerEnv>): string {
  return context.req.param('id') ?? '';
}

function createdReply({ id, version, views, expiresAt, kept }: CreateResult): CreatedReply {
  const reply = { id, expires_at: isoTime(expiresAt) };
  return version === 2 ? { ...reply, version, views, kept } : reply;
}

function readReply({ blob, hint, viewsLeft, purgeAt, version }: Reading): ReadReply {
  return {
    encrypted_blob: blob,
    ...(hint === null ? {} : { hint }),
    purge_at: isoTime(purgeAt),
    ...(version === 2 ? { version, views_left: viewsLeft } : {}),
  };
}

function statusReply({ state, createdAt, expiresAt, views, viewsLeft, firstReadAt }: Status): StatusReply {
  return {
    state,
    created_at: isoTime(createdAt),
    expires_at: isoTime(expiresAt),
    views,
    views_left: viewsLeft,
    ...(firstReadAt === null ? {} : { first_read_at: isoTime(firstReadAt) }),
  };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
