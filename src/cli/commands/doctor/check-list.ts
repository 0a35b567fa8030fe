/** The checks of `zephr doctor` and how each ended: a line each for people, one object for programs. */

import { CliError, EXIT, type ExitCode, endingOf, Interrupted } from '../../exit/exit.js';
import { escapeText, jsonLine } from '../../terminal/escape.js';
import type { Output } from '../../terminal/terminal.js';

/** What is looked at, in order. */
const CHECKS = [
  'configuration',
  'permissions',
  'server',
  'network',
  'TLS',
  'clock',
  'protocol',
  'limits',
  'API key',
  'create',
  'status',
  'read',
  'read again',
] as const;

export type CheckName = (typeof CHECKS)[number];

export type State = 'ok' | 'warning' | 'failed' | 'skipped';

/** How one check ended. */
export interface Check {
  readonly name: CheckName;
  readonly state: State;
  readonly message: string;
  /** What to do. */
  readonly advice?: string;
}

const MARKS: Readonly<Record<State, string>> = { ok: 'ok', warning: '! ', failed: '!!', skipped: '--' };

const WIDTH = Math.max(...CHECKS.map(({ length }) => length));

/** Takes down checks in the order of their names, and shows each as it comes unless it is to be JSON. */
export class CheckList {
  readonly #stdout: Output;
  readonly #json: boolean;
  readonly #checks: Check[] = [];
  #exit: ExitCode = EXIT.done;

  constructor(stdout: Output, { json }: { json: boolean }) {
    this.#stdout = stdout;
    this.#json = json;
  }

  ok(name: CheckName, message: string): Promise<void> {
    return this.#add({ name, state: 'ok', message });
  }

  /** Works, but is not as it should be. */
  warn(name: CheckName, message: string, advice: string): Promise<void> {
    return this.#add({ name, state: 'warning', message, advice });
  }

  skip(name: CheckName, message: string): Promise<void> {
    return this.#add({ name, state: 'skipped', message });
  }

  /**
   * The first failure decides the exit code.
   * @throws Interrupted, which is none.
   */
  async fail(name: CheckName, error: unknown): Promise<void> {
    if (error instanceof Interrupted) throw error;
    const { exit, message, advice } = endingOf(error);
    if (this.#exit === EXIT.done) this.#exit = exit;
    await this.#add({ name, state: 'failed', message, ...(advice === undefined ? {} : { advice }) });
  }

  /**
   * Ends the list: what was not reached is skipped.
   * @throws CliError with the exit code of the first failure, if there was one.
   */
  async finish(): Promise<void> {
    for (const name of CHECKS) {
      if (!this.#checks.some((check) => check.name === name)) await this.skip(name, 'not reached');
    }
    const failed = this.#checks.filter(({ state }) => state === 'failed');
    const ok = failed.length === 0;
    if (this.#json) await this.#stdout.write(jsonLine({ ok, checks: this.#checks.map(asJson) }));
    if (ok) return;
    const names = failed.map(({ name }) => name).join(', ');
    throw new CliError(this.#exit, 'CHECK_FAILED', `not as it should be: ${names}`);
  }

  async #add(check: Check): Promise<void> {
    this.#checks.push(check);
    if (this.#json) return;
    const { name, state, message, advice } = check;
    const lines = [`${MARKS[state]}  ${name.padEnd(WIDTH)}  ${escapeText(message)}\n`];
    if (advice !== undefined) lines.push(`${' '.repeat(WIDTH + 6)}${escapeText(advice)}\n`);
    await this.#stdout.write(lines.join(''));
  }
}

/** A check as programs read it. */
function asJson({ advice, ...check }: Check) {
  return { ...check, ...(advice === undefined ? {} : { hint: advice }) };
}
