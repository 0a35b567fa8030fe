/** The checks of `zephr doctor` and how each ended: a line each for people, one object for programs. */

import { CliError, Interrupted } from '../../exit/cli-error.js';
import { EXIT, type ExitCode } from '../../exit/codes.js';
import { endingOf } from '../../exit/ending.js';
import { escapeText, jsonLine } from '../../terminal/escape.js';
import type { Output } from '../../terminal/terminal.js';

/** The checks, in the order in which they are made. */
const CHECKS = [
  'configuration',
  'permissions',
  'server',
  'network',
  'TLS',
  'clock',
  'protocol',
  'limits',
  'gates',
  'API key',
  'create',
  'status',
  'read',
  'read again',
  'files',
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

/** Collects the results of the checks, and prints each as it comes; as JSON, all of them at the end. */
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

  /** Something works, but is not as it should be. */
  warn(name: CheckName, message: string, advice: string): Promise<void> {
    return this.#add({ name, state: 'warning', message, advice });
  }

  skip(name: CheckName, message: string): Promise<void> {
    return this.#add({ name, state: 'skipped', message });
  }

  /**
   * Something does not work. The first failure decides the exit code.
   * @throws Interrupted when that is the error: an interrupt is no result of a check.
   */
  async fail(name: CheckName, error: unknown): Promise<void> {
    if (error instanceof Interrupted) throw error;
    const { exit, message, advice } = endingOf(error);
    if (this.#exit === EXIT.done) this.#exit = exit;
    await this.#add({ name, state: 'failed', message, ...(advice === undefined ? {} : { advice }) });
  }

  /**
   * Ends the list; checks that were not reached count as skipped.
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
    throw new CliError(this.#exit, 'CHECK_FAILED', `what failed: ${names}`);
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

/** A check in the JSON for programs, where the advice is called `hint`. */
function asJson({ advice, ...check }: Check) {
  return { ...check, ...(advice === undefined ? {} : { hint: advice }) };
}
