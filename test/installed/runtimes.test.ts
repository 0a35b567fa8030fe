/** The SDK's scenarios from its bundle, on other versions of Node and in a browser. */

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scenarios } from '../sdk/scenarios.js';
import { CHROMIUM, HAS_CHROMIUM, startBrowser } from '../support/browser.js';
import { connectProxy } from '../support/connect-proxy.js';
import { type ServerProcess, startServerProcess } from '../support/server.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

let server: ServerProcess;
let folder: string;

beforeAll(async () => {
  server = await startServerProcess();
  folder = mkdtempSync(join(tmpdir(), 'zephr-sdk-'));
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A script that runs the scenarios against the built SDK and reports each failure. */
async function bundle(platform: 'node' | 'browser'): Promise<string> {
  const entry = `
    import * as sdk from './dist/index.js';
    import { scenarios } from './test/sdk/scenarios.ts';
    globalThis.runScenarios = async (server) => {
      const failures = [];
      for (const { name, run } of scenarios) await run(sdk, server).catch((error) => failures.push(name + ': ' + error.stack));
      return { count: scenarios.length, failures };
    };
    ${platform === 'node' ? 'console.log(JSON.stringify(await runScenarios(process.argv[2])));' : ''}
  `;
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: root },
    bundle: true,
    write: false,
    platform,
    format: 'esm',
    target: 'es2022',
  });
  return outputFiles[0]?.text ?? '';
}

/** Runs a script on another version of Node: the registry's package "node" is Node itself. */
async function runOn(version: string, script: string, args: string[], env = process.env): Promise<string> {
  const command = ['-y', '-p', `node@${version}`, '--', 'node', script, ...args];
  return (await promisify(execFile)('npx', command, { env })).stdout;
}

describe("the SDK's scenarios", () => {
  // CI runs on one version and leaves the others to developers.
  it.skipIf(process.env.CI === 'true').each(['20.18.1', '22', '24', '26'])(
    'pass on Node %s, from the bundle (skipped in CI, where only one Node is at hand)',
    async (version) => {
      const script = join(folder, 'node.mjs');
      writeFileSync(script, await bundle('node'));
      const stdout = await runOn(version, script, [server.url]);
      expect(JSON.parse(stdout)).toEqual({ count: scenarios.length, failures: [] });
    },
    120_000,
  );

  it.skipIf(!HAS_CHROMIUM)(`pass in headless Chromium (needs ${CHROMIUM})`, async () => {
    const browser = await startBrowser();
    try {
      const page = await (await browser.newContext({ bypassCSP: true })).newPage();
      // A page of another origin on loopback: a secure context, as WebCrypto wants, for which CORS must allow all.
      const origin = await startServerProcess();
      await page.goto(`${origin.url}/api/health`);
      await page.addScriptTag({ type: 'module', content: await bundle('browser') });
      await page.waitForFunction(() => 'runScenarios' in globalThis);
      const result = await page.evaluate(
        (url) => (globalThis as unknown as { runScenarios(url: string): Promise<unknown> }).runScenarios(url),
        server.url,
      );
      await origin.stop();
      expect(result).toEqual({ count: scenarios.length, failures: [] });
    } finally {
      await browser.close();
    }
  });
});

describe.skipIf(process.env.CI === 'true')(
  'on Node 24 that goes by HTTP_PROXY (skipped in CI, as above)',
  () => {
    const document = readFileSync(join(root, 'src/client/SDK.md'), 'utf8');
    const [, pastTheProxy = ''] = /`(fetch: \(url, init\) => undici\.[^`]*)`/.exec(document) ?? [];

    it.each([
      ['sends requests through the proxy by itself', '', true],
      ['sends none with the fetch of SDK.md', pastTheProxy, false],
    ])(
      'the SDK %s',
      async (_, option, proxied) => {
        const proxy = await connectProxy();
        const script = join(folder, 'proxied.mjs');
        const from = (path: string) => JSON.stringify(pathToFileURL(join(root, path)));
        writeFileSync(
          script,
          `import { createSecret, retrieveSecret } from ${from('dist/index.js')};
        import undici from ${from('node_modules/undici/index.js')};
        const options = { server: process.argv[2], ${option} };
        const { fullLink } = await createSecret('päss', options);
        console.log((await retrieveSecret(fullLink, options)).plaintext);`,
        );
        // In lower case they would come first.
        const variables = {
          HTTP_PROXY: proxy.url,
          http_proxy: proxy.url,
          NO_PROXY: 'none',
          no_proxy: 'none',
        };
        const env = { ...process.env, NODE_USE_ENV_PROXY: '1', ...variables };
        expect(await runOn('24', script, [server.url], env)).toBe('päss\n');
        expect(proxy.requests.length > 0).toBe(proxied);
      },
      120_000,
    );
  },
);
