/** The log on stderr: lines in order, and none of them may slow the server. */

import { describe, expect, it } from 'vitest';
import { logWriter } from '../../src/cli/commands/serve/log-writer.js';
import type { Output } from '../../src/cli/terminal/terminal.js';

/** A reader that takes each write when it is told to. */
function slowReader(): { output: Output; writes: string[]; take(): Promise<void>; fail(): Promise<void> } {
  const writes: string[] = [];
  let settle: { resolve(): void; reject(error: Error): void } | undefined;
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    writes,
    output: {
      isTerminal: false,
      write: (data) =>
        new Promise((resolve, reject) => {
          writes.push(String(data));
          settle = { resolve, reject };
        }),
      flush: async () => undefined,
    },
    async take() {
      settle?.resolve();
      await turn();
    },
    async fail() {
      settle?.reject(new Error('EPIPE'));
      await turn();
    },
  };
}

describe('the log', () => {
  it('goes out in order, what waited in one write', async () => {
    const { output, writes, take } = slowReader();
    const log = logWriter(output);
    for (const line of ['a', 'b', 'c']) log(line);
    expect(writes).toEqual(['a\n']);
    await take();
    expect(writes).toEqual(['a\n', 'b\nc\n']);
    await take();
    log('d');
    expect(writes).toEqual(['a\n', 'b\nc\n', 'd\n']);
  });

  it('drops lines when nobody reads, and says how many', async () => {
    const { output, writes, take } = slowReader();
    const log = logWriter(output);
    const line = 'x'.repeat(1000);
    for (let count = 0; count < 5000; count++) log(line);
    await take();
    const kept = writes.join('').split(line).length - 1;
    expect(kept).toBeLessThan(1200);
    expect(JSON.parse(writes.join('').trim().split('\n').at(-1) ?? '')).toEqual({
      level: 'warn',
      event: 'log-lines-dropped',
      count: 5000 - kept,
    });
  });

  it('goes on after a reader that has gone', async () => {
    const { output, writes, fail } = slowReader();
    const log = logWriter(output);
    log('a');
    await fail();
    log('b');
    expect(writes).toEqual(['a\n', 'b\n']);
  });
});
