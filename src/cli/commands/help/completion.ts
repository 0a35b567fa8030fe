/** `zephr completion`: the completion scripts of completions/, put in by the bundler. */

import { readFileSync } from 'node:fs';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import type { Context } from '../../parser/command.js';
import type { CommonFlags } from '../../settings/settings.js';

export type Shell = 'bash' | 'zsh' | 'fish';

export type CompletionContext = Context<CommonFlags, { readonly shell: Shell }>;

/** The scripts by file name, as JSON; there is none when run from source. */
declare const __ZEPHR_COMPLETIONS__: string | undefined;

/** The shells, and the files of completions/ that make them complete zephr. */
const FILES: Readonly<Record<Shell, string>> = { bash: 'zephr.bash', zsh: '_zephr', fish: 'zephr.fish' };

/** Prints the script for a shell. */
export async function completion({ args, terminal }: CompletionContext): Promise<ExitCode> {
  await terminal.stdout.write(readScript(FILES[args.shell]));
  return EXIT.done;
}

function readScript(file: string): string {
  return typeof __ZEPHR_COMPLETIONS__ === 'string'
    ? String((JSON.parse(__ZEPHR_COMPLETIONS__) as Record<string, unknown>)[file])
    : readFileSync(new URL(`../../../../completions/${file}`, import.meta.url), 'utf8');
}
