/**
 * One attempt to deliver a webhook: resolve once, check every address, connect to one of those and to nothing else.
 * Name servers that change their answer in between, and receivers that redirect, lead nowhere.
 */

import type { LookupAddress } from 'node:dns';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { type CallbackPolicy, hostName } from '../../net/public-addresses.js';
import type { Resolve } from '../../net/resolve.js';
import type { OutboxEvent } from '../store/contracts/outbox.js';

/** How an attempt ended: 2xx, another answer, or none. `reason` is a code of ours or of Node's, fit for a log. */
export type Attempt =
  | { readonly outcome: 'delivered' | 'refused'; readonly status: number }
  | { readonly outcome: 'failed'; readonly reason: string };

/** What delivering depends on. */
export interface SendOptions {
  readonly policy: CallbackPolicy;
  readonly resolve: Resolve;
  /** For everything together, in milliseconds. Default 5 s. */
  readonly timeoutMs?: number;
  /** Certificates (PEM) to trust instead of those that Node trusts. */
  readonly ca?: string;
}

const TIMEOUT_MS = 5_000;

/** How long to wait for one of several addresses before the next is tried as well. */
const NEXT_ADDRESS_MS = 1_000;

/** An answer's body is read for politeness only, and up to here, in bytes. */
const MAX_ANSWER = 64 * 1024;

/** Sends `event`, once. Whatever goes wrong is an outcome, not an error. */
export async function sendWebhook(event: OutboxEvent, options: SendOptions): Promise<Attempt> {
  const { policy, resolve, timeoutMs = TIMEOUT_MS, ca } = options;
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const url = new URL(event.url);
    // The policy may have become stricter since the secret was made.
    if (!policy.protocols.includes(url.protocol) || !policy.allowsHost(url.hostname)) return NOT_ALLOWED;
    const addresses = await resolve(hostName(url.hostname), signal);
    if (addresses.length === 0) return { outcome: 'failed', reason: 'HOST_NOT_FOUND' };
    if (!addresses.every(({ address }) => policy.allowsAddress(address))) return NOT_ALLOWED;
    const answer = await post(event, { ...target(url, addresses), ...(ca && { ca }), signal });
    const status = answer.statusCode ?? 0;
    // The status has decided; what becomes of the body changes nothing.
    await discard(answer).catch(() => undefined);
    return { outcome: status >= 200 && status <= 299 ? 'delivered' : 'refused', status };
  } catch (error) {
    return { outcome: 'failed', reason: signal.aborted ? 'TIMED_OUT' : codeOf(error) };
  }
}

const NOT_ALLOWED: Attempt = { outcome: 'failed', reason: 'HOST_NOT_ALLOWED' };

/** The options of a request to `url` that connects to nothing but `addresses`. */
function target(url: URL, addresses: readonly LookupAddress[]): RequestOptions {
  const name = hostName(url.hostname);
  // An agent of its own: no connection kept, no session resumed, no proxy from the environment.
  const settings = {
    keepAlive: false,
    maxCachedSessions: 0,
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
  };
  const agent = url.protocol === 'https:' ? new HttpsAgent(settings) : new HttpAgent(settings);
  return {
    protocol: url.protocol,
    host: name,
    port: url.port,
    path: url.pathname + url.search,
    agent,
    lookup: lookupOf(addresses),
    // The name, not the address, is what the certificate must be for. An address is no server name (RFC 6066).
    servername: isIP(name) === 0 ? name : '',
    rejectUnauthorized: true,
  };
}

/** Answers as DNS would, with what has been checked. Node asks for all addresses or for one. */
function lookupOf(addresses: readonly LookupAddress[]): LookupFunction {
  const [first] = addresses;
  return (_name, options, callback) => {
    if (options.all) callback(null, [...addresses]);
    else callback(null, first?.address ?? '', first?.family);
  };
}

/** Resolves with the answer once its status and headers are here. */
function post({ body, signature }: OutboxEvent, options: RequestOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (options.protocol === 'https:' ? httpsRequest : httpRequest)(
      {
        ...options,
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(body),
          'X-Zephr-Signature': signature,
          'User-Agent': 'zephr',
        },
      },
      resolve,
    );
    request.on('error', reject);
    // Whatever else ends a request without an answer, such as an upgrade nobody asked for.
    request.on('close', () => reject(new Error('the connection was closed without an answer')));
    request.end(body);
  });
}

async function discard(answer: IncomingMessage): Promise<void> {
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_ANSWER) return;
  }
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : 'NO_ANSWER';
}
