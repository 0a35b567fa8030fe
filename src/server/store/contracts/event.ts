/** Composes a webhook, once: its body, id and signature stay the same however often it is sent. */

import { createHmac, randomUUID } from 'node:crypto';
import type { EventName, OutboxEvent } from './outbox.js';
import type { CreateRequest } from './secrets.js';

/** The secret or request that an event is about, and where the event goes. */
export interface EventSubject {
  readonly id: string;
  /** Of a request always `null`. */
  readonly hint: string | null;
  readonly caller: string;
  readonly callback: NonNullable<CreateRequest['callback']>;
}

/**
 * The event `name` of a secret or request (core/protocol/PROTOCOL.md section 7).
 * @param occurredAt milliseconds since 1970.
 * @param uuid makes the event's id, a UUID of version 4.
 */
export function composeEvent(
  name: EventName,
  { id: subject, hint, caller, callback }: EventSubject,
  occurredAt: number,
  uuid: () => string = randomUUID,
): OutboxEvent {
  const id = uuid();
  const body = JSON.stringify({
    event: name,
    event_id: id,
    [name.startsWith('request.') ? 'request_id' : 'secret_id']: subject,
    occurred_at: new Date(occurredAt).toISOString(),
    ...(hint === null ? {} : { hint }),
  });
  const { url, secret } = callback;
  return { id, name, url, host: new URL(url).host, caller, body, signature: signatureOf(body, secret) };
}

/** The signature of a body that is sent to somebody who knows `secret` (section 7): HMAC-SHA256, in lower-case hex. */
export function signatureOf(body: string, secret: string): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}
