/** Other people's projects: type-checked, bundled for browsers, and tested with `zephr/testing`. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build as esbuild } from 'esbuild';
import { rollup } from 'rollup';
import { build as vite } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InstalledPackage, installPackage, ROOT } from './installed-package.js';

let installed: InstalledPackage;

beforeAll(() => {
  installed = installPackage();
  writeFileSync(
    join(installed.folder, 'app.js'),
    `import { createSecret, retrieveSecret } from 'zephr';
     globalThis.hand = async (text) => retrieveSecret((await createSecret(text)).fullLink);`,
  );
});

afterAll(() => {
  installed.remove();
});

function run(script: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  writeFileSync(join(installed.folder, 'script.mjs'), script);
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['script.mjs'], {
      cwd: installed.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += String(chunk);
    });
    child.stderr.on('data', (chunk) => {
      stderr += String(chunk);
    });
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Names every export, and every option that a program is likely to set. */
const NEW_PROGRAM = `
       import { createSecret, EXPIRY, retrieveSecret, secretStatus, revokeSecret, ValidationError, type CreateSecretOptions } from 'zephr';
       import { EXPIRY as SAME } from 'zephr/limits.js';
       import { createTestServer, createTestVault, type RecordedCall, type TestVault } from 'zephr/testing';
       import { type CallOptions, type CallResponse, callWithSecret, deleteSecret, HostNotAllowedError, type ListedSecret, listSecrets, type RunResult, runWithSecrets, setSecret } from 'zephr/vault';
       const names: string[] = (await listSecrets({ project: 'shop' })).map(({ name }: ListedSecret) => name);
       const ran: RunResult = await runWithSecrets('true', [], { only: names, capture: true });
       const call: CallOptions = { bearer: 'A', header: { 'X-Key': 'B' }, json: { n: 1 }, followRedirects: true, timeout: 1_000 };
       const answered: CallResponse | string = await callWithSecret('https://api.example.com/', call).catch((error: unknown) => (error instanceof HostNotAllowedError ? error.host + error.advice : 'other'));
       const mock: TestVault = createTestVault({ secrets: { A: { hosts: ['api.example.com'] } }, answer: ({ url }: RecordedCall) => ({ body: url }) });
       const removed: boolean = (await setSecret('A', 'x'), await deleteSecret('A'));
       const { server, fetch } = createTestServer();
       const options: CreateSecretOptions = { server, fetch, expiry: EXPIRY.HOURS_1 satisfies typeof SAME.HOURS_1, views: 2, apiKey: null };
       const { fullLink } = await createSecret('hunter2', { server, fetch });
       const { url, key } = await createSecret('hunter2', { server, fetch, split: true });
       const three: string[] = [fullLink, url, key];
       const created = await createSecret(new Uint8Array([1]), options);
       const link = created.mode === 'split' ? { url: created.url, key: created.key } : created.fullLink;
       const { plaintext, bytes, hint, purgeAt, name, message, viewsLeft } = await retrieveSecret(link, { fetch });
       const all: [string, Uint8Array, ...(string | number | undefined)[]] = [plaintext, bytes, hint, purgeAt, name, message, viewsLeft];
       export default [names, ran, answered, mock.calls, removed, three, all, (await secretStatus(link, { fetch })).state === 'waiting', await revokeSecret(link), new ValidationError('x').code];`;

