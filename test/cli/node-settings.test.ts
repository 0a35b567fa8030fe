/**
 * Settings of Node for all of its programs decide nothing about where a secret, a key, a proof or a claim goes. This
 * runs on the Node at hand and on those that ZEPHR_TEST_NODES names, paths separated as in PATH:
 *
 *     ZEPHR_TEST_NODES=$(npx -y -p node@24 which node) npx vitest run --config test/vitest.config.ts test/cli/node-settings
 */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { connectProxy } from '../support/connect-proxy.js';
import { httpHost, tcpHost } from '../support/hosts.js';
import { openSession, type Session, ZEPHR } from '../support/session.js';
import { type Certificates, HAS_OPENSSL, makeCertificates, tlsFront } from '../support/tls.js';

const NODES = [process.execPath, ...(process.env.ZEPHR_TEST_NODES ?? '').split(delimiter)]
  .filter((path) => path !== '')
  .map((path) => ({ path, version: spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout.trim() }));

/** Ways to make all programs of a Node use proxies from the environment, and to let them trust anybody. */
const SETTINGS: readonly Readonly<Record<string, string>>[] = [
  { NODE_USE_ENV_PROXY: '1' },
  { NODE_OPTIONS: '--use-env-proxy' },
  { NODE_USE_ENV_PROXY: '1', NODE_TLS_REJECT_UNAUTHORIZED: '0' },
];

/** Node 20.18 runs zephr; the proxies of the environment came with 22.21 and 24.5. */
it('names the versions of Node that this ran on', () => {
  console.info(`ran on Node ${NODES.map(({ version }) => version).join(', ')}`);
  expect(NODES.every(({ version }) => /^v(2[0-9]|[3-9][0-9])\./.test(version))).toBe(true);
});

/**
 * A proxy that zephr takes for one on another machine, because of its name. It has to stay alone: whoever connects is
 * noted.
 */
async function proxyElsewhere() {
  let asked = 0;
  const url = await tcpHost((socket) => {
    asked++;
    socket.end('HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n');
  });
  return { url: `http://0.0.0.0:${new URL(url).port}`, asked: () => asked };
}

function sessionOn(node: string, env: NodeJS.ProcessEnv): Session {
  const one = openSession(env);
  one.env.PATH = [dirname(node), one.env.PATH].join(delimiter);
  return one;
}

/** A server of that Node, until the test ends. */
async function serveOn(node: string, env: NodeJS.ProcessEnv): Promise<string> {
  const args = [ZEPHR, 'serve', '--port', '0', '--store', 'memory:', '--allow-private-callbacks'];
  const child = spawn(node, args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill());
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return String(line);
}

