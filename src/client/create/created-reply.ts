/** Checking a server's answer to a create against what was asked of it. */

import type { UnlockedKey } from '../../core/crypto/key-schedule.js';
import { NetworkError, ZephrError } from '../../core/errors.js';
import type { GatesBody } from '../../core/protocol/gates.js';
import type { CreatedReply } from '../../core/protocol/replies.js';
import type { CreateBody } from '../../core/protocol/requests.js';
import { proofHeaders } from '../authorization.js';
import { send, type TransportOptions } from '../transport/send.js';

/** `Date` has whole seconds, and a reply takes a while: an expiry that is later by less is as it was asked for. */
const TOLERANCE_MS = 60_000;

/**
 * Where the answer is not what was asked for: sentences for people, none where all is well. The expiry is judged by the
 * server's clock.
 * @param date the reply's `Date` header; null where it is not known, and this machine's clock has to do.
 */
export function deviations(
  created: CreatedReply,
  asked: Pick<CreateBody, 'views' | 'expiry'>,
  date: string | null,
): string[] {
  const found: string[] = [];
  const { views } = created;
  const askedViews = asked.views ?? 1;
  if (views !== undefined && views !== askedViews) {
    found.push(`the server lets the secret be read ${times(views)}, not ${times(askedViews)} as was asked`);
  }
  const serverTime = Date.parse(date ?? '');
  const isKnown = !Number.isNaN(serverTime);
  const asOf = isKnown ? serverTime : Date.now();
  const latest = asOf + asked.expiry * 60_000 + TOLERANCE_MS;
  if (Date.parse(created.expires_at) > latest) {
    const whose = isKnown ? 'its own clock' : 'the clock of this machine';
    found.push(`the server keeps the secret until ${created.expires_at}: by ${whose}, longer than was asked`);
  }
  return found;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

/** What a secret depends on its server for. */
export interface Dependence {
  readonly unlocked: UnlockedKey;
  readonly gates: GatesBody | undefined;
}

/**
 * Makes sure that the server keeps what protects the secret: its gates; and for one with a passphrase the link proof,
 * without which everybody who knows the URL could try passphrases. Otherwise the secret is revoked.
 * @param url of the create
 * @throws NetworkError `LINK_PROOF_NOT_KEPT`, `GATES_NOT_KEPT`.
 */
export async function requireKept(
  created: CreatedReply,
  { unlocked, gates }: Dependence,
  url: string,
  options: TransportOptions,
): Promise<void> {
  const { kept = [] } = created;
  const isGuarded = unlocked.linkProof === null || kept.includes('link_proof_hash');
  if (isGuarded && (gates === undefined || kept.includes('gates'))) return;
  const { host } = new URL(url);
  const isRevoked = await revoked(`${url}/${created.id}`, unlocked, options);
  const fate = isRevoked
    ? 'the secret was revoked'
    : `the secret could not be revoked, and nobody has its link: it expires at ${created.expires_at}`;
  throw isGuarded
    ? new NetworkError(`${host} would let readers past the gates; ${fate}`, host, 'GATES_NOT_KEPT')
    : new NetworkError(
        `${host} does not protect passphrases from being guessed by who knows the URL only; ${fate}`,
        host,
        'LINK_PROOF_NOT_KEPT',
      );
}

/** Revokes a secret, and says whether that succeeded. */
async function revoked(url: string, unlocked: UnlockedKey, options: TransportOptions): Promise<boolean> {
  try {
    await send({ method: 'DELETE', url, headers: proofHeaders(unlocked) }, options);
    return true;
  } catch (error) {
    if (error instanceof ZephrError || options.signal?.aborted) return false;
    throw error;
  }
}
