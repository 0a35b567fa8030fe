/** Requests with secrets that are in the audit log: before they are sent, and when they have ended. */

import { randomUUID } from 'node:crypto';
import { ZephrError } from '../../core/errors.js';
import { appendUse, type Logged, type LoggedUse } from '../audit/uses.js';
import type { OutgoingRequest } from './injection.js';
import type { RedactedResponse } from './redaction.js';
import { checkUses, type SecretUse, type SendOptions, sendWithSecrets } from './send.js';

/** A use that is in the log, and goes on. */
export interface BegunUse {
  /** Writes down how it ended. @throws AuditError. */
  done(status: number): Promise<void>;
  /** Writes down that it failed. @throws AuditError. */
  failed(error: unknown): Promise<void>;
}

/**
 * As {@link sendWithSecrets}. It says why a request was refused in the log, and sends none that it cannot log.
 * @param approve as for {@link beginUse}.
 * @throws what `approve` throws; AuditError also once the response is here: what ended without a trace is withheld.
 */
export async function sendLogged(
  request: OutgoingRequest,
  uses: readonly SecretUse[],
  options: SendOptions,
  logged: Logged,
  approve?: () => Promise<void>,
): Promise<RedactedResponse> {
  const use = await beginUse(request, uses, options.now, logged, approve);
  let response: RedactedResponse;
  try {
    response = await sendWithSecrets(request, uses, options);
  } catch (error) {
    await use.failed(error);
    throw error;
  }
  try {
    await use.done(response.status);
  } catch (error) {
    response.close();
    throw error;
  }
  return response;
}

/**
 * Checks a use, has it approved, and writes it down, before anything is sent.
 * @param approve asks a person, once the bindings allow the use. Rejects where the answer is no.
 * @throws PolicyError, InjectionError and what `approve` throws, once that is in the log; AuditError.
 */
export async function beginUse(
  request: OutgoingRequest,
  uses: readonly SecretUse[],
  now: () => number,
  logged: Logged,
  approve?: () => Promise<void>,
): Promise<BegunUse> {
  const started = now();
  const what = usedFor(request, uses);
  const append = (how: Parameters<typeof appendUse>[2]) => appendUse(logged, what, how, now);
  try {
    checkUses(request, uses, started);
    await approve?.();
  } catch (error) {
    if (error instanceof ZephrError) await append({ decision: 'refused', reason: error.code });
    throw error;
  }
  const use = randomUUID();
  await append({ decision: 'allowed', use });
  const ended = () => ({ use, milliseconds: Math.max(0, Math.round(now() - started)) });
  return {
    done: (status) => append({ decision: 'done', status, ...ended() }),
    failed: (error) => {
      const reason = error instanceof ZephrError ? error.code : 'INTERRUPTED';
      return append({ decision: 'failed', reason, ...ended() });
    },
  };
}

/** What a line of the log says of a request with these secrets. */
export function usedFor(
  { method, url }: OutgoingRequest,
  uses: readonly Pick<SecretUse, 'name'>[],
): LoggedUse {
  const secrets = [...new Set(uses.map(({ name }) => name))];
  return { secrets, method, host: url.host, path: url.pathname };
}
