/** What has become of a secret, as the SDK tells it. */

import type { GateName } from '../core/protocol/gates.js';
import type { SecretState, StatusReply } from '../core/protocol/replies.js';

/** What has become of a secret. Times are ISO 8601, UTC. */
export interface SecretStatus {
  readonly state: SecretState;
  /** The sender's label, in clear. */
  readonly hint?: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  /** How many readers it was created for. */
  readonly views: number;
  /** How many of them have not read it. */
  readonly viewsLeft: number;
  /** Missing until the first of them has. */
  readonly firstReadAt?: string;
  /** How many chunks of 1 MiB its files take, padding included; missing where it has none. */
  readonly chunks?: number;
  readonly lastReadAt?: string;
  /** What its readers will be asked for besides the key; missing for nothing, and once its content is gone. */
  readonly gates?: readonly GateName[];
  /** From when on it can be read, where it has that gate. */
  readonly notBefore?: string;
  /** Where a code goes, masked, where it has that gate: `a…@e….org`. */
  readonly sentTo?: string;
  /** To its sender only: the last 100 reads, and whether the reader said that the secret arrived. */
  readonly reads?: readonly { readonly at: string; readonly acknowledged: boolean }[];
  /** To its sender only: how many wrong passphrases were tried. */
  readonly wrongPassphrases?: number;
}

/** The status in a reply. */
export function statusOf(reply: StatusReply): SecretStatus {
  const { state, hint, first_read_at, last_read_at, chunks, reads, wrong_passphrases } = reply;
  const { gates, not_before, sent_to } = reply;
  return {
    state,
    ...(hint === undefined ? {} : { hint }),
    createdAt: reply.created_at,
    expiresAt: reply.expires_at,
    views: reply.views,
    viewsLeft: reply.views_left,
    ...(first_read_at === undefined ? {} : { firstReadAt: first_read_at }),
    ...(last_read_at === undefined ? {} : { lastReadAt: last_read_at }),
    ...(chunks === undefined ? {} : { chunks }),
    ...(gates === undefined ? {} : { gates }),
    ...(not_before === undefined ? {} : { notBefore: not_before }),
    ...(sent_to === undefined ? {} : { sentTo: sent_to }),
    ...(reads === undefined ? {} : { reads }),
    ...(wrong_passphrases === undefined ? {} : { wrongPassphrases: wrong_passphrases }),
  };
}
