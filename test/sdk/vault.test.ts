/** `zephr/vault`, as a program uses the built package: secrets go in and to commands, and none comes back. */

import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type VaultSession, vaultSession } from '../support/vault.js';

const bundle = fileURLToPath(new URL('../../dist/vault.js', import.meta.url));

/** Runs a program, and gives what it prints as JSON. */
async function program({ sh, folder }: VaultSession, code: string): Promise<unknown> {
  const imports = `import * as vault from ${JSON.stringify(bundle)};`;
  writeFileSync(join(folder, 'program.mjs'), `${imports}\n${code}\n`);
  const { stdout, stderr } = await sh('node program.mjs');
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

/** What is thrown, as `code`. */
const codeOf = (call: string) =>
  `console.log(JSON.stringify(await ${call}.then(() => 'none', (error) => error.code)))`;

describe('zephr/vault', () => {
  it('has no way to a value', async () => {
    const names = await program(
      await vaultSession(),
      'console.log(JSON.stringify(Object.keys(vault).sort()))',
    );
    expect(names).toEqual([
      'HostNotAllowedError',
      'NotLoggedError',
      'SecretNotFoundError',
      'UpstreamError',
      'UseNotAllowedError',
      'ValidationError',
      'VaultError',
      'VaultLockedError',
      'ZephrError',
      'callWithSecret',
      'deleteSecret',
      'listSecrets',
      'runWithSecrets',
      'setSecret',
    ]);
  });

  it('keeps secrets, lists them, starts commands with them and destroys them', async () => {
    const session = await vaultSession();
    const seen = await program(
      session,
      `await vault.setSecret('A', 'correct horse');
       await vault.setSecret('B', new TextEncoder().encode('battery staple'), { environment: 'other' });
       const listed = await vault.listSecrets();
       const run = await vault.runWithSecrets('sh', ['-c', 'echo "$A$B"; echo "$A" >&2; exit 3'], { capture: true });
       const none = await vault.runWithSecrets('sh', ['-c', 'echo "<$A>"'], { only: [], capture: true });
       const killed = await vault.runWithSecrets('sh', ['-c', 'kill -TERM $$']);
       const gone = [await vault.deleteSecret('A'), await vault.deleteSecret('A')];
       console.log(JSON.stringify({ listed: listed.map(({ name, hosts }) => ({ name, hosts })), run, none, killed, gone }));`,
    );
    expect(seen).toEqual({
      listed: [{ name: 'A', hosts: [] }],
      run: { code: 3, signal: null, stdout: '[masked A]\n', stderr: '[masked A]\n' },
      none: { code: 0, signal: null, stdout: '<>\n', stderr: '' },
      killed: { code: null, signal: 'SIGTERM', stdout: null, stderr: null },
      gone: [true, false],
    });
    expect((await session.sh('zephr vault ls --all')).stdout).toContain('default/other  B');
  });

  it('lets the output of a command go on, masked', async () => {
    const session = await vaultSession({ A: 'correct horse' });
    const code = `await vault.runWithSecrets('sh', ['-c', 'echo "\\\\"$A\\\\""'])`;
    expect(await program(session, code)).toBe('[masked A]');
  });

  it('refuses what the command line refuses', async () => {
    const session = await vaultSession({ A: 'one' });
    await session.sh('echo x | zephr vault set K --host h.example');
    expect(await program(session, codeOf(`vault.runWithSecrets('true', [], { only: ['K'] })`))).toBe(
      'NOT_ALLOWED',
    );
    expect(await program(session, codeOf(`vault.runWithSecrets('true', [], { only: ['N'] })`))).toBe(
      'NO_SUCH_NAME',
    );
    expect(await program(session, codeOf(`vault.runWithSecrets('/nowhere')`))).toBe('NO_COMMAND');
    expect(await program(session, codeOf(`vault.setSecret('a', 'x')`))).toBe('INVALID_NAME');
    expect(await program(session, codeOf(`vault.setSecret('A', '')`))).toBe('EMPTY_SECRET');
    expect(await program(session, codeOf(`vault.listSecrets({ project: '.zephr' })`))).toBe('INVALID_NAME');
    expect(await program(session, codeOf(`vault.listSecrets({ keyFile: 'none' })`))).toBe('INVALID_KEY_FILE');
    session.env.ZEPHR_VAULT_KEY_FILE = '';
    expect(await program(session, codeOf('vault.listSecrets()'))).toBe('VAULT_LOCKED');
  });
});

/** A host on loopback that answers with what it was sent. */
async function echoHost(): Promise<string> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method, url, headers } = request;
    response.writeHead(method === 'DELETE' ? 500 : 200, { 'X-Two': ['a', 'b'] });
    response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('callWithSecret', () => {
  it('sends secrets in every place, and gives the answer without them', async () => {
    const host = await echoHost();
    const session = await vaultSession();
    for (const name of ['K', 'Q', 'B', 'F']) {
      const stdin = `correct-horse-${name}`;
      await session.sh(`zephr vault set ${name} --host ${host}`, { stdin });
    }
    const seen = await program(
      session,
      `const get = await vault.callWithSecret('http://${host}/a?x=1', { bearer: 'K', query: { q: 'Q' }, headers: { Accept: 'x/y' }, agent: 'robot' });
       const json = await vault.callWithSecret('http://${host}/', { header: { 'X-Key': 'K' }, bodyField: { 'auth.token': 'B' }, json: { n: 1 } });
       const form = await vault.callWithSecret('http://${host}/', { basic: 'PAIR', formField: { f: 'F' } }).catch((error) => error.name);
       const failed = await vault.callWithSecret('http://${host}/', { method: 'delete', bearer: 'K' });
       const { status, redacted, durationMs, headers } = get;
       console.log(JSON.stringify({ status, redacted, isTimed: durationMs >= 0, two: headers['x-two'], isBytes: get.body instanceof Uint8Array,
         get: get.json(), json: json.json(), text: json.text(), form, failed: failed.status }));`,
    );
    expect(seen).toMatchObject({
      status: 200,
      redacted: true,
      isTimed: true,
      two: ['a', 'b'],
      isBytes: true,
      get: {
        method: 'GET',
        url: '/a?x=1&q=[masked Q]',
        headers: { authorization: 'Bearer [masked K]', accept: 'x/y' },
      },
      json: { method: 'POST', headers: { 'x-key': '[masked K]', 'content-type': 'application/json' } },
      form: 'SecretNotFoundError',
      failed: 500,
    });
    expect((seen as { json: { body: string } }).json.body).toBe('{"n":1,"auth":{"token":"[masked B]"}}');
    const log = await session.sh('zephr vault log --agent robot --json');
    expect(JSON.parse(log.stdout).entries).toMatchObject([
      { command: 'call', secrets: ['K', 'Q'], status: 200 },
    ]);
  });

  it.each<[string, string, string, string, string]>([
    [
      'a host that it is not bound to',
      "'https://other.example/'",
      "bearer: 'K'",
      'HostNotAllowedError',
      'zephr vault bind K --host ',
    ],
    ['plain http', "'http://other.example/'", "bearer: 'K'", 'HostNotAllowedError', 'https'],
    ['a name that is not there', 'here', "bearer: 'NONE'", 'SecretNotFoundError', 'zephr vault ls'],
    ['another place', 'here', "query: { k: 'K' }", 'UseNotAllowedError', '--as query:k'],
    ['what a person is asked for', 'here', "bearer: 'ASKED'", 'UseNotAllowedError', 'run zephr proxy start'],
    ['what is no name', 'here', "bearer: 'correct-horse'", 'ValidationError', 'undefined'],
    ['what is no URL', "'nowhere'", "bearer: 'K'", 'ValidationError', 'undefined'],
    [
      'a host that does not answer',
      "'http://127.0.0.1:9/'",
      "bearer: 'GONE'",
      'UpstreamError',
      'not tried twice',
    ],
    ['a vault that is locked', 'here', "bearer: 'K', keyFile: 'other'", 'EncryptionError', 'undefined'],
  ])('refuses %s, with the way out', async (_, url, options, name, advice) => {
    const host = await echoHost();
    const session = await vaultSession();
    writeFileSync(join(session.folder, 'other'), Buffer.alloc(32, 9));
    await session.sh(`zephr vault set K --host ${host} --as bearer`, { stdin: 'correct-horse' });
    await session.sh(`zephr vault set ASKED --host ${host} --approve`, { stdin: 'correct-horse' });
    await session.sh('zephr vault set GONE --host 127.0.0.1:9', { stdin: 'correct-horse' });
    const error = await program(
      session,
      `const here = 'http://${host}/';
       const error = await vault.callWithSecret(${url}, { ${options} }).catch((error) => error);
       console.log(JSON.stringify({ name: error.name, text: error.message + String(error.advice), isZephr: error instanceof vault.ZephrError }));`,
    );
    expect(error).toMatchObject({ name, text: expect.stringContaining(advice), isZephr: true });
    expect(JSON.stringify(error)).not.toContain('correct-horse');
  });

  it('ends when it is told to, or takes too long', async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const session = await vaultSession();
    await session.sh(`zephr vault set K --host ${host}`, { stdin: 'correct-horse' });
    const names = await program(
      session,
      `const call = (options) => vault.callWithSecret('http://${host}/', { bearer: 'K', ...options }).catch((error) => error.name);
       console.log(JSON.stringify([await call({ timeout: 50 }), await call({ signal: AbortSignal.abort() })]));`,
    );
    expect(names).toEqual(['TimeoutError', 'AbortError']);
  });
});
