/** Asks the servers of a list what became of its secrets. */

import type { SecretStatus } from '../../client/secret-status.js';
import { type Found, inquire } from '../../client/sender/receipts.js';
import { decodeBase64url } from '../../core/base64url.js';
import { ZephrError } from '../../core/errors.js';
import type { Context } from '../parser/command.js';
import { connectionTo } from '../settings/connection.js';
import { hasEnded, type KnownState, type Listed } from './record.js';

/** A secret, and whether its server was asked in vain. */
export interface Refreshed extends Listed {
  /** Whether what is known of it may be out of date. */
  readonly isStale: boolean;
}

/** What came of asking. */
export interface Refresh {
  readonly secrets: readonly Refreshed[];
  /** Those of which something new is known. */
  readonly changed: readonly Refreshed[];
  /** The servers that were asked and did not answer, and why. */
  readonly silent: readonly { readonly server: string; readonly error: ZephrError }[];
  /** How many servers were asked. */
  readonly asked: number;
}

/** Asks about each secret that has not ended and has a receipt; all servers at the same time. */
export async function refresh(
  secrets: readonly Listed[],
  { flags, terminal, now }: Pick<Context, 'flags' | 'terminal' | 'now'>,
): Promise<Refresh> {
  const open = secrets.filter(({ known, receipt }) => !hasEnded(known) && receipt !== undefined);
  const servers = [...new Set(open.map(({ server }) => server))];
  const answers = await Promise.all(
    servers.map(async (server) => {
      const own = open.filter((secret) => secret.server === server);
      const inquiries = own.map(({ id, receipt = '' }) => ({ id, receipt: decodeBase64url(receipt) }));
      try {
        const { fetch } = await connectionTo(server, flags, terminal);
        const options = { fetch, timeout: flags.timeout, signal: terminal.interrupt };
        return { own, found: await inquire(server, inquiries, options), server };
      } catch (error) {
        if (!(error instanceof ZephrError) || terminal.interrupt.aborted) throw error;
        return { own, server, error };
      }
    }),
  );
  const known = new Map<Listed, KnownState>();
  for (const { own, found = [] } of answers) {
    for (const [place, secret] of own.entries()) {
      const answer = found[place];
      const state = answer && stateIn(answer, secret, now());
      if (state) known.set(secret, state);
    }
  }
  const refreshed = secrets.map((secret) => {
    const fresh = known.get(secret);
    return { ...secret, known: fresh ?? secret.known, isStale: !fresh && !hasEnded(secret.known) };
  });
  return {
    secrets: refreshed,
    changed: refreshed.filter((secret, place) => differs(secret.known, secrets[place]?.known)),
    silent: answers.flatMap(({ server, error }) => (error === undefined ? [] : [{ server, error }])),
    asked: servers.length,
  };
}

/** What an answer says; nothing if it says nothing. A server forgets a secret a day after its expiry. */
function stateIn(answer: Found, { expiresAt, known }: Listed, now: number): KnownState | null {
  if (!('errorCode' in answer)) return knownState(answer);
  const isOver = Date.parse(expiresAt) < now;
  return answer.errorCode === 'SECRET_NOT_FOUND' && isOver ? { ...known, forgotten: true } : null;
}

/** What the list keeps of a status. */
export function knownState({ state, viewsLeft, firstReadAt, lastReadAt }: SecretStatus): KnownState {
  return {
    state,
    viewsLeft,
    ...(firstReadAt === undefined ? {} : { firstReadAt }),
    ...(lastReadAt === undefined ? {} : { lastReadAt }),
  };
}

function differs(one: KnownState, other: KnownState | undefined): boolean {
  return JSON.stringify(one) !== JSON.stringify(other);
}
