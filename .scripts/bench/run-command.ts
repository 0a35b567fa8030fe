/**
 * What `zephr run` adds to a command: its start, beside the bare command behind a bare Node; how fast output goes through
 * it with 50 secrets to mask, beside the same pipe without it; and how long a SIGTERM takes to the command. What is
 * compared takes turns.
 */

import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanEnvironment, ZEPHR } from './contenders.js';
import { count, type Effort, type Figure, ms, type Part, spread } from './figures.js';
import { median } from './statistics.js';

const SECRETS = 50;
const MOST_MS = 30;
const LEAST_RATE = 250;
const LONGEST_SIGNAL_MS = 10;

/** A line as servers log it. */
const LINE = '2026-01-02T10:00:01.123Z INFO GET /api/v1/items/48213?limit=20 in 12.3 ms, 200 OK user=alice\n';

/** What no secret begins with: a letter before a line end is held back where one may have begun with it. */
const READY = '#\n';

/** Says when a SIGTERM has come, by the clock that all processes share. */
const LISTENER =
  'process.on("SIGTERM", () => { process.stdout.write(String(process.hrtime.bigint()), () => process.exit()); });' +
  `setInterval(() => undefined, 1000); process.stdout.write(${JSON.stringify(READY)});`;

export async function runCommand(folder: string, { quick }: Effort): Promise<Part> {
  const env = vaultEnvironment(folder);
  const [turns, megabytes] = quick ? [5, 100] : [25, 500];
  const raw = {
    start: starts(env, turns),
    rate: rates(env, folder, Math.ceil(turns / 5), megabytes),
    signal: await delays(env, turns),
  };
  const added = median(raw.start.run.map((time, turn) => time - (raw.start.bare[turn] ?? Number.NaN)));
  const rate = median(raw.rate.run);
  const delay = median(raw.signal.run);
  const figures: Figure[] = [
    { what: '`node -e 0 && exec true`', measured: ms(median(raw.start.bare)) },
    {
      what: '`zephr run -- true`, one secret of 50',
      measured: `${ms(median(raw.start.run))}, ${ms(added)} more`,
      aim: { text: `≤ ${MOST_MS} ms more`, met: added <= MOST_MS },
    },
    {
      what: `masked pipe, ${SECRETS} secrets`,
      measured: `${spread(raw.rate.run, count)} MB/s`,
      ratio: `${(rate / median(raw.rate.bare)).toFixed(2)} of the bare pipe`,
      aim: { text: `≥ ${LEAST_RATE} MB/s`, met: rate >= LEAST_RATE },
    },
    {
      what: 'SIGTERM to the command',
      measured: `${spread(raw.signal.run, ms)}`,
      ratio: `${ms(delay - median(raw.signal.bare))} more than without zephr`,
      aim: { text: `≤ ${LONGEST_SIGNAL_MS} ms`, met: delay <= LONGEST_SIGNAL_MS },
    },
  ];
  return { title: 'A command with secrets', figures, raw };
}

/** A vault that a key file opens, with secrets as services give them. */
function vaultEnvironment(folder: string): NodeJS.ProcessEnv {
  const runtime = join(folder, 'runtime');
  const key = join(folder, 'key');
  mkdirSync(runtime, { mode: 0o700 });
  // Where compiled code is kept, by a Node that can.
  mkdirSync(join(folder, '.cache'));
  writeFileSync(key, randomBytes(32), { mode: 0o600 });
  const env = { ...cleanEnvironment(folder), XDG_RUNTIME_DIR: runtime, ZEPHR_VAULT_KEY_FILE: key };
  const lines = Array.from(
    { length: SECRETS },
    (_, index) => `SECRET_${index}=${randomBytes(24).toString('base64url')}`,
  );
  const { status } = spawnSync(process.execPath, [ZEPHR, 'vault', 'import', '-'], {
    env,
    input: lines.join('\n'),
  });
  if (status !== 0) throw new Error(`the import ended with ${status}`);
  return env;
}

/** The same both ways, in turns; the first turn counts for nothing. */
function inTurns(turns: number, measure: (script: string) => number, bare: string, run: string) {
  const found: Record<'bare' | 'run', number[]> = { bare: [], run: [] };
  for (let turn = 0; turn <= turns; turn += 1) {
    const [one, other] = [measure(bare), measure(run)];
    if (turn === 0) continue;
    found.bare.push(one);
    found.run.push(other);
  }
  return found;
}

function starts(env: NodeJS.ProcessEnv, turns: number) {
  const time = (script: string) => seconds(script, env) * 1000;
  return inTurns(
    turns,
    time,
    '"$NODE" -e 0 && exec true',
    'exec "$NODE" "$ZEPHR" run --only SECRET_7 -- true',
  );
}

function rates(env: NodeJS.ProcessEnv, folder: string, turns: number, megabytes: number) {
  const file = join(folder, 'log');
  writeFileSync(file, LINE.repeat(Math.ceil((megabytes * 1e6) / LINE.length)));
  const rate = (script: string) => megabytes / seconds(script, { ...env, LOG: file });
  return inTurns(
    turns,
    rate,
    'cat "$LOG" | cat > /dev/null',
    '"$NODE" "$ZEPHR" run -- cat "$LOG" | cat > /dev/null',
  );
}

/** How long a script of the shell takes. Its stdout is a pipe, as a command's that is masked. */
function seconds(script: string, env: NodeJS.ProcessEnv): number {
  const start = performance.now();
  const { status, stderr } = spawnSync('sh', ['-c', script], {
    env: { ...env, NODE: process.execPath, ZEPHR },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (status !== 0) throw new Error(`${script} ended with ${status}: ${stderr}`);
  return (performance.now() - start) / 1000;
}

/** How long a SIGTERM takes, in milliseconds. */
async function delays(env: NodeJS.ProcessEnv, turns: number) {
  const listener = [process.execPath, '-e', LISTENER];
  const found: Record<'bare' | 'run', number[]> = { bare: [], run: [] };
  for (let turn = 0; turn < turns; turn += 1) {
    found.bare.push(await delay(listener, env));
    found.run.push(await delay([process.execPath, ZEPHR, 'run', '--', ...listener], env));
  }
  return found;
}

async function delay([program = '', ...args]: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  let printed = '';
  let sent = 0n;
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
    if (sent !== 0n || !printed.startsWith(READY)) return;
    sent = process.hrtime.bigint();
    child.kill('SIGTERM');
  });
  await once(child, 'close');
  return Number(BigInt(printed.slice(READY.length)) - sent) / 1e6;
}
