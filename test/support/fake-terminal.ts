/** A terminal in memory: `main` runs on it as it runs on a real one, without a process. */

import type { Output, Terminal } from '../../src/cli/terminal/terminal.js';

export interface FakeTerminal extends Terminal {
  written(stream: 'stdout' | 'stderr'): Buffer;
}

export interface FakeTerminalOptions {
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with every write to stdout, before it counts as written. */
  readonly onStdout?: (data: Buffer) => void | Promise<void>;
  /** Called when stdout is flushed. */
  readonly onFlush?: () => void;
}

export function fakeTerminal({
  stdin = '',
  env = {},
  onStdout,
  onFlush,
}: FakeTerminalOptions = {}): FakeTerminal {
  const chunks = [new Uint8Array(Buffer.from(stdin))];
  const written: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
  const output = (name: 'stdout' | 'stderr'): Output => ({
    isTerminal: false,
    wasClosed: false,
    async write(data) {
      const pieces = typeof data === 'string' || data instanceof Uint8Array ? [Buffer.from(data)] : data;
      for await (const piece of pieces) {
        const bytes = Buffer.from(piece);
        if (name === 'stdout') await onStdout?.(bytes);
        written[name].push(bytes);
      }
    },
    async flush() {
      if (name === 'stdout') onFlush?.();
    },
    writeNow: (data) => void written[name].push(Buffer.from(data)),
  });
  return {
    stdin: { isTerminal: false, read: async () => chunks.shift() ?? new Uint8Array() },
    stdout: output('stdout'),
    stderr: output('stderr'),
    env,
    platform: 'linux',
    home: '/nonexistent',
    pid: process.pid,
    uid: process.getuid?.(),
    nodePath: process.execPath,
    folder: '/nonexistent',
    closeToDebuggers: () => undefined,
    isRunning: (pid) => pid === process.pid,
    hasNetwork: true,
    openScreen: async () => null,
    onInterrupt: () => () => undefined,
    onSignals: () => () => undefined,
    kill: () => undefined,
    isInForeground: () => false,
    onExit: () => undefined,
    become: undefined,
    interrupt: new AbortController().signal,
    catchInterrupts: () => () => undefined,
    endBy: () => 130,
    endAs: () => 130,
    written: (name) => Buffer.concat(written[name]),
  };
}