/** As programs for zephr 1.3 are written: its type names, and its members that may be undefined. */
const EXISTING_PROGRAM = `
       import { ApiError, createSecret, EncryptionError, NetworkError, retrieveSecret, ValidationError, ZephrError } from 'zephr';
       import type { ApiErrorCode, CreateSecretOptions, RetrievalResult, RetrieveSecretOptions, SecretLink, ServerErrorCode, SplitLink, StandardLink } from 'zephr';
       import { EXPIRY, SECRET_ID_RE, SECRET_MAX_BYTES, SECRET_MAX_LENGTH, VALID_EXPIRY } from 'zephr/limits.js';
       export async function send(text: string, split: boolean): Promise<{ credential: string | { url: string; key: string } }> {
         const options: CreateSecretOptions = { expiry: EXPIRY.DAYS_7, split, apiKey: null, hint: 'DB_PROD' };
         const link: SecretLink = await createSecret(text, options);
         const standard: StandardLink | null = link.mode === 'standard' ? link : null;
         const { fullLink, url, key } = link;
         return { credential: standard?.fullLink ?? fullLink ?? { url: url ?? '', key: key ?? '' } };
       }
       export async function pair(text: string): Promise<SplitLink> {
         return createSecret(text, { split: true });
       }
       export async function take(link: string | { url: string; key: string }, options?: RetrieveSecretOptions): Promise<string | ApiErrorCode> {
         try {
           const result: RetrievalResult = await retrieveSecret(link, options);
           const notes: (string | undefined)[] = [result.hint, result.purgeAt];
           return result.plaintext + notes.join('');
         } catch (error) {
           if (error instanceof ApiError && error.statusCode === 410) return error.code === 'SECRET_EXPIRED' ? error.code : 'SECRET_ALREADY_CONSUMED';
           const known = [ValidationError, EncryptionError, NetworkError, ZephrError].some((kind) => error instanceof kind);
           throw known && error instanceof Error ? error.cause : error;
         }
       }
       const WORDS: Record<ApiErrorCode, string> = {
         INVALID_REQUEST_BODY: '', INVALID_CALLBACK_URL_TYPE: '', INVALID_CALLBACK_URL_FORMAT: '', INVALID_CALLBACK_URL_PROTOCOL: '',
         INVALID_CALLBACK_URL_LENGTH: '', MISSING_CALLBACK_SECRET: '', UNEXPECTED_CALLBACK_SECRET: '', INVALID_CALLBACK_SECRET_TYPE: '',
         INVALID_CALLBACK_SECRET_LENGTH: '', INVALID_IDEMPOTENCY_KEY: '', INVALID_API_KEY: '', UPGRADE_REQUIRED: '', SECRET_NOT_FOUND: '',
         SECRET_ALREADY_CONSUMED: '', SECRET_EXPIRED: '', PAYLOAD_TOO_LARGE: '', ANON_RATE_LIMIT_EXCEEDED: '', MONTHLY_LIMIT_EXCEEDED: '',
       };
       export function words(code: ServerErrorCode): string {
         return WORDS[code as ApiErrorCode];
       }
       export function prepared(hint?: string): CreateSecretOptions {
         const options: CreateSecretOptions = {};
         options.expiry = 60;
         if (hint) options.hint = hint;
         return options;
       }
       export const canned: RetrievalResult = { plaintext: 'x', hint: 'y', purgeAt: '2026-01-01T00:00:00.000Z' };
       export const cause = new TypeError('no network');
       export const made = [
         new ApiError('x'), new ApiError('x', 404), new ApiError('x', 404, 'SECRET_NOT_FOUND'), new EncryptionError('x'), new EncryptionError('x', cause),
         new NetworkError('x'), new NetworkError('x', cause), new ValidationError('x'), new ZephrError('x'),
       ];
       export const limits: [boolean, number, number, boolean] = [VALID_EXPIRY.has(60), SECRET_MAX_BYTES, SECRET_MAX_LENGTH, SECRET_ID_RE.test('x')];`;

/** TypeScript 7 no longer has the resolution that projects from before `exports` use: for it, the one that attw brings. */
function compilerFor(moduleResolution: string): string {
  if (moduleResolution !== 'node') return join(ROOT, 'node_modules/typescript/bin/tsc');
  const attw = createRequire(join(ROOT, 'node_modules/@arethetypeswrong/core/package.json'));
  return attw.resolve('typescript/bin/tsc');
}

describe('a TypeScript project', () => {
  it.each([
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['bundler', 'esnext'],
    ['node', 'esnext'],
  ])('compiles with moduleResolution %s', (moduleResolution, module) => {
    writeFileSync(join(installed.folder, 'new.ts'), NEW_PROGRAM);
    writeFileSync(join(installed.folder, 'existing.ts'), EXISTING_PROGRAM);
    const options = [
      '--noEmit',
      '--strict',
      '--target',
      'es2022',
      '--lib',
      'es2023,dom',
      // None of Node's: a project has them only if it asks for them.
      '--typeRoots',
      'none',
      // The one compiler at hand that knows it is older than the Uint8Array<ArrayBuffer> in our types (TypeScript 5.7).
      '--skipLibCheck',
      String(moduleResolution === 'node'),
    ];
    const resolution = ['--module', module, '--moduleResolution', moduleResolution];
    const tsc = compilerFor(moduleResolution);
    const compiled = spawnSync(process.execPath, [tsc, ...options, ...resolution, 'new.ts', 'existing.ts'], {
      cwd: installed.folder,
    });
    expect(compiled.stdout.toString()).toBe('');
    expect(compiled.status).toBe(0);
  });
});

