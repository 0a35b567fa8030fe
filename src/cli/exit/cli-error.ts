/** Errors of the command itself: each knows its exit code and what to do about it. */

import { ZephrError } from '../../core/errors.js';
import { EXIT, type ExitCode } from './codes.js';
import type { CliErrorCode } from './error-codes.js';

/** What an error says besides its message. */
export interface WhatToDo {
  readonly advice?: string | undefined;
  /** Until when the secret that was read can be read again: ISO 8601. */
  readonly readableUntil?: string | undefined;
}

/** An error with its exit code and, where there is something to do about it, advice. */
export class CliError extends ZephrError {
  override readonly name = 'CliError';
  declare readonly code: CliErrorCode;
  readonly exit: ExitCode;
  readonly advice: string | undefined;
  readonly readableUntil: string | undefined;

  constructor(exit: ExitCode, code: CliErrorCode, message: string, options?: ErrorOptions & WhatToDo) {
    super(message, code, options);
    this.exit = exit;
    this.advice = options?.advice;
    this.readableUntil = options?.readableUntil;
  }
}

/** Wrong usage or input: exit 2. */
export function usageError(message: string, advice?: string, cause?: unknown): CliError {
  return new CliError(EXIT.usage, 'USAGE', message, { advice, cause });
}

/**
 * The error for a secret on the command line, where other users of the machine can see it.
 * @param what the kind of secret, such as `an API key`.
 */
export function secretAsArgument(what: string, advice: string): CliError {
  return usageError(`${what} is not given as an argument: arguments show in ps and in the history`, advice);
}

/**
 * An interrupt by the user or the system. Nothing is reported but its advice, where it has some: the program ends as the
 * signal would end it.
 */
export class Interrupted extends CliError {
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals, options?: WhatToDo) {
    super(EXIT.interrupted, 'INTERRUPTED', 'interrupted', options);
    this.signal = signal;
  }
}

/** Another error, with advice that fits the case better. The exit code is that of the other error. */
export class AdvisedError extends ZephrError {
  override readonly name = 'AdvisedError';
  declare readonly cause: ZephrError;
  readonly advice: string;
  readonly readableUntil: string | undefined;

  constructor(cause: ZephrError, advice: string, { readableUntil }: Pick<WhatToDo, 'readableUntil'> = {}) {
    super(cause.message, cause.code, { cause });
    this.advice = advice;
    this.readableUntil = readableUntil;
  }
}
