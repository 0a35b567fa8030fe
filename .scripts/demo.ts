/** `npm run demo`: the whole story once, with the real command and the real server, as a person would type it. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const zephr = fileURLToPath(new URL('../bin/zephr.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'zephr-demo-'));
/** Nothing of the person's own settings: the demo shows the defaults. */
const environment: NodeJS.ProcessEnv = {
  PATH: process.env.PATH,
  HOME: folder,
  XDG_CONFIG_HOME: join(folder, 'config'),
  XDG_STATE_HOME: join(folder, 'state'),
  DB_PASSWORD: 'correct horse battery staple',
};

interface Result {
  readonly code: number | null;
  readonly stdout: string;
}

let server: ChildProcess | undefined;
try {
  await demo();
} finally {
  if (server !== undefined && server.exitCode === null) {
    const ended = new Promise((resolve) => server?.once('exit', resolve));
    server.kill('SIGTERM');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
}

async function demo(): Promise<void> {
  say('# a server on this machine: embedded SQLite, a free port');
  const url = await serve(['serve', '--port', '0', '--store', join(folder, 'zephr.db')]);
  environment.ZEPHR_SERVER = url;
  say(`$ export ZEPHR_SERVER=${url}\n`);

  say('# a secret goes in, a link comes out');
  const { stdout } = await shell('echo "$DB_PASSWORD" | zephr | tee link', 0);
  const link = stdout.trim();
  say('# whoever has the link reads the secret, once');
  const secret = await shell(`zephr get '${link}'`, 0);
  if (secret.stdout !== `${environment.DB_PASSWORD}\n`)
    throw new Error('the secret did not come back as it went in');
  say('# and never again: exit code 6 says gone');
  await shell(`zephr get '${link}'`, 6);
}

/** Starts the server and gives the URL it prints when it is ready. */
async function serve(args: string[]): Promise<string> {
  say(`$ zephr serve --port 0 --store ${join('$TMP', 'zephr.db')} &`);
  const child = spawn(process.execPath, [zephr, ...args], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  server = child;
  let log = '';
  child.stderr.on('data', (chunk) => {
    log += String(chunk);
  });
  for await (const line of createInterface({ input: child.stdout })) {
    say(line);
    return line;
  }
  throw new Error(`the server did not start: ${log}`);
}

/** Runs a line in a shell in which `zephr` is this checkout's, shows it and its output, and checks its end. */
async function shell(line: string, expected: number): Promise<Result> {
  say(`$ ${line}`);
  const script = `zephr() { '${process.execPath}' '${zephr}' "$@"; }\n${line}`;
  const child = spawn('sh', ['-c', script], {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk);
    process.stdout.write(chunk);
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  say(code === 0 ? '' : `(exit code ${code})\n`);
  if (code !== expected) throw new Error(`expected exit code ${expected}, not ${code}: ${line}`);
  return { code, stdout };
}

function say(text: string): void {
  console.log(text);
}
