/**
 * `npm run bench:cli`: what the command adds to Node's own start, against a server on loopback. Needs hyperfine.
 * NODE_EXTRA_CA_CERTS is unset: reading it costs Node 20 more than everything measured here.
 */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const zephr = fileURLToPath(new URL('../bin/zephr.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'zephr-bench-'));
const { NODE_EXTRA_CA_CERTS: _, ...inherited } = process.env;
const env = { ...inherited, HOME: folder };

const RUNS = 40;

const server = spawn(
  process.execPath,
  [zephr, 'serve', '--port', '0', '--store', join(folder, 'zephr.db'), '--rate-limit', '0'],
  {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  },
);
try {
  const [url] = (await once(createInterface({ input: server.stdout }), 'line')) as [string];
  const node = process.execPath;
  writeFileSync(join(folder, 'secret'), 'correct horse battery staple\n');
  // One link, with as many readers as hyperfine will send, and one more to make it.
  const create = `'${node}' '${zephr}' -q --server ${url}`;
  const link = execFileSync('sh', ['-c', `${create} --views 1000 < ${folder}/secret`], {
    env,
    encoding: 'utf8',
  });
  writeFileSync(join(folder, 'link'), link);
  const zephrCommand = `'${node}' '${zephr}'`;
  const commands = {
    'node -e 0': `'${node}' -e 0`,
    'zephr --version': `${zephrCommand} --version`,
    'zephr (create, v2)': create,
    'zephr (create, v1)': `${create} --link v1`,
    'zephr get (v2)': `${zephrCommand} get -q ${link.trim()}`,
  };
  // A shell only to give each its stdin; it is replaced by the command, and costs all of them the same.
  const withStdin = (command: string) => `sh -c "exec ${command} < '${folder}/secret'"`;
  const report = join(folder, 'report.json');
  const named = Object.entries(commands).flatMap(([name, command]) => ['-n', name, withStdin(command)]);
  execFileSync(
    'hyperfine',
    ['-N', '--warmup', '3', '--runs', String(RUNS), '--export-json', report, ...named],
    { env, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  print(JSON.parse(readFileSync(report, 'utf8')) as Report);
} finally {
  server.kill();
  await once(server, 'exit');
  rmSync(folder, { recursive: true, force: true });
}

interface Report {
  readonly results: readonly { readonly command: string; readonly median: number; readonly min: number }[];
}

function print({ results }: Report): void {
  const bare = results[0]?.median ?? Number.NaN;
  console.log(`Node ${process.version}, ${RUNS} runs each, medians`);
  for (const { command, median, min } of results) {
    const added = (median - bare) * 1000;
    console.log(
      `${command.padEnd(22)} ${(median * 1000).toFixed(1).padStart(7)} ms  min ${(min * 1000).toFixed(1).padStart(7)} ms  adds ${added.toFixed(1).padStart(6)} ms  ratio ${(median / bare).toFixed(2)}`,
    );
  }
}
