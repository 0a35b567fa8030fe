/** What real shells offer when Tab is pressed. */

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Session } from './session.js';

export type Shell = 'bash' | 'zsh' | 'fish';

/** Whether the shell is there to be asked. */
export function isInstalled(shell: Shell): boolean {
  return spawnSync(shell, ['--version']).status === 0;
}

/**
 * Has a shell complete each of some lines at its end.
 * @returns the candidates by line, sorted; of `--option=value` the value.
 */
export async function complete(
  shell: Shell,
  lines: readonly string[],
  { sh, folder }: Session,
): Promise<Record<string, string[]>> {
  await sh(`zephr completion ${shell} > completion`);
  writeFileSync(join(folder, 'driver'), DRIVERS[shell](lines));
  const { stdout, stderr } = await sh(RUN[shell]);
  if (stderr !== '') throw new Error(stderr);
  const [, ...answers] = stdout.split(/^# /m);
  return Object.fromEntries(
    answers.map((answer) => {
      const [line = '', ...candidates] = answer.replace(/\n$/, '').split('\n');
      const plain = candidates.map((one) => one.replace(/^--[a-z-]+=|\t.*/g, '').trim());
      return [line, plain.filter((one) => one !== '').sort()];
    }),
  );
}

const RUN: Readonly<Record<Shell, string>> = {
  bash: 'bash --norc driver',
  zsh: 'zsh -f driver && cat candidates',
  fish: 'fish --no-config driver',
};

const DRIVERS: Readonly<Record<Shell, (lines: readonly string[]) => string>> = {
  /** What readline does before it calls the function: words end at blanks, and `=` and `:` are words. */
  bash: (lines) => `
    source ./completion
    ${lines
      .map((line) => {
        const words: string[] = line.match(/[=:]+|[^\s=:]+/g) ?? [];
        if (line.endsWith(' ')) words.push('');
        return `COMP_WORDS=(${words.map(quoted).join(' ')}) COMP_CWORD=${words.length - 1}
          _zephr
          echo ${quoted(`# ${line}`)}
          printf '%s\\n' "\${COMPREPLY[@]}"`;
      })
      .join('\n')}`,

  /**
   * A line editor on a pseudo-terminal; a completion widget that takes down what there is to choose from. The editor
   * shows its prompt once it has the terminal in hand: what is typed before that, ^U erases.
   */
  zsh: (lines) => `
    cat > setup <<'END'
      PS1='READY'
      autoload -Uz compinit && compinit -D -u
      source ./completion
      compadd() {
        if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return; fi
        local -a found
        builtin compadd -A found "$@"
        candidates+=("\${found[@]}")
        builtin compadd "$@"
      }
      take-down() {
        candidates=()
        _main_complete
        print -rl -- "# $BUFFER" "\${candidates[@]}" >> candidates
        compstate[insert]= compstate[list]=
      }
      zle -C take-down complete-word take-down
      bindkey '^I' take-down
      bindkey '^U' kill-whole-line
END
    zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell 'source ./setup'
    zpty -r shell screen '*READY*'
    for line in ${lines.map(quoted).join(' ')}; do
      zpty -w -n shell "$line"$'\\t\\x15'
    done
    zpty -w shell exit
    while zpty -r shell screen; do :; done`,

  fish: (lines) => `
    source ./completion
    for line in ${lines.map(quoted).join(' ')}
      echo "# $line"
      complete --do-complete $line
    end`,
};

function quoted(text: string): string {
  return `'${text}'`;
}
