/** A receiver of webhooks on loopback, until its test ends. */

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { httpHost } from './hosts.js';

/** What the receiver and who creates a secret have agreed on. */
export const CALLBACK_SECRET = 'shared with the r\u00e9ceiver';

/** A webhook as it came. */
export interface Received {
  readonly body: Buffer;
  readonly headers: IncomingMessage['headers'];
  /** The body's fields. */
  readonly fields: Record<string, string>;
}

/** A receiver that keeps what comes, and answers as `answer` does: 204 unless it does otherwise. */
export async function receiver(
  answer: (response: ServerResponse, webhook: Received) => void = (response) => response.writeHead(204).end(),
): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const url = await httpHost(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const webhook = { body, headers: request.headers, fields: JSON.parse(body.toString()) };
    received.push(webhook);
    answer(response, webhook);
  });
  return { url: `${url}/hook`, received };
}

/** What a receiver does to know who sent a webhook. */
export function isSigned({ body, headers }: Received): boolean {
  const signature = Buffer.from(String(headers['x-zephr-signature']), 'latin1');
  const expected = Buffer.from(createHmac('sha256', CALLBACK_SECRET).update(body).digest('hex'), 'latin1');
  return signature.length === expected.length && timingSafeEqual(signature, expected);
}
