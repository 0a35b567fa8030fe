/** Why something failed, in the words of a person: for the part behind the colon of a message. */

import { isSystemError } from '../../core/errors.js';

/**
 * Why the system did not do something with a file.
 * @param cause the error of a call of node:fs. An error of another kind says for itself what happened.
 * @param missing what to say when the path leads nowhere; by default, that there is no such file.
 */
export function systemReason(cause: unknown, missing = 'there is no such file'): string {
  if (isSystemError(cause, 'ENOENT')) return missing;
  if (isSystemError(cause, 'EISDIR')) return 'it is a directory';
  if (isSystemError(cause, 'ENOTDIR', 'EEXIST')) return 'a part of the path is not a directory';
  if (isSystemError(cause, 'EACCES', 'EPERM', 'EROFS')) return 'permission denied';
  if (isSystemError(cause, 'ENAMETOOLONG')) return 'the name is too long';
  if (isSystemError(cause, 'EPIPE')) return 'its reader went away before it had all of it';
  if (isSystemError(cause, 'ENOSPC', 'EDQUOT')) return 'the disk is full';
  return messageOf(cause);
}

/**
 * The message of an error.
 * @returns `unknown reason` for a thrown value that is no error.
 */
export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : 'unknown reason';
}
