/** What a reader asks for at the gates of a secret (core/protocol/PROTOCOL.md section 9). */

import type { CodeReply } from '../../core/protocol/gates.js';
import { type HttpRequest, headerOf, jsonResponse, preflight } from '../http/messages.js';
import { RequestError } from '../http/request-error.js';
import type { Handler, Router } from '../http/router.js';
import type { Codes } from '../secrets/codes.js';
import type { GateKeeper } from '../secrets/gate-keeper.js';
import { languageOf } from '../secrets/gates/texts.js';
import type { Secrets } from '../secrets/secrets.js';
import { ended } from '../secrets/service-error.js';
import { credentialsOf, visitOf } from './request-headers.js';

/** What the routes are made of. */
export interface GateRoutes {
  readonly secrets: Secrets;
  readonly gates: GateKeeper;
  readonly codes: Codes;
}

/** Adds `GET /api/secrets/{id}/captcha` and `POST /api/secrets/{id}/code` to `router`. */
export function addGateRoutes(router: Router, { secrets, gates, codes }: GateRoutes): void {
  const puzzle: Handler = async (request, id = '') => {
    await requirePuzzle(request, id, secrets);
    return jsonResponse(200, await gates.puzzle(id));
  };
  const code: Handler = async (request, id = '') => {
    const language = languageOf(headerOf(request, 'Accept-Language'));
    const reply: CodeReply = await codes.send(id, credentialsOf(request), visitOf(request), language);
    return jsonResponse(202, reply);
  };
  router.add('/api/secrets/:id/captcha', { GET: puzzle, OPTIONS: preflight });
  router.add('/api/secrets/:id/code', { POST: code, OPTIONS: preflight });
}

/**
 * Makes sure that a reader has the key of a secret that waits behind a puzzle.
 * @throws ServiceError as for a status, or that it is gone; RequestError `INVALID_REQUEST` where it asks for no puzzle.
 */
async function requirePuzzle(request: HttpRequest, id: string, secrets: Secrets): Promise<void> {
  const { state, gates } = await secrets.status(id, credentialsOf(request));
  if (state !== 'waiting') throw ended(state);
  if (gates?.gates.includes('captcha')) return;
  throw new RequestError('INVALID_REQUEST', 'the secret does not have the gate captcha');
}
