/** The {@link Log} of a running server, by pino. */

import { pino } from 'pino';
import type { Log } from './log.js';

/**
 * A log that hands each line, without its newline, to `write`. It is written by pino, in this thread: whoever takes
 * the lines sees to it that a slow reader does not hold the server up.
 * @param now milliseconds since 1970.
 */
export function createLog(write: (line: string) => void, now: () => number): Log {
  const logger = pino(
    {
      // Process and host are known to whoever collects the lines of many.
      base: null,
      timestamp: () => `,"time":"${new Date(now()).toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
    },
    { write: (line) => write(line.slice(0, -1)) },
  );
  return {
    info: (event, fields) => logger.info({ event, ...fields }),
    error: (event, fields) => logger.error({ event, ...fields }),
  };
}
