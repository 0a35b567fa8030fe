/** Signals between a shell and the command that zephr runs for it: both shall behave as if zephr were not there. */

import type { RunningCommand } from '../../../../broker/running/command.js';
import type { Terminal } from '../../../terminal/terminal.js';

/** What a terminal's keys, its size and its end send to all of the group in the foreground: the command has it already. */
const FROM_TERMINAL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGTSTP', 'SIGWINCH'];

/**
 * Passes every signal on to the command at once. When something stops the command, this process stops too, so that a
 * shell sees it; what lets it go on lets the command go on.
 * @param running the command, once it was started.
 * @returns a function that ends this.
 */
export function passSignalsOn(terminal: Terminal, running: () => RunningCommand | undefined): () => void {
  return terminal.onSignals((signal) => {
    const command = running();
    if (signal === 'SIGCHLD') {
      if (command?.isStopped()) terminal.kill(terminal.pid, 'SIGSTOP');
      return;
    }
    // A write to a stream that nobody reads is noticed where it is written.
    if (signal === 'SIGPIPE') return;
    const hasIt = FROM_TERMINAL.includes(signal) && !command?.ownSession && terminal.isInForeground();
    if (!hasIt) command?.signal(signal);
  });
}
