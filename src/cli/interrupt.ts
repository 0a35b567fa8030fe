/**
 * Ctrl-C and its relatives where something must be cleaned up. Elsewhere the system's own way is best: it ends
 * the program at once, whatever it waits for.
 */

import { interrupted } from './exit.js';
import type { Terminal } from './terminal.js';

export interface InterruptGuard {
  /** Fires on an interrupt, with the error that ends the program with 130. */
  readonly signal: AbortSignal;
  /** Hands interrupts back to the system. */
  stop(): void;
}

/** Turns interrupts into an abort until it is stopped. */
export function guardInterrupts(terminal: Terminal): InterruptGuard {
  const controller = new AbortController();
  const stop = terminal.onInterrupt(() => controller.abort(interrupted()));
  return { signal: controller.signal, stop };
}
