/** The {@link Log} of a running server, by pino. */

import { pino } from 'pino';
import type { Log } from './log.js';

/**
 * A log that passes each line, without its newline, to `write`. It does so in this thread and at once: `write` must
 * not block when the log is read slowly.
 * @param now milliseconds since 1970.
 * @param level the least that is logged.
 */
export function createLog(
  write: (line: string) => void,
  now: () => number,
  level: 'info' | 'error' = 'info',
): Log {
  const logger = pino(
    {
      level,
      // No process or host: what collects the logs of several machines adds those itself.
      base: null,
      timestamp: () => `,"time":"${new Date(now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => write(line.slice(0, -1)) },
  );
  return {
    info: (event, fields) => logger.info({ event, ...fields }),
    warn: (event, fields) => logger.warn({ event, ...fields }),
    error: (event, fields) => logger.error({ event, ...fields }),
  };
}
