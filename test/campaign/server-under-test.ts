/** A real `zephr serve` behind a proxy, which can be killed, frozen and started again, and whose clock can be stepped. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clocks } from './clocks.js';
import { CuttingProxy } from './cutting-proxy.js';
import type { Stopwatch } from './moment.js';
import { CLOCK_VARIABLE, type ClockSettings } from './server-clock.js';

/** What a server is started with. */
export interface Launch {
  readonly name: string;
  /** Node's arguments up to those of `zephr`: what gives it its clock, and the program. */
  readonly program: readonly string[];
  readonly store: string;
  /** Of `zephr serve`, besides those that every server of a campaign has. */
  readonly options: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly clocks: Clocks;
  /** Whether it goes by a clock of its store: then its own being wrong does not change what it does, but whether. */
  readonly byStore: boolean;
  readonly stopwatch: Stopwatch;
}

/** Between two tries to start. */
const PAUSE_MS = 200;

/** Longer than any start takes on a busy machine. */
const START_MS = 30_000;

/** Lines of its log that are kept. */
const LOG_LINES = 40;

/** One server of the campaign, through all its processes. */
export class ServerUnderTest {
  readonly name: string;
  /** What clients connect to. */
  readonly proxy = new CuttingProxy();
  /** The last lines of its log. */
  readonly log: string[] = [];
  /** What it logged as an error, by event. */
  readonly failures = new Map<string, number>();
  /** How a process ended that nobody ended. */
  readonly collapses: string[] = [];
  /** Starts that failed, because its store could not be reached or written. */
  failedStarts = 0;
  readonly #launch: Launch;
  #child: ChildProcess | null = null;
  #offset = 0;

  constructor(launch: Launch) {
    this.name = launch.name;
    this.#launch = launch;
    launch.clocks.step(launch.name, 0, 0);
  }

  /** Whether it goes by a clock of its store. */
  get byStore(): boolean {
    return this.#launch.byStore;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts a process, as often as it takes while its store does not let it. Resolves when it answers. */
  async start(patienceMs = START_MS): Promise<void> {
    const late = Date.now() + patienceMs;
    while (!(await this.#tryToStart())) {
      if (Date.now() > late) throw new Error(`server ${this.name} does not start: ${this.log.join('\n')}`);
      this.failedStarts += 1;
      await sleep(PAUSE_MS);
    }
  }

  /** Ends the process at once, or as an operator would, and gives its exit code. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const child = this.#child;
    if (child === null) return null;
    this.#child = null;
    if (signal === 'SIGKILL') this.proxy.target = null;
    const ended = once(child, 'exit');
    child.kill('SIGCONT');
    child.kill(signal);
    await ended;
    this.proxy.target = null;
    return child.exitCode;
  }

  /** Freezes the process, or lets it go on. */
  freeze(frozen: boolean): void {
    this.#child?.kill(frozen ? 'SIGSTOP' : 'SIGCONT');
  }

  /** How far its clock is ahead of the others' right time, in milliseconds of its own. */
  get offset(): number {
    return this.#offset;
  }

  /** Steps its clock to be so far ahead. Resolves once the process has it, or is no more. */
  async setClock(offset: number): Promise<void> {
    const { clocks, stopwatch } = this.#launch;
    this.#offset = offset;
    const settled = this.#launch.byStore ? null : clocks.step(this.name, offset, stopwatch.now());
    await this.#tellOffset();
    settled?.(stopwatch.now());
  }

  async #tellOffset(): Promise<void> {
    const child = this.#child;
    if (child === null || !child.connected) return;
    const offset = this.#offset;
    await new Promise<void>((resolve) => {
      const hear = (message: { readonly offset: number }) => {
        if (message.offset === offset) done();
      };
      const done = () => {
        child.off('message', hear);
        child.off('exit', done);
        resolve();
      };
      child.on('message', hear);
      child.once('exit', done);
      child.send({ offset }, (error) => {
        if (error) done();
      });
    });
  }

  /** Whether it answers now. What came of a start that failed is in the log. */
  async #tryToStart(): Promise<boolean> {
    const { program, store, options: others, env } = this.#launch;
    const common = ['--port', '0', '--store', store, '--rate-limit', '0', '--allow-private-callbacks'];
    const options = [...common, ...others];
    const child = spawn(process.execPath, [...program, 'serve', ...options], {
      env: { PATH: process.env.PATH, HOME: '/nonexistent', ...env, [CLOCK_VARIABLE]: this.#settings() },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = child;
    createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', (line) => this.#note(line));
    const ended = once(child, 'exit').then(() => undefined);
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    const url = await Promise.race([once(lines, 'line').then(([line]: unknown[]) => String(line)), ended]);
    if (url === undefined) {
      // Killed meanwhile, or it found its store as it must not.
      if (this.#child === child) this.#child = null;
      return child.signalCode !== null;
    }
    this.proxy.target = Number(new URL(url).port);
    void ended.then(() => {
      if (this.#child !== child) return;
      this.#child = null;
      this.proxy.target = null;
      this.collapses.push(`server ${this.name} ended by itself, ${child.exitCode ?? child.signalCode}`);
    });
    return true;
  }

  #settings(): string {
    const { clocks, stopwatch } = this.#launch;
    const settings: ClockSettings = {
      began: String(stopwatch.began),
      rate: clocks.rate,
      epoch: clocks.epoch,
      offset: this.#offset,
    };
    return JSON.stringify(settings);
  }

  #note(line: string): void {
    this.log.push(line);
    if (this.log.length > LOG_LINES) this.log.shift();
    const event = /"level":"error".*?"event":"([^"]*)"/.exec(line)?.[1];
    if (event !== undefined) this.failures.set(event, (this.failures.get(event) ?? 0) + 1);
  }
}
