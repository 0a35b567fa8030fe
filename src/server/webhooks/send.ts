/**
 * One attempt to deliver a webhook: where it may go, what is sent, and what the answer means (core/protocol/PROTOCOL.md
 * section 7).
 */

import type { IncomingMessage } from 'node:http';
import { errorCode } from '../../core/errors.js';
import { GuardError, type GuardedRequest, guardedRequest } from '../../net/guarded-connection.js';
import type { Resolve } from '../../net/resolve.js';
import type { CallbackPolicy } from '../secrets/callbacks.js';
import type { OutboxEvent } from '../store/contracts/outbox.js';

/**
 * How an attempt ended: with 2xx, with another status, or without an answer. `reason` is an error code of ours or of
 * Node's, which a log may hold.
 */
export type Attempt =
  | { readonly outcome: 'delivered' | 'refused'; readonly status: number }
  | { readonly outcome: 'failed'; readonly reason: string };

/** What an attempt depends on. */
export interface SendOptions {
  readonly policy: CallbackPolicy;
  readonly resolve: Resolve;
  /** How long the whole attempt may take, in milliseconds. Default 5 s. */
  readonly timeoutMs?: number;
  /** Certificates (PEM) to trust instead of those that Node trusts. */
  readonly ca?: string;
}

const TIMEOUT_MS = 5_000;

/** Most bytes of an answer's body that are read. They are read only so that the receiver can finish sending. */
const MAX_ANSWER = 64 * 1024;

/** Sends `event` once. Never rejects: what goes wrong is an outcome. */
export async function sendWebhook(event: OutboxEvent, options: SendOptions): Promise<Attempt> {
  const { policy, timeoutMs = TIMEOUT_MS } = options;
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const url = new URL(event.url);
    // The policy may have become stricter since the secret was created.
    if (!policy.protocols.includes(url.protocol)) return { outcome: 'failed', reason: 'HOST_NOT_ALLOWED' };
    const answer = await guardedRequest(url, requestFor(event), options, signal);
    const status = answer.statusCode ?? 0;
    // The status has decided: an error while the body is read changes nothing.
    await discard(answer).catch(() => undefined);
    return { outcome: status >= 200 && status <= 299 ? 'delivered' : 'refused', status };
  } catch (error) {
    if (error instanceof GuardError) return { outcome: 'failed', reason: error.code };
    return { outcome: 'failed', reason: signal.aborted ? 'TIMED_OUT' : (errorCode(error) ?? 'NO_ANSWER') };
  }
}

function requestFor({ body, signature }: OutboxEvent): GuardedRequest {
  return {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'Content-Length': String(Buffer.byteLength(body)),
      'X-Zephr-Signature': signature,
      'User-Agent': 'zephr',
    },
    body,
  };
}

async function discard(answer: IncomingMessage): Promise<void> {
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_ANSWER) return;
  }
}
