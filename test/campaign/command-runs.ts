/** `zephr get` as processes: run again and again on one machine until the secret is there, and killed at chosen moments. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatLink, type Link } from '../../src/core/link.js';
import { ZEPHR } from '../support/session.js';
import type { Run, RunMoment } from './history.js';
import type { Recorder } from './recorder.js';
import type { Relay } from './relay.js';
import type { Wire } from './wire.js';

/** Longer than any of them takes, in milliseconds: what hangs beyond is killed, at no moment that anybody chose. */
const PATIENCE_MS = 60_000;

/** A machine on which somebody runs the command. */
export class CommandRuns {
  /** How it ended last. */
  last: Run | null = null;
  readonly #home = mkdtempSync(join(tmpdir(), 'zephr-reader-'));

  constructor(
    readonly name: string,
    readonly relay: Relay,
    readonly wire: Wire,
    readonly recorder: Recorder,
    readonly secret: Uint8Array,
  ) {}

  /**
   * Runs it once.
   * @param kill at which moment; `null` for not at all.
   */
  async run(link: Link, kill: RunMoment | null): Promise<Run> {
    const claims = new Set<string>();
    const acknowledged = new Set<string>();
    let end: ((moment: RunMoment) => void) | null = null;
    const server = this.relay.admit(this.name, {
      wire: this.wire,
      at(moment, claim) {
        if (moment === 'asked') claims.add(claim);
        if (moment === 'acknowledging') acknowledged.add(claim);
        if (moment === kill) end?.(moment);
      },
    });
    const from = this.recorder.now();
    const child = spawn(process.execPath, [ZEPHR, 'get', '-q', formatLink({ ...link, server })], {
      cwd: this.#home,
      env: { PATH: process.env.PATH, HOME: this.#home },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let killed: RunMoment | null = null;
    end = (moment) => {
      killed ??= moment;
      child.kill('SIGKILL');
    };
    const tooLong = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    const printed: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => printed.push(chunk));
    await once(child, 'close');
    // What it sent last has come, and is read now.
    for (let rounds = 0; rounds < 3; rounds++) await new Promise((resolve) => setImmediate(resolve));
    clearTimeout(tooLong);
    const run: Run = {
      machine: this.name,
      from,
      killed,
      code: child.exitCode,
      got: compared(Buffer.concat(printed), this.secret),
      claims: [...claims],
      acknowledged: [...acknowledged],
    };
    this.last = run;
    this.recorder.ran(run);
    return run;
  }

  close(): void {
    this.relay.dismiss(this.name);
    rmSync(this.#home, { recursive: true, force: true });
  }
}

function compared(printed: Buffer, secret: Uint8Array): Run['got'] {
  if (printed.equals(secret)) return 'all';
  if (printed.length === 0) return 'nothing';
  return printed.equals(secret.subarray(0, printed.length)) ? 'part' : 'something else';
}
