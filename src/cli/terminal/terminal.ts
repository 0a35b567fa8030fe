/**
 * The streams, the environment and the signals of a run, as one object. No other file of the command touches `process`.
 */

import { close, constants, fstatSync, open, readFileSync, readSync, statSync } from 'node:fs';
import { promisify } from 'node:util';
import { isSystemError } from '../../core/errors.js';
import { Interrupted } from '../exit/cli-error.js';
import { EXIT } from '../exit/codes.js';
import { emptyCoreDumps } from './core-dump.js';
import { type Reader, readerOf, type Waiting, type Writer, writerOf } from './descriptors.js';

const closeFile = promisify(close);
const openFile = promisify(open);

/** How long interrupted work may keep the process, in milliseconds. */
const LAST_MOMENT_MS = 100;

/** A stream of data that comes in. */
export interface Input extends Reader {
  readonly isTerminal: boolean;
}

/** A stream of data or messages that go out. */
export interface Output extends Writer {
  readonly isTerminal: boolean;
  /** Whether it was closed when the program was started, so that nothing written to it arrives anywhere. */
  readonly wasClosed: boolean;
}

/** The terminal that a person sits at, wherever the standard streams lead. */
export interface Screen {
  /** Descriptors of the terminal, opened for this purpose. */
  readonly input: number;
  readonly output: number;
  close(): Promise<void>;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Terminal {
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  /** The home directory, or null for a user who has none (a uid without an entry in passwd, in a container say). */
  readonly home: string | null;
  /** The id of this process. */
  readonly pid: number;
  /** The id of its user; undefined on Windows. */
  readonly uid: number | undefined;
  /** Where Node is, which runs this process. */
  readonly nodePath: string;
  /** The working directory. */
  readonly folder: string;
  /**
   * Keeps debuggers out from here on: nobody can open Node's inspector on this process by SIGUSR1, and a core dump of it
   * holds no memory, as far as the system allows.
   */
  closeToDebuggers(): void;
  /** Whether there is a process with this id. */
  isRunning(pid: number): boolean;
  /** False where Node's permission model keeps this process from the network. */
  readonly hasNetwork: boolean;
  /** The controlling terminal, or null where there is none (cron, CI). */
  openScreen(): Promise<Screen | null>;
  /**
   * Calls `handler` on SIGINT, SIGTERM, SIGHUP or SIGQUIT instead of ending at once.
   * @returns a function that undoes this.
   */
  onInterrupt(handler: (signal: NodeJS.Signals) => void): () => void;
  /**
   * Calls `handler` on every signal that a process can pass on, instead of what it does by itself.
   * @returns a function that undoes this, after which each ends the process as it does where nobody handles it.
   */
  onSignals(handler: (signal: NodeJS.Signals) => void): () => void;
  /** Sends a signal to a process, or, by its negative id, to a group. One that has ended takes none. */
  kill(pid: number, signal: NodeJS.Signals): void;
  /**
   * Becomes another program, in the same process. Undefined where Node cannot: before 22.15, on Windows and with its
   * permission model. A program that cannot be executed ends the process by SIGABRT.
   */
  readonly become:
    | ((path: string, args: readonly string[], env: Readonly<Record<string, string>>) => never)
    | undefined;
  /** Whether this process is in the group that the terminal's keys send signals to. */
  isInForeground(): boolean;
  /** Calls `handler` when the process ends, also by an error that nothing caught. It cannot wait for anything then. */
  onExit(handler: () => void): void;
  /** Fires with an {@link Interrupted} as its reason while interrupts are caught, and never otherwise. */
  readonly interrupt: AbortSignal;
  /**
   * Lets the first interrupt fire `interrupt`, which also ends every wait for stdin and stdout, so that the command can
   * clean up. The second one ends the process at once. From here on a core dump of the process holds no memory, as far
   * as the system allows.
   * @returns a function that hands interrupts back to the system.
   */
  catchInterrupts(): () => void;
  /**
   * Ends the process after it has cleaned up. Ctrl-C ends it with exit code 130. Any other signal ends it as it would
   * have by itself: a supervisor or a closing terminal, which send SIGTERM and SIGHUP, look for the signal in the wait
   * status (a shell shows 143 and 129). In place of SIGQUIT it is SIGTERM where a core dump would hold secrets.
   * @returns the exit code, for a process that can still set it.
   */
  endBy(signal: NodeJS.Signals): number;
  /**
   * Ends the process by a signal that ended another one, once nobody handles signals here any more.
   * @returns the exit code that shells show for it, for a process that the signal does not end.
   */
  endAs(signal: NodeJS.Signals): number;
}

const INTERRUPTS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/** The terminal of this process. */
export function processTerminal(): Terminal {
  // Made when it is needed: to print the version takes none.
  let interrupts: AbortController | undefined;
  let coresAreEmpty = false;
  const unlessInterrupted: Waiting = (work) =>
    interrupts === undefined ? work : untilInterrupted(work, interrupts.signal);
  const onInterrupt: Terminal['onInterrupt'] = (handler) => {
    for (const signal of INTERRUPTS) process.on(signal, handler);
    return () => {
      for (const signal of INTERRUPTS) process.off(signal, handler);
    };
  };
  return {
    stdin: input(0, unlessInterrupted),
    stdout: output(1, unlessInterrupted),
    // An interrupt does not end the writing of messages: there may be one about the interrupt.
    stderr: output(2, (work) => work),
    env: process.env,
    platform: process.platform,
    get home() {
      return homeFolder();
    },
    pid: process.pid,
    get uid() {
      return process.getuid?.();
    },
    nodePath: process.execPath,
    get folder() {
      return process.cwd();
    },
    closeToDebuggers() {
      coresAreEmpty ||= emptyCoreDumps(process.platform);
      // Node's own handler opens the inspector: one of ours takes its place.
      if (process.platform !== 'win32' && !process.listeners('SIGUSR1').includes(ignoreSignal))
        process.on('SIGUSR1', ignoreSignal);
    },
    isRunning,
    get hasNetwork() {
      return hasNetwork();
    },
    openScreen,
    onInterrupt,
    onSignals,
    kill: (pid, signal) => {
      try {
        process.kill(pid, signal);
      } catch (error) {
        if (!isSystemError(error, 'ESRCH')) throw error;
      }
    },
    get become() {
      return becoming();
    },
    isInForeground,
    onExit: (handler) => void process.once('exit', handler),
    get interrupt() {
      interrupts ??= new AbortController();
      return interrupts.signal;
    },
    catchInterrupts() {
      interrupts ??= new AbortController();
      coresAreEmpty ||= emptyCoreDumps(process.platform);
      const controller = interrupts;
      const stop = onInterrupt((signal) => {
        if (!controller.signal.aborted) return controller.abort(new Interrupted(signal));
        stop();
        endAtOnce(signal, coresAreEmpty);
      });
      return stop;
    },
    endBy: (signal) => endBy(signal, coresAreEmpty),
    endAs(signal) {
      endAtOnce(signal, coresAreEmpty);
      return 128 + process.getBuiltinModule('node:os').constants.signals[signal];
    },
  };
}

function ignoreSignal(): void {
  return;
}

/**
 * The home directory. Where HOME is blank it is the one of the user database, not the working directory. node:os is
 * loaded here, because to print the version takes none.
 */
function homeFolder(): string | null {
  const { homedir, userInfo } = process.getBuiltinModule('node:os');
  try {
    return homedir() || userInfo().homedir;
  } catch (error) {
    // The user database has no entry for this uid.
    if (isSystemError(error, 'ERR_SYSTEM_ERROR')) return null;
    throw error;
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // A process of another user is one, too.
    return !isSystemError(error, 'ESRCH');
  }
}

/**
 * Signals that are left alone. The first two cannot be handled. A fault of this process would be raised again and again
 * if it were; SIGPROF is for Node's profiler.
 */
const NOT_PASSED_ON: readonly string[] = [
  'SIGKILL',
  'SIGSTOP',
  'SIGSEGV',
  'SIGBUS',
  'SIGFPE',
  'SIGILL',
  'SIGPROF',
];

function onSignals(handler: (signal: NodeJS.Signals) => void): () => void {
  const { signals } = process.getBuiltinModule('node:os').constants;
  const passed = Object.keys(signals).filter((name): name is NodeJS.Signals => !NOT_PASSED_ON.includes(name));
  for (const signal of passed) process.on(signal, handler);
  return () => {
    for (const signal of passed) process.removeAllListeners(signal);
  };
}

/** Signals that Node ignores, which a program would inherit. Those that are handled are as at first for it. */
const IGNORED: readonly NodeJS.Signals[] = ['SIGPIPE', 'SIGXFSZ'];

function becoming(): Terminal['become'] {
  const { execve, platform, permission } = process as typeof process & {
    readonly execve?: (path: string, args: readonly string[], env: Readonly<Record<string, string>>) => never;
    readonly permission?: unknown;
  };
  if (execve === undefined || platform === 'win32' || permission !== undefined) return undefined;
  return (path, args, env) => {
    for (const signal of IGNORED) process.on(signal, ignoreSignal);
    return execve.call(process, path, args, env);
  };
}

/** By the fields `pgrp` and `tpgid` of proc(5); elsewhere it is taken to be so where there is a terminal. */
function isInForeground(): boolean {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1');
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return group === foreground;
  } catch {
    return process.platform !== 'win32' && process.getBuiltinModule('node:tty').isatty(0);
  }
}

