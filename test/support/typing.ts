/** A person at a pseudo-terminal, which `script` (util-linux) makes: answers are typed when they are asked for. */

import { spawn, spawnSync } from 'node:child_process';
import type { Session } from './session.js';

/** Whether there is a `script` to make a pseudo-terminal. */
export const HAS_SCRIPT = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0;

/** What is typed, perhaps later, or done at the sight of the screen so far. */
export type Answer = string | ((screen: string) => unknown);

/** Runs a command, types each answer when its question has been asked, and gives all that showed and the exit code. */
export function type(
  { folder, env }: Session,
  command: string,
  dialogue: readonly (readonly [question: string, answer: Answer])[],
): Promise<{ screen: string; code: number | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn('script', ['-qefc', command, '/dev/null'], {
      cwd: folder,
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let screen = '';
    let answered = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      screen += chunk.toString();
      const next = dialogue[answered];
      if (
        next !== undefined &&
        screen.split(next[0]).length >
          dialogue.slice(0, answered).filter(([question]) => question === next[0]).length + 1
      ) {
        answered++;
        if (typeof next[1] === 'string') child.stdin.write(next[1]);
        else
          void Promise.resolve(next[1](screen)).then(
            (typed) => typeof typed === 'string' && child.stdin.write(typed),
            reject,
          );
      }
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ screen, code }));
  });
}
