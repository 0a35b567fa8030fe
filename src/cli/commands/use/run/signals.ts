/** Signals between a shell and the command that zephr runs for it: both shall behave as if zephr were not there. */

import type { RunningCommand } from '../../../../broker/running/command.js';
import type { Terminal } from '../../../terminal/terminal.js';

/** What a terminal's keys, its size and its end send to all of the group in the foreground: the command has it already. */
const FROM_TERMINAL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGTSTP', 'SIGWINCH'];

/** How long a stop waits for what the command printed before it, in milliseconds: who takes that may be stopped too. */
const LONGEST_SETTLING_MS = 100;

/**
 * Passes every signal on to the command at once. When something stops the command, this process stops too, so that a
 * shell sees it; what lets it go on lets the command go on.
 * @param running the command, once it was started.
 * @param settled resolves when what it has printed is passed on.
 * @returns a function that ends this.
 */
export function passSignalsOn(
  terminal: Terminal,
  running: () => RunningCommand | undefined,
  settled: () => Promise<unknown>,
): () => void {
  // Of one stop, the system may tell several times: once more after this process was let go on, and it would stop again.
  let isStopping = false;
  const stopBehind = async (command: RunningCommand) => {
    isStopping = true;
    const inTime = new Promise((resolve) => setTimeout(resolve, LONGEST_SETTLING_MS));
    await Promise.race([settled(), inTime]);
    if (command.isStopped()) terminal.kill(terminal.pid, 'SIGSTOP');
    else isStopping = false;
  };
  return terminal.onSignals((signal) => {
    const command = running();
    if (signal === 'SIGCHLD') {
      if (!isStopping && command?.isStopped()) void stopBehind(command);
      return;
    }
    if (signal === 'SIGCONT') isStopping = false;
    // A write to a stream that nobody reads is noticed where it is written.
    if (signal === 'SIGPIPE') return;
    const hasIt = FROM_TERMINAL.includes(signal) && !command?.ownSession && terminal.isInForeground();
    if (!hasIt) command?.signal(signal);
  });
}