/** Whether Node permits connections. Versions before 25 have no such permission, and answer that it is not given. */
function hasNetwork(): boolean {
  const { permission, allowedNodeEnvironmentFlags } = process as typeof process & {
    readonly permission?: { has(scope: string): boolean };
  };
  return !allowedNodeEnvironmentFlags.has('--allow-net') || permission?.has('net') !== false;
}

function endBy(signal: NodeJS.Signals, coresAreEmpty: boolean): number {
  if (signal !== 'SIGINT') {
    endAtOnce(signal, coresAreEmpty);
    return 128 + process.getBuiltinModule('node:os').constants.signals[signal];
  }
  // A read or an open that blocks in a thread cannot be cancelled, and Node would wait for it for ever.
  setTimeout(() => process.kill(process.pid, signal), LAST_MOMENT_MS).unref();
  return EXIT.interrupted;
}

/** Ends the process by a signal; by another one in place of SIGQUIT where that would write secrets into a core dump. */
function endAtOnce(signal: NodeJS.Signals, coresAreEmpty: boolean): void {
  const writesCore = signal === 'SIGQUIT' && !coresAreEmpty;
  process.kill(process.pid, writesCore ? 'SIGTERM' : signal);
}

function input(descriptor: number, waiting: Waiting): Input {
  return {
    get isTerminal() {
      return isTerminal(descriptor);
    },
    ...readerOf(descriptor, waiting),
  };
}

