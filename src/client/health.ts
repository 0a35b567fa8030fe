/** Asks a server for its health: whether it works, which versions of the protocol it speaks, and what it allows. */

import { parseServer } from '../core/link.js';
import { DEFAULT_SERVER } from '../core/protocol/limits.js';
import { type HealthReply, parseHealthReply } from '../core/protocol/replies.js';
import { apiKeyHeaders } from './authorization.js';
import { checkReply } from './transport/network-errors.js';
import { send, type TransportOptions } from './transport/send.js';

/** Options of a health check. */
export interface HealthOptions extends TransportOptions {
  /** The server's URL. Default `https://zephr.io`. */
  readonly server?: string;
  /** An API key of that server, which then tells its tier and limits. Default: none is sent. */
  readonly apiKey?: string | null;
}

/** What a server says about itself. */
export interface ServerHealth extends HealthReply {
  /** Its clock when it answered, in milliseconds since 1970, of whole seconds; null when it did not say. */
  readonly time: number | null;
}

/**
 * Asks a server for its health.
 * @throws ValidationError when the server's URL is unusable, before anything is sent.
 * @throws ApiError 503 when its store does not answer, 404 when it has no health endpoint, 401 when it refuses the API
 *   key.
 * @throws NetworkError when no usable answer came; the reason of `signal`.
 */
export async function serverHealth(options: HealthOptions = {}): Promise<ServerHealth> {
  const url = `${parseServer(options.server ?? DEFAULT_SERVER)}/api/health`;
  const { json, headers } = await send(
    { method: 'GET', url, headers: apiKeyHeaders(options.apiKey) },
    options,
  );
  const time = Date.parse(headers.get('Date') ?? '');
  return { ...checkReply(url, () => parseHealthReply(json)), time: Number.isNaN(time) ? null : time };
}
