/** What a proxy's clients get: responses without secrets, as they come, and refusals in words that AgentSecrets' SDK knows. */

import { once } from 'node:events';
import type { OutgoingHttpHeader, ServerResponse } from 'node:http';
import { ZephrError } from '../../core/errors.js';
import { PolicyError, UnknownSecretError } from '../broker-error.js';
import type { RedactedResponse } from '../requests/redaction.js';

/** A body that is not longer is passed on in one piece, where the host says how long it is. */
const MOST_HELD = 65_536;

/**
 * Passes a response on, as fast as the client takes it.
 * @param ended is called before the end of the response, and keeps it back.
 * @throws UpstreamError when the body breaks off; what `ended` throws. The client has a part of the response then.
 */
export async function passOn(
  answer: RedactedResponse,
  response: ServerResponse,
  ended: () => Promise<void>,
): Promise<void> {
  if (answer.length !== null && answer.length <= MOST_HELD) return passOnWhole(answer, response, ended);
  // Names and values in one list keep their case, and repeated ones apart.
  const headers: OutgoingHttpHeader[] = answer.headers.flat();
  response.writeHead(answer.status, answer.statusText, headers);
  // Headers wait for a body that is here already, and for no other one: both fit into a packet.
  const flush = setImmediate(() => response.flushHeaders());
  try {
    for await (const bytes of answer.body) {
      if (response.destroyed) {
        answer.close();
        throw new Error('the client has gone');
      }
      if (!response.write(bytes)) await untilDrained(response);
    }
    await ended();
  } finally {
    clearImmediate(flush);
  }
  const trailers = answer.trailers();
  if (trailers.length > 0)
    response.addTrailers(trailers.map(([name, value]): [string, string] => [name, value]));
  response.end();
}

/** In one piece: then a client is told how long it is, as the host has told us. */
async function passOnWhole(
  answer: RedactedResponse,
  response: ServerResponse,
  ended: () => Promise<void>,
): Promise<void> {
  const body = await answer.whole();
  await ended();
  // What a host says of the body of HEAD is of one that was not sent.
  const length = response.req.method === 'HEAD' ? answer.length : body.length;
  const headers: OutgoingHttpHeader[] = [...answer.headers.flat(), 'Content-Length', String(length)];
  response.writeHead(answer.status, answer.statusText, headers).end(body);
}

async function untilDrained(response: ServerResponse): Promise<void> {
  const done = new AbortController();
  const { signal } = done;
  try {
    if (!response.destroyed)
      await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })]);
  } finally {
    done.abort();
  }
}

/** Says why there is no response, or breaks off one that has begun. */
export function refuse(response: ServerResponse, error: unknown, host?: string): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { status, body } = refusalFor(error, host);
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}

/** What a client is told of an error. */
export function refusalFor(error: unknown, host?: string): { status: number; body: Record<string, string> } {
  if (!(error instanceof ZephrError)) {
    return { status: 500, body: { error: 'internal_error', message: 'something unforeseen happened' } };
  }
  const { code, message } = error;
  if (error instanceof UnknownSecretError) {
    // Their SDK reads the name out of this text.
    const text = `secret '${error.secret}' not found in keychain: zephr vault set ${error.secret} keeps one`;
    return { status: 502, body: { error: text, code, message } };
  }
  const [status, reason] = STATUS[code] ?? [502, 'upstream_error'];
  const change = error instanceof PolicyError ? error.change : null;
  return {
    status,
    body: {
      error: reason,
      code,
      message,
      ...(status === 403 && host !== undefined && { domain: host }),
      ...(change !== null && { hint: `to allow it, a person runs: ${change}` }),
    },
  };
}

const STATUS: Readonly<Record<string, readonly [status: number, error: string]>> = {
  AMBIGUOUS_REQUEST: [400, 'ambiguous_request'],
  INVALID_SLOT: [400, 'invalid_injection'],
  NO_TARGET: [400, 'missing_target'],
  NO_INJECTION: [400, 'missing_injection'],
  NOT_BOUND: [403, 'domain_not_in_allowlist'],
  HOST_NOT_BOUND: [403, 'domain_not_in_allowlist'],
  EGRESS_REFUSED: [403, 'domain_not_in_allowlist'],
  WEB_PAGE: [403, 'policy_denied'],
  PATH_NOT_BOUND: [403, 'capability_denied'],
  METHOD_NOT_ALLOWED: [403, 'capability_denied'],
  SLOT_NOT_ALLOWED: [403, 'capability_denied'],
  SECRET_PAST_EXPIRY: [403, 'policy_denied'],
  NOT_HTTPS: [403, 'non_https_blocked'],
  HOST_NOT_ALLOWED: [403, 'ssrf_protection_blocked'],
  NOT_APPROVED: [403, 'policy_approval_denied'],
  APPROVAL_TIMED_OUT: [403, 'policy_approval_required'],
  LOG_FAILED: [403, 'policy_denied'],
};
