/** Uses that wait for a person to allow them, for five minutes at most. */

import { formatSlot } from '../../vault/request-slots.js';
import { PolicyError } from '../broker-error.js';
import type { OutgoingRequest } from '../requests/injection.js';
import type { SecretUse } from '../requests/send.js';

/** A use that waits, as a person is shown it. */
export interface WaitingUse {
  readonly id: number;
  readonly agent: string | null;
  readonly method: string;
  /** Host and path, without the query. */
  readonly target: string;
  /** Such as `API_KEY as bearer`. */
  readonly secrets: readonly string[];
}

/** How long a use waits, in milliseconds (cli/CLI.md). */
const WAITING_MS = 300_000;

export class Approvals {
  readonly #waiting = new Map<
    number,
    { readonly use: WaitingUse; readonly decide: (isAllowed: boolean) => void }
  >();
  readonly #waitingMs: number;
  #last = 0;

  constructor(waitingMs = WAITING_MS) {
    this.#waitingMs = waitingMs;
  }

  /** Those that wait, the oldest first. */
  get waiting(): readonly WaitingUse[] {
    return [...this.#waiting.values()].map(({ use }) => use);
  }

  /**
   * Waits until a person has allowed the use, where one of its secrets asks for that.
   * @throws PolicyError `NOT_APPROVED` or `APPROVAL_TIMED_OUT`; the signal's reason when the client has gone.
   */
  async ask(
    { method, url }: OutgoingRequest,
    uses: readonly SecretUse[],
    agent: string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const asked = uses.filter(({ policy }) => policy.approve === true);
    if (asked.length === 0) return;
    signal.throwIfAborted();
    this.#last += 1;
    const use: WaitingUse = {
      id: this.#last,
      agent: agent ?? null,
      method,
      target: url.host + url.pathname,
      secrets: asked.map(({ name, slot }) => `${name} as ${formatSlot(slot)}`),
    };
    let timer: NodeJS.Timeout | undefined;
    let leave: () => void = () => undefined;
    try {
      const isAllowed = await new Promise<boolean>((resolve, reject) => {
        leave = () => reject(signal.reason);
        signal.addEventListener('abort', leave);
        timer = setTimeout(() => reject(timedOut(asked)), this.#waitingMs);
        this.#waiting.set(use.id, { use, decide: resolve });
      });
      if (!isAllowed)
        throw new PolicyError(`a person did not allow the use of ${namesOf(asked)}`, 'NOT_APPROVED', null);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
      this.#waiting.delete(use.id);
    }
  }

  /** What a person says. @returns whether the use still waited. */
  decide(id: number, isAllowed: boolean): boolean {
    const waiting = this.#waiting.get(id);
    waiting?.decide(isAllowed);
    return waiting !== undefined;
  }
}

function timedOut(asked: readonly SecretUse[]): PolicyError {
  return new PolicyError(`nobody allowed the use of ${namesOf(asked)} in time`, 'APPROVAL_TIMED_OUT', null);
}

function namesOf(asked: readonly SecretUse[]): string {
  return asked.map(({ name }) => name).join(', ');
}