describe('a browser bundle', () => {
  it('is made by esbuild without a warning, Argon2id apart, at most 13 KB gzipped', async () => {
    const { warnings, outputFiles } = await esbuild({
      absWorkingDir: installed.folder,
      entryPoints: ['app.js'],
      bundle: true,
      minify: true,
      splitting: true,
      format: 'esm',
      platform: 'browser',
      outdir: 'out',
      write: false,
      logLevel: 'silent',
    });
    expect(warnings).toEqual([]);
    const app = outputFiles.find(({ path }) => path.endsWith('app.js'));
    expect(app?.text).not.toContain('memorySize');
    expect(gzipSync(app?.contents ?? '').length).toBeLessThanOrEqual(13 * 1024);
  });

  it('is made by rollup without a warning', async () => {
    const warnings: string[] = [];
    const bundle = await rollup({
      input: join(installed.folder, 'app.js'),
      onwarn: ({ message }) => warnings.push(message),
      plugins: [
        {
          // What its node-resolve plugin would do with an exports map of one condition.
          name: 'resolve-zephr',
          resolveId: (id) =>
            id === 'zephr' ? join(installed.folder, 'node_modules/zephr/dist/index.js') : null,
        },
      ],
    });
    await bundle.generate({ format: 'es' });
    await bundle.close();
    expect(warnings).toEqual([]);
  });

  it('is made by vite without a warning', async () => {
    const warnings: string[] = [];
    const warn = (message: string) => {
      warnings.push(message);
    };
    await vite({
      root: installed.folder,
      configFile: false,
      build: { write: false, lib: { entry: 'app.js', formats: ['es'] } },
      customLogger: {
        info: () => undefined,
        warn,
        warnOnce: warn,
        error: warn,
        clearScreen: () => undefined,
        hasErrorLogged: () => false,
        hasWarned: false,
      },
    });
    expect(warnings).toEqual([]);
  });
});

describe('a program', () => {
  it('tests itself with zephr/testing', async () => {
    const { stdout, stderr, code } = await run(`
      import { createSecret, retrieveSecret, secretStatus } from 'zephr';
      import { createTestServer } from 'zephr/testing';
      const { server, fetch, advance } = createTestServer();
      const { fullLink } = await createSecret('hunter2', { server, fetch });
      console.log((await secretStatus(fullLink, { fetch })).state);
      console.log((await retrieveSecret(fullLink, { fetch })).plaintext);
      console.log((await secretStatus(fullLink, { fetch })).state);
      const late = await createSecret('hunter2', { server, fetch, expiry: '5m' });
      advance(5 * 60_000);
      console.log(await retrieveSecret(late.fullLink, { fetch }).catch((error) => error.code));
    `);
    expect(stderr).toBe('');
    expect(stdout).toBe('waiting\nhunter2\nread\nSECRET_EXPIRED\n');
    expect(code).toBe(0);
  });

  it.each([
    ['before', 'AbortSignal.abort()', 'fetch'],
    ['while it connects', 'AbortSignal.timeout(50)', '() => new Promise(() => {})'],
    [
      'while the answer comes',
      'AbortSignal.timeout(50)',
      'async () => ({ status: 200, headers: new Headers(), body: new ReadableStream() })',
    ],
    ['between two tries', 'AbortSignal.timeout(50)', "async () => { throw new TypeError('cut') }"],
  ])('ends by itself after an abort %s', async (_, signal, fetch) => {
    const { stdout, code } = await run(`
      import { createSecret } from 'zephr';
      const signal = ${signal};
      const error = await createSecret('x', { server: 'https://zephr.example', fetch: ${fetch}, signal, timeout: 60_000 }).catch((error) => error);
      console.log(error === signal.reason);
    `);
    expect(stdout).toBe('true\n');
    expect(code).toBe(0);
  });

  // Over Node's own fetch: a socket that is still open would keep the process alive.
  it.each([
    ['create', "createSecret('x', { server, signal, timeout: 60_000 })"],
    [
      'read',
      "retrieveSecret(server + '/secret/' + 'A'.repeat(22) + '#v1.' + 'A'.repeat(43), { signal, timeout: 60_000 })",
    ],
  ])('ends by itself after an abort of a %s that a server leaves without an answer', async (_, call) => {
    const silent = createServer(() => undefined);
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const { port } = silent.address() as AddressInfo;
    const { stdout, code } = await run(`
      import { createSecret, retrieveSecret } from 'zephr';
      const server = 'http://127.0.0.1:${port}';
      const signal = AbortSignal.timeout(200);
      console.log((await ${call}.catch((error) => error)) === signal.reason);
    `);
    silent.close();
    expect(stdout).toBe('true\n');
    expect(code).toBe(0);
  });

  it('finds each documented export', () => {
    const { exports } = JSON.parse(
      readFileSync(join(installed.folder, 'node_modules/zephr/package.json'), 'utf8'),
    );
    expect(Object.keys(exports)).toEqual([
      '.',
      './limits.js',
      './testing',
      './vault',
      './intercept',
      './package.json',
    ]);
  });
});
