/** The server's log on stderr: line after line, in few writes, and never at the cost of the server. */

import type { Output } from '../../terminal/terminal.js';

/** Characters that may wait for a reader who is slower than the log. */
const LONGEST_QUEUE = 1 << 20;

/**
 * Writes lines in their order. What comes while a write is under way waits and goes out with the next; when too
 * much waits, lines are dropped, and their number is logged as soon as there is room.
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
      // A log nobody reads any more must not stop the server.
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
