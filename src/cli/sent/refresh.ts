/** Asks the servers of a list what became of its secrets and requests. */

import { type RequestStatus, requestStatus } from '../../client/requests/request-status.js';
import type { SecretStatus } from '../../client/secret-status.js';
import { type Found, inquire } from '../../client/sender/receipts.js';
import type { TransportOptions } from '../../client/transport/send.js';
import { decodeBase64url } from '../../core/base64url.js';
import { ApiError, ZephrError } from '../../core/errors.js';
import type { Context } from '../parser/command.js';
import { transportTo } from '../settings/connection.js';
import { hasEnded, type KnownRequest, type KnownSecret, type Listed, withState } from './record.js';

/** A record, and whether its server was asked in vain. */
export type Refreshed = Listed & {
  /** Whether what is known of it may be out of date. */
  readonly isStale: boolean;
};

/** What came of asking. */
export interface Refresh {
  readonly records: readonly Refreshed[];
  /** Those of which something new is known. */
  readonly changed: readonly Refreshed[];
  /** The servers that were asked and did not answer, and why. */
  readonly silent: readonly { readonly server: string; readonly error: ZephrError }[];
  /** How many servers were asked. */
  readonly asked: number;
}

/** Requests that one server is asked about at the same time: there is no call for many of them. */
const AT_ONCE = 16;

/** Asks about each record that has not ended and has a receipt; all servers at the same time. */
export async function refresh(
  records: readonly Listed[],
  { flags, terminal, now }: Pick<Context, 'flags' | 'terminal' | 'now'>,
): Promise<Refresh> {
  const open = records.filter(({ known, receipt }) => !hasEnded(known) && receipt !== undefined);
  const servers = [...new Set(open.map(({ server }) => server))];
  const fresh = new Map<Listed, Listed>();
  const answers = await Promise.all(
    servers.map(async (server) => {
      const own = open.filter((record) => record.server === server);
      try {
        const options = await transportTo(server, flags, terminal);
        for (const [record, found] of await askAbout(server, own, options)) {
          const known = stateIn(found, record, now());
          if (known !== null) fresh.set(record, withState(record, known));
        }
        return { server };
      } catch (error) {
        if (!(error instanceof ZephrError) || terminal.interrupt.aborted) throw error;
        return { server, error };
      }
    }),
  );
  const refreshed = records.map((record): Refreshed => {
    const found = fresh.get(record);
    return { ...(found ?? record), isStale: found === undefined && !hasEnded(record.known) };
  });
  return {
    records: refreshed,
    changed: refreshed.filter(({ known }, place) => differs(known, records[place]?.known)),
    silent: answers.flatMap(({ server, error }) => (error === undefined ? [] : [{ server, error }])),
    asked: servers.length,
  };
}

/** What a server says of a record. */
type Said = Found | RequestStatus;

/** @throws NetworkError, ApiError where the server answers none. */
async function askAbout(
  server: string,
  own: readonly Listed[],
  options: TransportOptions,
): Promise<(readonly [Listed, Said])[]> {
  const secrets = own.filter(({ kind }) => kind === 'secret');
  const inquiries = secrets.map(({ id, receipt = '' }) => ({ id, receipt: decodeBase64url(receipt) }));
  const requests = own.filter(({ kind }) => kind === 'request');
  const [found, ...said] = await Promise.all([
    inquiries.length === 0 ? [] : inquire(server, inquiries, options),
    ...askAboutRequests(requests, options),
  ]);
  const ofSecrets = secrets.flatMap((secret, place): (readonly [Listed, Said])[] => {
    const answer = found[place];
    return answer === undefined ? [] : [[secret, answer]];
  });
  return [...ofSecrets, ...said.flat()];
}

/** What the server says of each request, asked about by as many as may ask at once. */
function askAboutRequests(
  requests: readonly Listed[],
  options: TransportOptions,
): Promise<(readonly [Listed, Said])[]>[] {
  // They share it, and a failure of one ends it for all: the server is not asked about the rest in vain.
  const left = (function* () {
    yield* requests;
  })();
  const ask = async () => {
    const said: (readonly [Listed, Said])[] = [];
    for (const request of left) said.push([request, await askAboutRequest(request, options)]);
    return said;
  };
  return Array.from({ length: Math.min(AT_ONCE, requests.length) }, ask);
}

/** A request's status, or the code of the error that its server gives in place of it. */
async function askAboutRequest(
  { server, id, receipt = '' }: Listed,
  options: TransportOptions,
): Promise<Said> {
  try {
    return await requestStatus({ server, id, receipt: decodeBase64url(receipt) }, options);
  } catch (error) {
    const isAboutIt = error instanceof ApiError && error.isVerdict && [403, 404].includes(error.statusCode);
    if (!isAboutIt) throw error;
    return { errorCode: error.code };
  }
}

/** What an answer says; null if it says nothing. A server forgets what has ended a day later. */
function stateIn(said: Said, { expiresAt, known }: Listed, now: number): Listed['known'] | null {
  if ('received' in said) return knownRequest(said);
  if (!('errorCode' in said)) return knownState(said);
  const isOver = Date.parse(expiresAt) < now;
  return said.errorCode.endsWith('_NOT_FOUND') && isOver ? { ...known, forgotten: true } : null;
}

/** What the list keeps of a status. */
export function knownState({ state, viewsLeft, firstReadAt, lastReadAt }: SecretStatus): KnownSecret {
  return {
    state,
    viewsLeft,
    ...(firstReadAt === undefined ? {} : { firstReadAt }),
    ...(lastReadAt === undefined ? {} : { lastReadAt }),
  };
}

function knownRequest({ state, answersLeft }: RequestStatus): KnownRequest {
  return { state, answersLeft };
}

function differs(one: Listed['known'], other: Listed['known'] | undefined): boolean {
  return JSON.stringify(one) !== JSON.stringify(other);
}