function output(descriptor: number, waiting: Waiting): Output {
  return {
    get isTerminal() {
      return isTerminal(descriptor);
    },
    get wasClosed() {
      return wasClosed(descriptor);
    },
    ...writerOf(descriptor, waiting),
  };
}

/** Whether a descriptor is a terminal. Loads node:tty, and with it sockets, only for what may be one. */
function isTerminal(descriptor: number): boolean {
  return fstatSync(descriptor).isCharacterDevice() && process.getBuiltinModule('node:tty').isatty(descriptor);
}

/**
 * Whether a descriptor was closed. In place of one that is, Node opens the null device for reading and writing, where the
 * `> /dev/null` of a shell is for writing only. On Windows it opens nothing.
 */
function wasClosed(descriptor: number): boolean {
  const found = fstatSync(descriptor);
  if (process.platform === 'win32' || !found.isCharacterDevice()) return false;
  if (found.rdev !== statSync('/dev/null').rdev) return false;
  try {
    readSync(descriptor, new Uint8Array(1));
    return true;
  } catch (error) {
    if (isSystemError(error, 'EBADF')) return false;
    throw error;
  }
}

async function openScreen(): Promise<Screen | null> {
  const [inputPath, outputPath] =
    process.platform === 'win32' ? ['\\\\.\\CONIN$', '\\\\.\\CONOUT$'] : ['/dev/tty', '/dev/tty'];
  const opened: number[] = [];
  const closeAll = async () => {
    for (const descriptor of opened.splice(0)) await closeFile(descriptor);
  };
  try {
    opened.push(await openFile(inputPath, constants.O_RDWR));
    opened.push(await openFile(outputPath, constants.O_RDWR));
  } catch {
    // No such device, or no terminal behind it: no question can be asked.
    await closeAll();
    return null;
  }
  const [input, output] = opened;
  return input === undefined || output === undefined ? null : { input, output, close: closeAll };
}

/**
 * The result of `work`, or the interrupt's error if that comes first. Work that cannot be cancelled, such as a read that
 * blocks in a thread, goes on and its result is dropped; `Terminal.endBy` ends the process all the same.
 */
export function untilInterrupted<T>(work: Promise<T>, interrupt: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(interrupt.reason);
    const settle = () => interrupt.removeEventListener('abort', giveUp);
    if (interrupt.aborted) giveUp();
    interrupt.addEventListener('abort', giveUp, { once: true });
    work.finally(settle).then(resolve, reject);
  });
}
