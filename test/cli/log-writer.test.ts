/** The log on stderr: lines in order, in few writes, none of which may slow the server; and as a person reads it. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { logWriter } from '../../src/cli/commands/serve/log-writer.js';
import { readableLine } from '../../src/cli/commands/serve/readable-log.js';
import type { Output } from '../../src/cli/terminal/terminal.js';

/** A reader that takes each write when it is told to. */
function slowReader(): {
  output: Output;
  writes: string[];
  last: string[];
  take(): Promise<void>;
  fail(): Promise<void>;
} {
  const writes: string[] = [];
  const last: string[] = [];
  let settle: { resolve(): void; reject(error: Error): void } | undefined;
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    writes,
    last,
    output: {
      isTerminal: false,
      wasClosed: false,
      write: (data) =>
        new Promise((resolve, reject) => {
          writes.push(String(data));
          settle = { resolve, reject };
        }),
      writeNow: (data) => void last.push(data),
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

/** Lines of so many characters, newline included. */
const line = (length: number) => 'x'.repeat(length - 1);

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

describe('the log', () => {
  it('goes out in order, in a write every 100 ms', () => {
    const { output, writes } = slowReader();
    const log = logWriter(output);
    log.write('a');
    log.write('b');
    vi.advanceTimersByTime(99);
    expect(writes).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(writes).toEqual(['a\nb\n']);
  });

  it('goes out as soon as there are 16 KB of it', () => {
    const { output, writes } = slowReader();
    const log = logWriter(output);
    for (let count = 1; count < 16; count += 1) log.write(line(1024));
    expect(writes).toEqual([]);
    log.write(line(1024));
    expect(writes.join('')).toHaveLength(16 * 1024);
  });

  it('goes out in one write, what came during the write before', async () => {
    const { output, writes, take } = slowReader();
    const log = logWriter(output);
    log.write('a');
    vi.advanceTimersByTime(100);
    log.write('b');
    vi.advanceTimersByTime(100);
    log.write('c');
    expect(writes).toEqual(['a\n']);
    await take();
    expect(writes).toEqual(['a\n', 'b\nc\n']);
    await take();
    log.write('d');
    vi.advanceTimersByTime(100);
    expect(writes).toEqual(['a\n', 'b\nc\n', 'd\n']);
  });

  it('is flushed when all of it is written', async () => {
    const { output, writes, take } = slowReader();
    const log = logWriter(output);
    await log.flush();
    log.write('a');
    let flushed = false;
    const done = log.flush().then(() => {
      flushed = true;
    });
    log.write('b');
    await take();
    expect([writes, flushed]).toEqual([['a\n', 'b\n'], false]);
    await take();
    await done;
    await log.flush();
    expect(writes).toEqual(['a\n', 'b\n']);
  });

  it('goes out at once where the process ends', () => {
    const { output, writes, last } = slowReader();
    const log = logWriter(output);
    log.write('a');
    log.flushNow();
    log.flushNow();
    vi.advanceTimersByTime(100);
    expect([last, writes]).toEqual([['a\n'], []]);
  });

  it('drops lines when nobody reads, and says how many', async () => {
    const { output, writes, take } = slowReader();
    const log = logWriter(output);
    for (let count = 0; count < 5000; count++) log.write(line(1000));
    await take();
    await take();
    const kept = writes.join('').split(line(1000)).length - 1;
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
    log.write('a');
    void log.flush();
    await fail();
    log.write('b');
    void log.flush();
    expect(writes).toEqual(['a\n', 'b\n']);
  });
});

describe('a line of the log for a person', () => {
  const time = new Date(2030, 0, 1, 14, 3, 7).toISOString();
  const lineOf = (fields: object) => readableLine(JSON.stringify({ level: 'info', time, ...fields }));

  it('has the time here, the event and what else there is', () => {
    expect(lineOf({ event: 'request', method: 'GET', status: 200, ms: 1.5 })).toBe(
      '14:03:07 request  method=GET status=200 ms=1.5',
    );
    expect(lineOf({ event: 'closed' })).toBe('14:03:07 closed');
  });

  it('says that something is wrong, and what', () => {
    expect(lineOf({ level: 'error', event: 'certificate kept', message: 'it expired', at: ['x'] })).toBe(
      '14:03:07 error: certificate kept: it expired  at=["x"]',
    );
  });

  it('moves no cursor', () => {
    expect(lineOf({ event: 'failure', message: 'a\u001b[2Jb' })).toBe('14:03:07 failure: a\\u{1b}[2Jb');
  });
});
