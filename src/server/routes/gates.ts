/** What a reader asks for at the gates of a secret (core/protocol/PROTOCOL.md section 9). */

import type { GateName } from '../../core/protocol/gates.js';
import { type HttpRequest, jsonResponse, preflight } from '../http/messages.js';
import { RequestError } from '../http/request-error.js';
import type { Handler, Router } from '../http/router.js';
import type { GateKeeper } from '../secrets/gate-keeper.js';
import { errorOf, type Secrets } from '../secrets/secrets.js';
import { credentialsOf } from './request-headers.js';

/** Adds `GET /api/secrets/{id}/captcha` to `router`. */
export function addGateRoutes(router: Router, secrets: Secrets, gates: GateKeeper): void {
  const puzzle: Handler = async (request, id = '') => {
    await requireGate('captcha', request, id, secrets);
    return jsonResponse(200, await gates.puzzle(id));
  };
  router.add('/api/secrets/:id/captcha', { GET: puzzle, OPTIONS: preflight });
}

/**
 * Makes sure that a reader has the key of a secret that waits behind this gate.
 * @throws ServiceError as for a status, or that it is gone; RequestError `INVALID_REQUEST` where the gate is none of its.
 */
async function requireGate(
  gate: GateName,
  request: HttpRequest,
  id: string,
  secrets: Secrets,
): Promise<void> {
  const { state, gates } = await secrets.status(id, credentialsOf(request));
  if (state !== 'waiting') throw errorOf({ outcome: 'gone', state });
  if (gates?.gates.includes(gate)) return;
  throw new RequestError('INVALID_REQUEST', `the secret does not have the gate ${gate}`);
}
