/**
 * The log: one JSON object a line. It never holds an id, key, link, query, full address or the text of an error
 * that somebody's input could have shaped.
 */

import { ZephrError } from '../core/errors.js';

/** What a line says besides its time, level and event. */
export type LogFields = Readonly<Record<string, string | number | boolean | object | undefined>>;

/** Where the server reports. Events are a few fixed words. */
export interface Log {
  info(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/**
 * A log that hands each line, without its newline, to `write`.
 * @param now milliseconds since 1970.
 */
export function createLog(write: (line: string) => void, now: () => number): Log {
  const line = (level: string, event: string, fields: LogFields = {}) =>
    write(JSON.stringify({ time: new Date(now()).toISOString(), level, event, ...fields }));
  return {
    info: (event, fields) => line('info', event, fields),
    error: (event, fields) => line('error', event, fields),
  };
}

/** A failure as far as a log may tell it: names, codes and places in the code; messages only of our own errors. */
export function describeFailure(error: unknown): LogFields {
  if (!(error instanceof Error)) return { name: typeof error };
  const { code, errcode, rawCode } = error as { code?: unknown; errcode?: unknown; rawCode?: unknown };
  return {
    name: error.name,
    code: printable(code),
    sqlite: printable(errcode ?? rawCode),
    message: error instanceof ZephrError ? error.message : undefined,
    at: error.stack?.match(/^ {4}at .*$/gm)?.map((frame) => frame.trim()),
    cause: error.cause === undefined ? undefined : describeFailure(error.cause),
  };
}

function printable(code: unknown): string | number | undefined {
  return typeof code === 'string' || typeof code === 'number' ? code : undefined;
}
