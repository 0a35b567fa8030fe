/** What a server allows in a form that creates something: asked for once the form is there. */

import { serverHealth } from '../../client/health.js';
import { ZephrError } from '../../core/errors.js';
import type { HealthReply } from '../../core/protocol/replies.js';
import type { LeaveGuard } from '../parts/leave-guard.js';
import { showOutcome } from '../parts/outcomes.js';
import { fetchFromServer } from '../parts/page-fetch.js';

/**
 * Asks a server for its limits. Where it lets nobody create without an API key, it shows that in place of the form.
 * @param draft what was typed into the form: given up there.
 * @returns `undefined` where there are none, or no answer came: then creating tells what is not allowed.
 */
export async function serverLimits(server: string, draft: LeaveGuard): Promise<HealthReply['limits']> {
  let health: HealthReply;
  try {
    health = await serverHealth({ server, fetch: fetchFromServer });
  } catch (error) {
    if (!(error instanceof ZephrError)) throw error;
    return undefined;
  }
  if (health.access !== 'closed') return health.limits;
  draft.release();
  showOutcome('closed');
  return undefined;
}
