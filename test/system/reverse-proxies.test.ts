/** The nginx and Caddy of the operator's document, as they stand there, in front of a real server. */

import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { deadHost } from '../support/hosts.js';
import { startServerProcess } from '../support/server.js';
import { logged, origin } from '../support/server-log.js';
import { openSession, type Session } from '../support/session.js';

const OPERATING = readFileSync(new URL('../../src/server/OPERATING.md', import.meta.url), 'utf8');

/** Where a client is that is no proxy. Linux has all of 127.0.0.0/8 on loopback. */
const CLIENT = '127.5.5.5';

/** Spellings of the page that the examples hide. */
const METRICS = ['metrics', '%6detrics', '/metrics', './metrics', 'x/../metrics', 'metrics?x=1', 'metrics#x'];

interface Proxy {
  readonly program: string;
  /** The document's block with this info string. */
  readonly block: string;
  /** What turns that into one that takes the path away. */
  readonly strip: readonly [passesOn: string, takesAway: string];
  /** The files of a proxy that listens on `host`, and its arguments. */
  prepare(block: string, host: string, folder: string): string[];
}

const PROXIES: readonly Proxy[] = [
  {
    program: 'nginx',
    block: 'nginx',
    strip: ['proxy_pass http://127.0.0.1:8787;', 'proxy_pass http://127.0.0.1:8787/;'],
    prepare(block, host, folder) {
      const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
      const temporary = paths.map((name) => `${name}_temp_path ${join(folder, name)};`).join('\n');
      // Started by root it would work as somebody who has no business in the test's folder.
      const user = userInfo().uid === 0 ? 'user root root;' : '';
      const server = `server { listen ${host}; ${block} }`;
      writeFileSync(
        join(folder, 'nginx.conf'),
        `${user} daemon off; pid ${join(folder, 'pid')}; events {} http { access_log off; ${temporary} ${server} }`,
      );
      return ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'];
    },
  },
  {
    program: 'caddy',
    block: 'caddyfile',
    strip: ['handle /zephr/*', 'handle_path /zephr/*'],
    prepare(block, host, folder) {
      const site = block.replace(/^example\.com \{/, `http://${host} {`);
      writeFileSync(join(folder, 'Caddyfile'), `{\n\tadmin off\n\tauto_https off\n}\n${site}`);
      return ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'];
    },
  },
];

/** Runs a proxy until the test ends, as soon as it listens. */
async function run({ program, prepare }: Proxy, block: string, host: string, { folder, env }: Session) {
  const place = join(folder, program);
  mkdirSync(place);
  const child = spawn(program, prepare(block, host, place), { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  onTestFinished(async () => {
    child.kill();
    await ended;
  });
  const port = Number(new URL(`http://${host}`).port);
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`${program} did not start: ${said}`);
    await sleep(20);
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('connect', () => socket.destroy());
    socket.on('error', () => resolve(false));
  });
}

/** The status of a GET, with the path as it is written here. */
function get(host: string, path: string, from = '127.0.0.1', headers = {}): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(`http://${host}`);
    request({ hostname, port, path, headers, localAddress: from, agent: false }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode));
    })
      .on('error', reject)
      .end();
  });
}

/** Why a proxy cannot be tried, to append to a name. */
function whyNot(program: string): string {
  if (process.platform !== 'linux') return ' (skipped: loopback has one address only)';
  return spawnSync(program, ['-v']).error === undefined ? '' : ` (skipped: no ${program})`;
}

describe.each(PROXIES)("the operator's $program", (proxy) => {
  const { program, strip } = proxy;
  const missing = whyNot(program);
  const [, block = ''] = new RegExp(`^\`\`\`${proxy.block}\n(.*?)^\`\`\``, 'ms').exec(OPERATING) ?? [];

  it.skipIf(missing)(`stands there, and passes the path on${missing}`, () => {
    expect(block).toContain(strip[0]);
    expect(block).toContain('127.0.0.1:8787');
  });

  it.skipIf(missing).each([
    ['passes the path on', block],
    ['takes the path away', block.replace(...strip)],
  ])(`%s${missing}`, async (_, config) => {
    const { host } = new URL(await deadHost());
    const url = `http://${host}/zephr`;
    const args = ['--base-url', url, '--trust-proxy', '127.0.0.1', '--metrics'];
    const server = await startServerProcess({ args });
    onTestFinished(async () => void (await server.stop()));
    const session = openSession({ ZEPHR_SERVER: url });
    const target = new URL(await origin(server)).host;
    await run(proxy, config.replaceAll('127.0.0.1:8787', target), host, session);

    const { stdout, stderr, code } = await session.sh(
      'echo hunter2 | zephr -q | tee link | zephr get -q && head -c 700000 /dev/urandom > large && ' +
        'zephr -q < large | zephr get -q | cmp - large && cat link',
    );
    expect(stderr).toBe('');
    expect(stdout).toMatch(new RegExp(`^hunter2\n${url}/secret/`));
    expect(code).toBe(0);
    expect((await session.sh('zephr get < link')).code).toBe(6);

    for (const path of METRICS) expect([path, await get(host, `/zephr/${path}`)]).toEqual([path, 404]);
    expect(await get(target, '/zephr/metrics')).toBe(200);

    // The last address that no proxy of ours has, whatever the client says of itself.
    await get(host, '/zephr/api/health', CLIENT, { 'x-forwarded-for': '198.51.100.7' });
    await get(host, '/zephr/api/health', CLIENT, {
      forwarded: 'for=198.51.100.7',
      'x-real-ip': '198.51.100.7',
    });
    await server.stop();
    const asked = logged(server).filter(
      ({ route, address }) => route === '/api/health' && address !== '127.0.0.0/24',
    );
    expect(asked.map(({ status, address }) => [status, address])).toEqual(
      Array(2).fill([200, '127.5.5.0/24']),
    );
  });
});

const NGINX = PROXIES[0] as Proxy;
const withoutNginx = whyNot(NGINX.program);

it.skipIf(withoutNginx)(
  `an nginx that cuts what is idle for five seconds keeps no answer from who waits for it${withoutNginx}`,
  { timeout: 120_000 },
  async () => {
    const { host } = new URL(await deadHost());
    const server = await startServerProcess();
    onTestFinished(async () => void (await server.stop()));
    const session = openSession({ ZEPHR_SERVER: `http://${host}` });
    const block = `location / { proxy_pass ${server.url}; proxy_read_timeout 5s; send_timeout 5s; }`;
    await run(NGINX, block, host, session);
    const waiting = session.sh('zephr request --wait 2> link');
    const said = () => readFileSync(join(session.folder, 'link'), 'utf8');
    // It has been cut by then, three times in a row.
    await expect.poll(said, { timeout: 60_000 }).toContain('asking again');
    await session.sh('echo hunter2 | zephr give -q "$(grep "#r1" link)"');
    expect(await waiting).toMatchObject({ code: 0, stdout: 'hunter2\n' });
    expect(said().match(/asking again/g)).toHaveLength(1);
  },
);
