/** Uses that wait for a person to allow them, for five minutes at most. */

import { formatSlot } from '../../vault/request-slots.js';
import { PolicyError } from '../broker-error.js';
import type { OutgoingRequest } from '../requests/injection.js';
import type { SecretUse } from '../requests/send.js';

/** A use, as a person is shown it. */
export interface WantedUse {
  readonly agent: string | null;
  readonly method: string;
  /** Host and path, without the query. */
  readonly target: string;
  /** Such as `API_KEY as bearer`. */
  readonly secrets: readonly string[];
}

/** A use that waits. */
export interface WaitingUse extends WantedUse {
  readonly id: number;
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
    request: OutgoingRequest,
    uses: readonly SecretUse[],
    agent: string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const wanted = wantedOf(request, uses, agent);
    if (wanted === null) return;
    const isAllowed = await this.wait(wanted, signal);
    if (isAllowed === true) return;
    const what = `the use of ${wanted.secrets.join(', ')}`;
    throw isAllowed === null
      ? new PolicyError(`nobody allowed ${what} in time`, 'APPROVAL_TIMED_OUT', null)
      : new PolicyError(`a person did not allow ${what}`, 'NOT_APPROVED', null);
  }

  /**
   * Waits for what a person says of a use.
   * @returns null when nobody has said anything in time.
   * @throws the signal's reason when who asked has gone.
   */
  async wait(wanted: WantedUse, signal: AbortSignal): Promise<boolean | null> {
    signal.throwIfAborted();
    this.#last += 1;
    const use: WaitingUse = { id: this.#last, ...wanted };
    let timer: NodeJS.Timeout | undefined;
    let leave: () => void = () => undefined;
    try {
      return await new Promise<boolean | null>((resolve, reject) => {
        leave = () => reject(signal.reason);
        signal.addEventListener('abort', leave);
        timer = setTimeout(() => resolve(null), this.#waitingMs);
        this.#waiting.set(use.id, { use, decide: resolve });
      });
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

/**
 * What a person is asked for.
 * @param agent who says to be asking.
 * @returns null where no secret takes a person's word.
 */
export function wantedOf(
  { method, url }: OutgoingRequest,
  uses: readonly SecretUse[],
  agent: string | undefined,
): WantedUse | null {
  const asked = uses.filter(({ policy }) => policy.approve === true);
  if (asked.length === 0) return null;
  return {
    agent: agent ?? null,
    method,
    target: url.host + url.pathname,
    secrets: asked.map(({ name, slot }) => `${name} as ${formatSlot(slot)}`),
  };
}
