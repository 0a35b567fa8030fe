/** `/api/secrets*`: from headers, paths and bodies to {@link Secrets}, and back (PROTOCOL.md section 4). */

import { hash } from 'node:crypto';
import type { Context, Hono } from 'hono';
import { ApiError } from '../../core/errors.js';
import { ENVELOPE_BYTES } from '../../core/protocol/limits.js';
import {
  HEADERS,
  parseClaim,
  parseCreateRequest,
  parseIdempotencyKey,
  parseProof,
} from '../../core/protocol/requests.js';
import { type CallbackPolicy, checkCallback } from '../../net/public-addresses.js';
import { readJsonBody } from '../http/bodies.js';
import { PREFLIGHT_HEADERS } from '../http/headers.js';
import { answer, answerJson, type Handler, route, type ServerEnv } from '../http/routing.js';
import type { Callers } from '../secrets/callers.js';
import { type Credentials, type Secrets, tooLarge } from '../secrets/secrets.js';

/** Adds the routes to `app`. */
export function addSecretRoutes(
  app: Hono<ServerEnv>,
  secrets: Secrets,
  callers: Callers,
  callbacks: CallbackPolicy,
): void {
  const create: Handler = async (context) => {
    const caller = await callers.identify(context.req.header('Authorization'), context.env.address);
    const key = parseIdempotencyKey(context.req.header(HEADERS.idempotencyKey));
    const { blob } = caller.limits;
    const { bytes, json } = await readJsonBody(context.req.raw, blob + ENVELOPE_BYTES, () => tooLarge(blob));
    const idempotency = key === null ? null : { key, bodyHash: hash('sha256', bytes, 'base64url') };
    const request = parseCreateRequest(json, callbacks.protocols);
    checkCallback(request.callback, callbacks);
    return answerJson(context, 201, await secrets.create(request, caller, idempotency));
  };

  const read: Handler = async (context) => {
    const claim = parseClaim(context.req.header(HEADERS.claim));
    const reply = await secrets.read(idOf(context), claim, credentialsOf(context, callers));
    return answerJson(context, 200, reply, claim === null ? {} : { [HEADERS.claim]: claim });
  };

  // With both headers the claim decides: an acknowledgement takes nothing from anybody else.
  const remove: Handler = async (context) => {
    const claim = parseClaim(context.req.header(HEADERS.claim));
    const credentials = credentialsOf(context, callers);
    if (claim !== null) await secrets.acknowledge(idOf(context), claim);
    else if (credentials.proof !== null) await secrets.revoke(idOf(context), credentials);
    else throw new ApiError('send Zephr-Claim to acknowledge or Zephr-Proof to revoke', 400, 'INVALID_PROOF');
    return answer(context, 204, null);
  };

  const status: Handler = async (context) =>
    answerJson(context, 200, await secrets.status(idOf(context), credentialsOf(context, callers)));

  route(app, '/api/secrets', { POST: create, OPTIONS: preflight });
  route(app, '/api/secrets/:id', { GET: read, DELETE: remove, OPTIONS: preflight });
  route(app, '/api/secrets/:id/status', { GET: status, OPTIONS: preflight });
}

const preflight: Handler = (context) => answer(context, 204, null, PREFLIGHT_HEADERS);

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
