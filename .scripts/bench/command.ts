/**
 * What the command adds to Node's own start, against a server on loopback: spawned again and again, each command in
 * turn, from spawn to exit; and beside a short script that does what it does. Other Node versions are measured by running
 * this with them. Over TLS the certificate is known by NODE_EXTRA_CA_CERTS, so that Node's own
 * certificates are read as they are for any https server; Node reads them at its start, and the bare one beside it too.
 */

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from '../../test/support/self-signed.js';
import { type Contender, cleanEnvironment, startZephr, stop, ZEPHR } from './contenders.js';
import { type Aim, type Effort, type Figure, ms, type Part } from './figures.js';
import { median } from './statistics.js';

/** A command, and the bare one that it is measured beside. */
interface Timed {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly beside?: string;
  /** The most that it may add, in milliseconds, or be a multiple of. */
  readonly aim?: { readonly ms: number } | { readonly ratio: number };
}

/** What a create is measured beside. */
const BARE_CREATE = 'create by a short script, over loopback';

const HAS_OPENSSL = spawnSync('openssl', ['version']).status === 0;

/** Times commands. @param folder for what they need. */
export async function command(folder: string, { quick }: Effort): Promise<Part> {
  const env = cleanEnvironment(folder);
  const secret = join(folder, 'secret');
  // Where compiled code is kept, by a Node that can.
  mkdirSync(join(folder, '.cache'));
  writeFileSync(secret, 'correct horse battery staple\n');
  const servers: Contender[] = [];
  try {
    const plain = await startZephr('http', join(folder, 'command.db'));
    servers.push(plain);
    const timed: Timed[] = [
      { name: 'node -e 0', args: ['-e', '0'], env },
      { name: 'zephr --version', args: [ZEPHR, '--version'], env, beside: 'node -e 0', aim: { ms: 8 } },
      { name: BARE_CREATE, args: [join(import.meta.dirname, 'bare-create.cjs'), plain.url], env },
      ...exchange('over loopback', plain.url, env, secret, BARE_CREATE, { ratio: 1.2 }),
    ];
    if (HAS_OPENSSL) {
      const { cert, key } = makeCertificate(folder, 'zephr');
      const secure = await startZephr('https', join(folder, 'tls.db'), [
        '--tls-cert',
        cert,
        '--tls-key',
        key,
      ]);
      servers.push(secure);
      const trusting = { ...env, NODE_EXTRA_CA_CERTS: cert };
      const bare = 'node -e 0, with a certificate of its own';
      timed.push({ name: bare, args: ['-e', '0'], env: trusting });
      timed.push(...exchange('over TLS', secure.url, trusting, secret, bare));
    }
    const raw = await takeTurns(timed, secret, quick ? 5 : 25);
    const figures = timed.map((one) => figureOf(one, raw));
    const missing: Figure = { what: 'over TLS', measured: 'no openssl to make a certificate' };
    return { title: 'Command, spawn to exit', figures: HAS_OPENSSL ? figures : [...figures, missing], raw };
  } finally {
    for (const server of servers) await stop(server);
  }
}

/** A create and a get, of a secret with more views than there will be turns. */
function exchange(
  how: string,
  server: string,
  env: NodeJS.ProcessEnv,
  secret: string,
  beside: string,
  aim?: Timed['aim'],
): Timed[] {
  const create = [ZEPHR, '-q', '--server', server];
  const input = openSync(secret, 'r');
  const link = execFileSync(process.execPath, [...create, '--views', '1000'], {
    env,
    encoding: 'utf8',
    stdio: [input, 'pipe', 'inherit'],
  });
  closeSync(input);
  return [
    { name: `create, ${how}`, args: create, env, beside, ...(aim === undefined ? {} : { aim }) },
    { name: `get, ${how}`, args: [ZEPHR, 'get', '-q', link.trim()], env, beside },
  ];
}

/** Runs each command once in each turn; the first turn counts for nothing. */
async function takeTurns(
  timed: readonly Timed[],
  secret: string,
  turns: number,
): Promise<Readonly<Record<string, number[]>>> {
  const times = Object.fromEntries(timed.map(({ name }) => [name, [] as number[]]));
  for (let turn = 0; turn <= turns; turn += 1) {
    for (const one of timed) {
      const time = await run(one, secret);
      if (turn > 0) times[one.name]?.push(time);
    }
  }
  return times;
}

async function run({ name, args, env }: Timed, secret: string): Promise<number> {
  const input = openSync(secret, 'r');
  // For writing only, as a shell opens it: zephr takes a null device that can be read for a stdout that was closed.
  const output = openSync(devNull, 'w');
  const start = performance.now();
  const child: ChildProcess = spawn(process.execPath, args, { env, stdio: [input, output, 'ignore'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  const time = performance.now() - start;
  for (const descriptor of [input, output]) closeSync(descriptor);
  if (code !== 0) throw new Error(`${name} ended with ${code}`);
  return time;
}

function figureOf({ name, beside, aim }: Timed, times: Readonly<Record<string, number[]>>): Figure {
  const own = times[name] ?? [];
  const measured = ms(median(own));
  if (beside === undefined) return { what: name, measured };
  const bare = times[beside] ?? [];
  // Turn by turn: what else the machine did then weighed on both.
  const added = median(own.map((time, turn) => time - (bare[turn] ?? Number.NaN)));
  const ratio = median(own.map((time, turn) => time / (bare[turn] ?? Number.NaN)));
  return {
    what: name,
    measured: `${measured}, ${ms(added)} more`,
    ratio: ratio.toFixed(2),
    ...(aim === undefined ? {} : { aim: aimOf(aim, added, ratio) }),
  };
}

function aimOf(aim: NonNullable<Timed['aim']>, added: number, ratio: number): Aim {
  if ('ms' in aim) return { text: `≤ ${aim.ms} ms more`, met: added <= aim.ms };
  return { text: `≤ ${aim.ratio}`, met: ratio <= aim.ratio };
}
