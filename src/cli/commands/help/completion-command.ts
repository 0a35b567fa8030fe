/** What `zephr completion` is and takes. */

import { Argument } from 'commander';
import { usageError } from '../../exit/cli-error.js';
import type { CliCommand } from '../../parser/command.js';
import { oneOf } from '../../parser/option.js';
import type { CompletionContext, Shell } from './completion.js';

const SHELLS: readonly Shell[] = ['bash', 'zsh', 'fish'];

/** Adds the command. */
export function addCompletion(program: CliCommand): void {
  program.command('completion').summary('print the completion script of a shell').declares(declare);
}

function declare(command: CliCommand): void {
  command
    .description(
      'Prints the script that makes bash, zsh or fish complete the words of zephr. In fish it belongs in a file: ' +
        'where there is none, fish adds what it guesses from the man page.',
    )
    .addArgument(
      oneOf(new Argument('<shell>', 'bash, zsh or fish'), SHELLS, (near) =>
        usageError(
          'there is no completion for that shell',
          near === undefined ? 'the shells are bash, zsh and fish' : `did you mean ${near}?`,
        ),
      ),
    )
    .example('eval "$(zephr completion bash)"', 'in ~/.bashrc')
    .example('eval "$(zephr completion zsh)"', 'in ~/.zshrc, after compinit')
    .example('zephr completion fish > zephr.fish', 'in ~/.config/fish/completions/')
    .runs(async (context: CompletionContext) => {
      const { completion } = await import('./completion.js');
      return completion(context);
    });
}
