/** The server's log on stderr: lines in their order, in few writes; a slow reader of the log never slows the server. */

import type { Output } from '../../terminal/terminal.js';

/** Characters that may wait for a slow reader of the log. */
const LONGEST_QUEUE = 1 << 20;

/**
 * Makes a function that writes lines in their order. Lines that come during a write wait and go out together with the
 * next one. When too much waits, lines are dropped, and their number is logged as soon as there is room.
 */
export function logWriter(output: Output): (line: string) => void {
  let waiting = '';
  let dropped = 0;
  let writing = false;

  const drain = async () => {
    writing = true;
    while (waiting !== '') {
      const lines = waiting;
      waiting = '';
      // A stderr that was closed must not stop the server.
      await output.write(lines).catch(() => undefined);
      if (dropped > 0) {
        waiting += `${JSON.stringify({ level: 'warn', event: 'log-lines-dropped', count: dropped })}\n`;
        dropped = 0;
      }
    }
    writing = false;
  };

  return (line) => {
    if (waiting.length > LONGEST_QUEUE) {
      dropped += 1;
      return;
    }
    waiting += `${line}\n`;
    if (!writing) void drain();
  };
}
