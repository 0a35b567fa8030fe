/** What a log may tell of an error: nothing that somebody's input could have shaped. */

import { ZephrError } from '../core/errors.js';
import type { LogFields } from './log.js';

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
