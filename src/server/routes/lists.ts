/** `GET /api/secrets` and `GET /api/stats` (core/protocol/PROTOCOL.md section 10): what an API key has made. */

import type { CreatedCounts, SecretsReply, StatsReply } from '../../core/protocol/lists.js';
import { SECRET_STATES } from '../../core/protocol/replies.js';
import { type HttpRequest, headerOf, jsonResponse, preflight, queryOf } from '../http/messages.js';
import type { Handler, Router } from '../http/router.js';
import type { Callers } from '../secrets/callers.js';
import type { Counts, Lists } from '../secrets/lists.js';
import { ServiceError } from '../secrets/service-error.js';
import { formatCursor, parseHintFilter, parsePage } from './queries.js';
import { statusReply } from './receipts.js';
import { parseAuthorization } from './request-headers.js';

/** Answers `GET /api/secrets`. */
export function listSecrets(lists: Lists, callers: Callers): Handler {
  return async (request) => {
    const caller = await keyOf(request, callers);
    const page = {
      ...parsePage(request, SECRET_STATES),
      hint: parseHintFilter(queryOf(request, 'hint')),
    };
    const { secrets, next } = await lists.secrets(caller, page);
    const reply: SecretsReply = {
      secrets: secrets.map(({ id, version, bytes, ...status }) => ({
        id,
        version,
        ...statusReply(status),
        bytes,
      })),
      ...(next === null ? {} : { next: formatCursor(next) }),
    };
    return jsonResponse(200, reply);
  };
}

/** Adds `GET /api/stats`. */
export function addStatsRoute(router: Router, lists: Lists, callers: Callers): void {
  const stats: Handler = async (request) => {
    const { secrets, requests } = await lists.statistics(await keyOf(request, callers));
    const reply: StatsReply = {
      secrets: { states: secrets.states, created: createdCounts(secrets), bytes: secrets.bytes },
      requests: { states: requests.states, created: createdCounts(requests) },
    };
    return jsonResponse(200, reply);
  };
  router.add('/api/stats', { GET: stats, OPTIONS: preflight });
}

/**
 * The id of the API key that a request shows, whose lists it is given.
 * @throws ServiceError `API_KEY_REQUIRED` without one, or `INVALID_API_KEY`.
 */
export async function keyOf(request: HttpRequest, callers: Callers): Promise<string> {
  const apiKey = parseAuthorization(headerOf(request, 'Authorization'));
  if (apiKey === null) throw new ServiceError('API_KEY_REQUIRED', 'a list takes an API key');
  return callers.nameOfKey(apiKey, request.address);
}

function createdCounts({ today, thisWeek, thisMonth, total }: Counts<string>): CreatedCounts {
  return { today, this_week: thisWeek, this_month: thisMonth, total };
}
