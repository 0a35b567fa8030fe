/**
 * The log: one JSON object a line. It never holds an id, key, link, query, full address or the text of an error
 * that somebody's input could have shaped.
 */

import { pino } from 'pino';

/** What a line says besides its time, level and event. */
export type LogFields = Readonly<Record<string, string | number | boolean | object | undefined>>;

/** Where the server reports. Events are a few fixed words. */
export interface Log {
  info(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

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

/**
 * Logs what can happen too often for a line each time: one line at once, then at most one a period, with how often it
 * happened since the line before.
 * @returns what to call each time.
 */
export function tally(log: Log, event: string, periodMs = 10_000): () => void {
  let count = 0;
  let resting = false;
  const report = () => {
    resting = count > 0;
    if (!resting) return;
    log.info(event, { count });
    count = 0;
    setTimeout(report, periodMs).unref();
  };
  return () => {
    count += 1;
    if (!resting) report();
  };
}
