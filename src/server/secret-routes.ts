/** `/api/secrets*`: from headers, paths and bodies to {@link Secrets}, and back (PROTOCOL.md section 4). */

import { createHash } from 'node:crypto';
import type { Context, Hono } from 'hono';
import { ApiError } from '../core/errors.js';
import { ENVELOPE_BYTES } from '../core/limits.js';
import {
  HEADERS,
  parseClaim,
  parseCreateRequest,
  parseIdempotencyKey,
  parseProof,
} from '../core/wire-requests.js';
import { type CallbackPolicy, checkCallback } from './callback-policy.js';
import type { Callers } from './callers.js';
import { readJsonBody } from './request-body.js';
import { CORS_HEADERS, PREFLIGHT_HEADERS } from './response-headers.js';
import { type Handler, route, type ServerEnv, withHeaders } from './routing.js';
import { type Credentials, type Secrets, tooLarge } from './secrets.js';

/** Adds the routes to `app`. */
export function addSecretRoutes(
  app: Hono<ServerEnv>,
  secrets: Secrets,
  callers: Callers,
  callbacks: CallbackPolicy,
): void {
  app.use('/api/secrets/*', withHeaders(CORS_HEADERS));

  const create: Handler = async (context) => {
    const caller = await callers.identify(context.req.header('Authorization'), context.env.address);
    const key = parseIdempotencyKey(context.req.header(HEADERS.idempotencyKey));
    const { blob } = caller.limits;
    const { bytes, json } = await readJsonBody(context.req.raw, blob + ENVELOPE_BYTES, () => tooLarge(blob));
    const idempotency = key === null ? null : { key, bodyHash: hashOf(bytes) };
    const request = parseCreateRequest(json, callbacks.protocols);
    checkCallback(request.callback, callbacks);
    return context.json(await secrets.create(request, caller, idempotency), 201);
  };

  const read: Handler = async (context) => {
    const claim = parseClaim(context.req.header(HEADERS.claim));
    const reply = await secrets.read(idOf(context), claim, credentialsOf(context, callers));
    if (claim !== null) context.header(HEADERS.claim, claim);
    return context.json(reply);
  };

  // With both headers the claim decides: an acknowledgement takes nothing from anybody else.
  const remove: Handler = async (context) => {
    const claim = parseClaim(context.req.header(HEADERS.claim));
    const credentials = credentialsOf(context, callers);
    if (claim !== null) await secrets.acknowledge(idOf(context), claim);
    else if (credentials.proof !== null) await secrets.revoke(idOf(context), credentials);
    else throw new ApiError('send Zephr-Claim to acknowledge or Zephr-Proof to revoke', 400, 'INVALID_PROOF');
    return context.body(null, 204);
  };

  const status: Handler = async (context) =>
    context.json(await secrets.status(idOf(context), credentialsOf(context, callers)));

  route(app, '/api/secrets', { POST: create, OPTIONS: preflight });
  route(app, '/api/secrets/:id', { GET: read, DELETE: remove, OPTIONS: preflight });
  route(app, '/api/secrets/:id/status', { GET: status, OPTIONS: preflight });
}

const preflight: Handler = (context) => context.body(null, 204, { ...PREFLIGHT_HEADERS });

/** Anything that is not an id is no secret's: the service finds out. */
function idOf(context: Context<ServerEnv>): string {
  return context.req.param('id') ?? '';
}

function credentialsOf(context: Context<ServerEnv>, callers: Callers): Credentials {
  return {
    proof: parseProof(context.req.header(HEADERS.proof)),
    caller: callers.nameOf(context.env.address),
  };
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url');
}
