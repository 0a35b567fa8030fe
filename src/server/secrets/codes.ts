/** Sending a code to the reader of a secret (core/protocol/PROTOCOL.md section 9). */

import { randomInt, randomUUID } from 'node:crypto';
import { CODE_LENGTH, type CodeReply } from '../../core/protocol/gates.js';
import { CODE_MS, RESEND_MS } from '../store/contracts/gates.js';
import type { MessageLanguage } from '../store/contracts/outbox.js';
import type { SecretStore } from '../store/contracts/secrets.js';
import { type GateKeeper, gateError, isGateRefusal, masked, type Visit } from './gate-keeper.js';
import { periodEnd } from './quotas.js';
import { type Credentials, checkedId, shownBy } from './secrets.js';
import { errorOf, ServiceError } from './service-error.js';

/** Messages to one recipient in an hour, from all secrets together. */
const HOURLY = 5;

const HOUR_MS = 60 * 60_000;

/** What sending depends on. */
export interface CodesOptions {
  readonly gates: GateKeeper;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Called when there is a message to send. */
  readonly onQueued: () => void;
}

/** Has codes sent to the readers of one store's secrets. */
export class Codes {
  readonly #store: SecretStore;
  readonly #options: CodesOptions;

  constructor(store: SecretStore, options: CodesOptions) {
    this.#store = store;
    this.#options = options;
  }

  /**
   * Puts a code into the outbox, for the recipient that the secret's sender has named. It takes the place of an earlier one.
   * @returns where it goes, masked. Whether it arrives is another question, and the log's to answer.
   * @throws ServiceError as for a read, but for the code; `RATE_LIMIT_EXCEEDED` when enough were sent; `GATE_NOT_OFFERED`
   *   where the secret asks for none.
   */
  async send(
    id: string,
    credentials: Credentials,
    visit: Visit,
    language: MessageLanguage,
  ): Promise<CodeReply> {
    const { gates, now, onQueued } = this.#options;
    const shown = shownBy(credentials);
    const found = await this.#store.status(checkedId(id), shown, now());
    if (found.outcome !== 'found') throw errorOf(found);
    const recipient = found.gates?.code;
    const time = now();
    const digits = String(randomInt(10 ** CODE_LENGTH)).padStart(CODE_LENGTH, '0');
    const { by, to } = recipient ?? { by: 'email', to: '' };
    const outcome = await this.#store.sendCode(
      id,
      shown,
      await gates.visitor(id, visit),
      {
        mac: gates.macOf(id, digits),
        message: { id: randomUUID(), by, to, digits, language, endsAt: time + CODE_MS },
        quota: {
          counter: gates.counterOf({ by, to }),
          limit: HOURLY,
          endsAt: periodEnd(time, HOUR_MS),
        },
      },
      time,
    );
    if (isGateRefusal(outcome)) throw gateError(outcome);
    if (outcome.outcome === 'queued') {
      onQueued();
      return { sent_to: masked({ by, to }), retry_after: RESEND_MS / 1000 };
    }
    if (outcome.outcome === 'no such gate') {
      throw new ServiceError('GATE_NOT_OFFERED', 'the secret asks for no code');
    }
    if (outcome.outcome === 'too many codes') throw tooMany(outcome.waitMs ?? found.expiresAt - time);
    throw errorOf(outcome);
  }
}

function tooMany(waitMs: number): ServiceError {
  return new ServiceError('RATE_LIMIT_EXCEEDED', 'a code was sent, or enough of them', {
    waitMs: Math.max(waitMs, 1_000),
  });
}