describe.each(NODES)('on Node $version', ({ path }) => {
  describe.each(SETTINGS)('with %o', (settings) => {
    const knows = spawnSync(path, ['-e', ''], { env: { ...settings } }).status === 0;
    const because = knows ? '' : ' (skipped: this Node refuses the option)';

    it.skipIf(!knows)(`a proxy elsewhere sees no request and no webhook${because}`, async () => {
      const elsewhere = await proxyElsewhere();
      const env = { ...settings, HTTP_PROXY: elsewhere.url, http_proxy: elsewhere.url };
      let told: (event: string) => void = () => undefined;
      const event = new Promise<string>((resolve) => {
        told = resolve;
      });
      const receiver = await httpHost((request, response) => {
        told(String(request.method));
        request.resume();
        response.end();
      });
      const { sh } = sessionOn(path, {
        ...env,
        ZEPHR_SERVER: await serveOn(path, { PATH: process.env.PATH, ...env }),
        ZEPHR_CALLBACK_SECRET: 'shared',
      });
      const script = `echo hunter2 | zephr -q --callback-url ${receiver} > link && zephr status < link &&
        zephr get -q < link; echo x | zephr -q > other; zephr revoke -q < other; zephr doctor > doctor || cat doctor`;
      expect((await sh(script)).stdout).toMatch(/^waiting.*\nhunter2\n$/);
      expect(await event).toBe('POST');
      expect(elsewhere.asked()).toBe(0);
    });

    it.skipIf(!knows)(`the way to our own proxy does not lead over another one${because}`, async () => {
      const [elsewhere, ours] = [await proxyElsewhere(), await connectProxy(() => 407)];
      const { sh } = sessionOn(path, {
        ...settings,
        HTTP_PROXY: elsewhere.url,
        HTTPS_PROXY: ours.url.replace('//', '//me:hunter3@'),
        ZEPHR_SERVER: 'https://zephr.test',
      });
      expect((await sh('echo hunter2 | zephr')).stderr).toContain('wants a user name and password');
      expect([ours.requests.length, elsewhere.asked()]).toEqual([1, 0]);
    });
  });

  describe.skipIf(!HAS_OPENSSL)(`over TLS${HAS_OPENSSL ? '' : ' (skipped: there is no openssl)'}`, () => {
    let folder: string;
    let certificates: Certificates;

    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'zephr-tls-'));
      certificates = makeCertificates(folder);
    });

    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it('NODE_TLS_REJECT_UNAUTHORIZED=0 does not let anybody pose as the server', async () => {
      let heard = '';
      const plain = await tcpHost((socket) => {
        socket.on('data', (chunk) => {
          heard += chunk;
        });
      });
      const url = await tlsFront(plain, certificates);
      const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0', SSL_CERT_FILE: '/dev/null' };
      const link = `${url}/secret/${'A'.repeat(22)}#v2.${'A'.repeat(43)}`;
      const proxied = { HTTPS_PROXY: (await connectProxy()).url };
      for (const way of [{}, proxied]) {
        const { sh } = sessionOn(path, { ...env, ...way, ZEPHR_SERVER: url });
        for (const command of ['echo x | zephr', `zephr get '${link}'`, `zephr revoke '${link}'`]) {
          const { code, stderr } = await sh(command);
          expect(stderr).toMatch(/no trusted TLS connection to localhost:\d+ \(UNABLE_TO_/);
          expect(code).toBe(8);
        }
        const { stdout, code } = await sh('zephr doctor');
        expect(stdout).toMatch(/^!! {2}TLS /m);
        expect(code).toBe(8);
      }
      expect(heard).toBe('');
    });
  });

  const LIMITED =
    spawnSync(path, ['--permission', '--allow-net', '--allow-fs-read=*', '-e', '']).status === 0;

  describe.skipIf(!LIMITED)(
    `with --permission${LIMITED ? '' : ' (skipped: this Node limits no networks)'}`,
    () => {
      const link = `http://127.0.0.1:9/secret/${'A'.repeat(22)}#v2.${'A'.repeat(43)}`;
      const files = '--allow-fs-read=* --allow-fs-write=*';
      const network = 'use the network\nzephr: hint: start node with --allow-net as well';

      it.each([
        ['create', files, network],
        [`get '${link}'`, files, network],
        [`status '${link}'`, files, network],
        [`revoke '${link}'`, files, network],
        ['serve --port 0 --store memory:', files, network],
        [
          'serve --port 0 --store x.db',
          `${files} --allow-net`,
          'start a thread\nzephr: hint: start node with --allow-worker',
        ],
      ])('zephr %s is exit 2 and names the flag', async (command, flags, words) => {
        const { sh } = sessionOn(path, { ZEPHR_SERVER: 'http://127.0.0.1:9' });
        const { code, stderr } = await sh(`echo x | node --permission ${flags} ${ZEPHR} ${command}`);
        expect(stderr).toContain(`zephr: error: Node's permission model does not let zephr `);
        expect(stderr).toContain(words);
        expect(stderr).not.toMatch(/ {4}at /);
        expect(code).toBe(2);
      });
    },
  );
});
