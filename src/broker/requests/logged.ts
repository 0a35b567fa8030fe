/** Requests with secrets that are in the audit log: before they are sent, and when they have ended. */

import { randomUUID } from 'node:crypto';
import { ZephrError } from '../../core/errors.js';
import type { AuditEntry } from '../audit/chain.js';
import type { Logged } from '../audit/uses.js';
import { InjectionError, PolicyError } from '../broker-error.js';
import type { OutgoingRequest } from './injection.js';
import type { RedactedResponse } from './redaction.js';
import { checkUses, type SecretUse, type SendOptions, sendWithSecrets } from './send.js';

/**
 * As {@link sendWithSecrets}. It says why a request was refused in the log, and sends none that it cannot log.
 * @throws AuditError also once the response is here: what ended without a trace is withheld.
 */
export async function sendLogged(
  request: OutgoingRequest,
  uses: readonly SecretUse[],
  options: SendOptions,
  { log, command, agent, pid }: Logged,
): Promise<RedactedResponse> {
  const started = options.now();
  const append = (rest: Pick<AuditEntry, 'decision' | 'reason' | 'status' | 'milliseconds' | 'use'>) =>
    log.append({
      time: new Date(options.now()).toISOString(),
      command,
      ...(agent !== undefined && { agent }),
      pid,
      secrets: uses.map(({ name }) => name),
      method: request.method,
      host: request.url.host,
      path: request.url.pathname,
      ...rest,
    });
  try {
    checkUses(request, uses, started);
  } catch (error) {
    if (error instanceof PolicyError || error instanceof InjectionError) {
      await append({ decision: 'refused', reason: error.code });
    }
    throw error;
  }
  const use = randomUUID();
  await append({ decision: 'allowed', use });
  const ended = () => ({ use, milliseconds: Math.max(0, Math.round(options.now() - started)) });
  let response: RedactedResponse;
  try {
    response = await sendWithSecrets(request, uses, options);
  } catch (error) {
    const reason = error instanceof ZephrError ? error.code : 'INTERRUPTED';
    await append({ decision: 'failed', reason, ...ended() });
    throw error;
  }
  try {
    await append({ decision: 'done', status: response.status, ...ended() });
  } catch (error) {
    response.close();
    throw error;
  }
  return response;
}
