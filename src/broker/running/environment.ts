/** The environment of a command that is started with secrets. */

import { decodeUtf8 } from '../../core/bytes.js';
import { ValidationError } from '../../core/errors.js';

/** A variable and its value. */
export interface SecretVariable {
  readonly variable: string;
  /** What the secret is called. */
  readonly name: string;
  readonly value: Uint8Array;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What unlocks a vault: no command has any business with it. */
const UNLOCKING: readonly string[] = ['ZEPHR_VAULT_KEY_FILE'];

/** What a command needs to find its way, where nothing else is passed on. */
const ESSENTIAL =
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|PWD|TERM|COLORTERM|TZ|TMPDIR|LANG|LANGUAGE|LC_[A-Z]+|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|TEMP|TMP|USERPROFILE|APPDATA|LOCALAPPDATA)$/;

/**
 * The environment with the secrets, and without what unlocks the vault.
 * @param isClean whether nothing is passed on but what a command needs to find its way.
 * @param without further variables that are not passed on.
 * @throws ValidationError `INVALID_VARIABLE` for a value that no variable can hold.
 */
export function environmentWith(
  secrets: readonly SecretVariable[],
  env: Environment,
  { isClean, without = [] }: { readonly isClean: boolean; readonly without?: readonly string[] },
): Record<string, string> {
  const left = new Set([...UNLOCKING, ...without]);
  const passed = Object.entries(env).filter(
    ([name]) => !left.has(name) && (!isClean || ESSENTIAL.test(name)),
  );
  const result: Record<string, string> = {};
  for (const [name, value] of passed) if (value !== undefined) result[name] = value;
  for (const secret of secrets) result[secret.variable] = textOf(secret);
  return result;
}

function textOf({ name, value }: SecretVariable): string {
  let text: string | null = null;
  try {
    text = decodeUtf8(value);
  } catch {
    // Node can give a program no other bytes than those of a text.
  }
  if (text !== null && !text.includes('\0')) return text;
  throw new ValidationError(`${name} is binary, and no variable can hold it`, 'INVALID_VARIABLE');
}
