/**
 * The log: one JSON object a line. It never holds an id, key, link, query, full address, or an error message that
 * could quote a client.
 */

import { ZephrError } from '../../core/errors.js';
import { networkOf } from '../../net/networks.js';

/** What a line has besides its time, level and event. */
export type LogFields = Readonly<Record<string, string | number | boolean | object | undefined>>;

/** Where the server logs. An event is a fixed phrase of a few words. */
export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/**
 * Logs an event that can happen too often for a line each time: the first at once, then at most one line a period,
 * with how often it happened since the line before.
 * @returns a function to call each time it happens.
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

/** What a log may hold of an address: its IPv4 /24 or IPv6 /48, or `unknown`. */
export function loggedAddress(address: string): string {
  return networkOf(address, 24, 48) ?? 'unknown';
}

/** What a log may hold of an error: names, codes and places in the code; messages only of our own errors. */
export function describeError(error: unknown): LogFields {
  if (!(error instanceof Error)) return { name: typeof error };
  const { code, errcode, rawCode } = error as { code?: unknown; errcode?: unknown; rawCode?: unknown };
  return {
    name: error.name,
    code: printable(code),
    sqlite: printable(errcode ?? rawCode),
    message: error instanceof ZephrError ? error.message : undefined,
    at: error.stack?.match(/^ {4}at .*$/gm)?.map((frame) => frame.trim()),
    cause: error.cause === undefined ? undefined : describeError(error.cause),
  };
}

function printable(code: unknown): string | number | undefined {
  return typeof code === 'string' || typeof code === 'number' ? code : undefined;
}
