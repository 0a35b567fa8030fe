/** What a command has started and left behind may go on writing: another process goes on masking it, and zephr ends. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { MaskerPosition, NamedSecret } from '../../../../broker/masking/masker.js';
import type { Pipe } from '../../../../broker/running/streams.js';
import type { Terminal } from '../../../terminal/terminal.js';

declare const __ZEPHR_MASKING_REST__: string | undefined;

/** The program of that process, beside the bundle; run from source, that of the last build. */
const PROGRAM =
  typeof __ZEPHR_MASKING_REST__ === 'string'
    ? join(__dirname, __ZEPHR_MASKING_REST__)
    : new URL('../../../../../dist/cli/masking-rest.cjs', import.meta.url).pathname;

/** A stream that was left, and that others can still write to. */
export interface LeftStream {
  readonly position: MaskerPosition;
  readonly pipe: Pipe;
  /** Where it goes. */
  readonly descriptor: 1 | 2;
}

/** What the process is told, on its stdin: secrets are no arguments. */
export interface MaskingOrder {
  readonly secrets: readonly { readonly name: string; readonly value: readonly number[] }[];
  /** From a descriptor of the process to another one. */
  readonly streams: readonly {
    readonly from: number;
    readonly to: number;
    readonly position: MaskerPosition;
  }[];
}

/** Hands streams over. */
export async function maskWithoutUs(
  secrets: readonly NamedSecret[],
  left: readonly LeftStream[],
  { nodePath }: Terminal,
): Promise<void> {
  const order: MaskingOrder = {
    secrets: secrets.map(({ name, value }) => ({ name, value: Array.from(value) })),
    streams: left.map(({ position, descriptor }, index) => ({ from: index + 3, to: descriptor, position })),
  };
  const child = spawn(nodePath, [PROGRAM], {
    detached: true,
    env: {},
    stdio: ['pipe', 1, 2, ...left.map(({ pipe }) => pipe.rest)],
  });
  const { stdin } = child;
  if (stdin === null) throw new Error('the process has no stdin');
  stdin.end(JSON.stringify(order));
  await Promise.race([once(stdin, 'finish'), once(stdin, 'error'), once(child, 'error')]);
  child.unref();
}
