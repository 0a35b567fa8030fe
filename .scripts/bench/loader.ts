/** The process that loads servers: see `load.ts`. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Contender } from './contenders.js';
import type { Load, Loaded } from './load.js';

export class Loader {
  readonly #process: ChildProcess = fork(fileURLToPath(new URL('load.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
  });

  readonly #ended = once(this.#process, 'exit').then(() => undefined);

  /** Loads a server for so long, and tells how it did. */
  async load(
    { url, process: { pid } }: Contender,
    work: Pick<Load, 'connections' | 'seconds'> & { readonly claim?: boolean },
  ): Promise<Loaded> {
    this.#process.send({ claim: true, ...work, url, pid: pid ?? 0 } satisfies Load);
    const answered = once(this.#process, 'message') as Promise<[Loaded]>;
    const answer = await Promise.race([answered, this.#ended]);
    if (answer === undefined) throw new Error('the load has failed');
    return answer[0];
  }

  stop(): void {
    this.#process.kill();
  }
}
