/** `zephr completion`: the completion scripts of completions/, put in by the bundler. */

import { readFileSync } from 'node:fs';
import { usageError } from '../../exit/exit.js';
import { suggest } from '../../parser/suggest.js';
import type { Terminal } from '../../terminal/terminal.js';

/** The scripts by file name, as JSON; there is none when run from source. */
declare const __ZEPHR_COMPLETIONS__: string | undefined;

/** The shells, and the files of completions/ that make them complete zephr. */
const FILES: Readonly<Record<string, string>> = { bash: 'zephr.bash', zsh: '_zephr', fish: 'zephr.fish' };

/**
 * Prints the script for a shell.
 * @throws CliError exit 2 for another shell.
 */
export async function completion(shell: string | undefined, { stdout }: Terminal): Promise<void> {
  const file = Object.entries(FILES).find(([name]) => name === shell)?.[1];
  if (file !== undefined) return stdout.write(readScript(file));
  const near = suggest(shell ?? '', Object.keys(FILES));
  const advice = near === undefined ? 'the shells are bash, zsh and fish' : `did you mean ${near}?`;
  throw usageError('there is no completion for that shell', advice);
}

function readScript(file: string): string {
  return typeof __ZEPHR_COMPLETIONS__ === 'string'
    ? String((JSON.parse(__ZEPHR_COMPLETIONS__) as Record<string, unknown>)[file])
    : readFileSync(new URL(`../../../completions/${file}`, import.meta.url), 'utf8');
}
