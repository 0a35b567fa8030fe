/** `npm run completions`: writes completions/ from the command tree. */

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bashScript } from './completions/bash.js';
import { fishScript } from './completions/fish.js';
import { commandTree, modelOf, optionsEverywhere } from './completions/model.js';
import { zshScript } from './completions/zsh.js';

/** The files of completions/ by name. */
export function completionFiles(): Record<string, string> {
  const tree = commandTree();
  const program = modelOf(tree);
  const everywhere = optionsEverywhere(tree);
  return {
    _zephr: zshScript(program, everywhere),
    'zephr.bash': bashScript(program, everywhere),
    'zephr.fish': fishScript(program, everywhere),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, text] of Object.entries(completionFiles())) {
    writeFileSync(new URL(`../completions/${name}`, import.meta.url), text);
  }
}
