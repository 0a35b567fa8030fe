/** What Node's permission model (`--permission`) does not allow, in words that say which flag of Node would. */

import { errorCode } from '../../core/errors.js';
import { CliError } from './cli-error.js';
import { EXIT } from './codes.js';

/** By the name that Node gives a permission: what zephr wants it for, and the flag that allows it. */
const PERMISSIONS: Readonly<Record<string, readonly [what: string, flag: string]>> = {
  ChildProcess: ['start a program', '--allow-child-process'],
  FileSystemRead: ['read a file', '--allow-fs-read'],
  FileSystemWrite: ['write a file', '--allow-fs-write'],
  Net: ['use the network', '--allow-net'],
  WorkerThreads: ['start a thread', '--allow-worker'],
};

/** The error for what Node does not permit: exit 2, because the way to start zephr has to be changed. */
export function notPermitted(permission: string, cause?: unknown): CliError {
  const [what, flag] = PERMISSIONS[permission] ?? ['do this', '--allow-…'];
  return new CliError(EXIT.usage, 'NOT_PERMITTED', `Node's permission model does not let zephr ${what}`, {
    advice: `start node with ${flag} as well, or without --permission`,
    cause,
  });
}

/** The error for a refusal of Node's that `error` came from; undefined when it came from something else. */
export function refusalBehind(error: unknown): CliError | undefined {
  if (!(error instanceof Error)) return undefined;
  if (errorCode(error) !== 'ERR_ACCESS_DENIED') return refusalBehind(error.cause);
  // Of a connection Node does not say which permission it lacks.
  const permission = 'permission' in error ? String(error.permission) : 'Net';
  return notPermitted(permission, error);
}
