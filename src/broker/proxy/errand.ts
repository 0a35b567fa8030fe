/** One request of a proxy's client, from the check of its secrets to the end of its response. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { KeptConnections, StaleConnectionError } from '../../net/guarded-connection.js';
import type { Resolve } from '../../net/resolve.js';
import type { Trust } from '../../net/trust.js';
import type { AuditLog } from '../audit/log.js';
import { UpstreamError } from '../broker-error.js';
import type { OutgoingRequest } from '../requests/injection.js';
import { type BegunUse, beginUse } from '../requests/logged.js';
import { type SecretUse, type SendOptions, sendWithSecrets } from '../requests/send.js';
import { passOn, refuse } from './answer.js';
import type { Approvals } from './approvals.js';
import type { BrokeredSecrets } from './secrets.js';

/** What all requests of a proxy have in common. */
export interface Broker {
  /** As they are now: they may be read again. */
  readonly secrets: BrokeredSecrets;
  readonly approvals: Approvals;
  readonly log: AuditLog;
  /** For the log, such as `proxy`. */
  readonly command: string;
  readonly pid: number;
  readonly resolve: Resolve;
  readonly trust: Trust;
  readonly now: () => number;
}

/** A request, the secrets for it, and who says to be asking. */
export interface Errand {
  readonly request: OutgoingRequest;
  readonly uses: readonly SecretUse[];
  readonly agent?: string | undefined;
  /** What stands in place of each secret in the response; by default `[masked NAME]`. */
  readonly mark?: ((name: string) => string) | undefined;
}

/** Connections to hosts, by that of the client: when the one is closed, so are the others. */
const connections = new WeakMap<Socket, KeptConnections>();

/**
 * Makes the errand out of a request, and runs it. Nothing is tried twice: where a kept connection turns out to be
 * closed, so is the client's, which knows best whether it may ask again.
 */
export async function run(
  broker: Broker,
  message: IncomingMessage,
  response: ServerResponse,
  makeErrand: () => Promise<Errand>,
): Promise<void> {
  const left = new AbortController();
  response.on('close', () => response.writableFinished || left.abort());
  let host: string | undefined;
  try {
    const errand = await makeErrand();
    host = errand.request.url.host;
    const use = await beginErrand(broker, errand, left.signal);
    const options = { ...optionsOf(broker, errand, left.signal), connections: connectionsOf(message.socket) };
    await toItsEnd(use, left.signal, async (over) => {
      const answer = await sendWithSecrets(errand.request, errand.uses, options);
      await passOn(answer, response, () => over(answer.status));
    });
  } catch (error) {
    if (error instanceof UpstreamError && error.cause instanceof StaleConnectionError)
      message.socket.destroy();
    else refuse(response, error, host);
  }
}

/**
 * Has the use of its secrets allowed and written down. A request without any is nobody's concern.
 * @throws as `beginUse`.
 */
export async function beginErrand(
  broker: Broker,
  { request, uses, agent }: Errand,
  signal: AbortSignal,
): Promise<BegunUse | null> {
  if (uses.length === 0) return null;
  const { log, command, pid, now, approvals } = broker;
  const approve = () => approvals.ask(request, uses, agent, signal);
  return beginUse(request, uses, now, { log, command, agent, pid }, approve);
}

/**
 * Does what a use was allowed for, and writes down how it ended: with the status that `work` says it is over with, or
 * else that it failed.
 * @param signal whose reason counts, once it has fired, whatever went wrong.
 * @throws what `work` throws; AuditError.
 */
export async function toItsEnd<T>(
  use: BegunUse | null,
  signal: AbortSignal,
  work: (over: (status: number) => Promise<void>) => Promise<T>,
): Promise<T> {
  let isOver = false;
  try {
    return await work(async (status) => {
      isOver = true;
      await use?.done(status);
    });
  } catch (error) {
    if (!isOver) await use?.failed(signal.aborted ? signal.reason : error);
    throw error;
  }
}

/** How an errand's request is sent. */
export function optionsOf(
  { secrets, resolve, trust, now }: Broker,
  { request: { url }, mark }: Errand,
  signal: AbortSignal,
): SendOptions & Required<Pick<SendOptions, 'reach' | 'forms'>> {
  const reach = secrets.boundTo(url).map(({ policy }) => policy);
  const forms = secrets.formsFor(url, mark);
  return { resolve, trust, now, redirects: 0, signal, reach, forms };
}

function connectionsOf(socket: Socket): KeptConnections {
  const known = connections.get(socket);
  if (known !== undefined) return known;
  const kept = new KeptConnections();
  connections.set(socket, kept);
  socket.on('close', () => kept.close());
  return kept;
}
