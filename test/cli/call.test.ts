/** `zephr call`: a request with a secret that the caller does not see, and the log of it. */

import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { linesOf, readLine, verifyChain } from '../../src/broker/audit/chain.js';
import { readAuditLog } from '../../src/broker/audit/log.js';
import { HAS_SCRIPT, type } from '../support/typing.js';
import { type VaultSession, vaultSession } from '../support/vault.js';

const SECRET = 'correct horse/battery+staple';

/** A host on loopback that says what it was asked, and how often it was. */
async function echoHost(
  answer: (request: IncomingMessage, body: string, response: ServerResponse) => void = (_, __, response) =>
    response.end(),
): Promise<{ url: string; host: string; asked: IncomingMessage[] }> {
  const asked: IncomingMessage[] = [];
  const server = createServer(async (request, response) => {
    asked.push(request);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    answer(request, Buffer.concat(chunks).toString(), response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, host: `127.0.0.1:${port}`, asked };
}

/** A session whose vault has API_KEY, bound to a host. */
async function boundSession(host: string, options = ''): Promise<VaultSession> {
  const session = await vaultSession();
  const { code, stderr } = await session.sh(
    `printf %s '${SECRET}' | zephr vault set API_KEY --host ${host} ${options}`,
  );
  expect(code, stderr).toBe(0);
  return session;
}

const logOf = ({ folder }: VaultSession) => join(folder, '.local/state/zephr/audit.jsonl');

describe('zephr call', () => {
  it('sends the secret, and prints the answer without it', async () => {
    const { url, host, asked } = await echoHost(({ headers }, _, response) => {
      response.end(
        `you sent ${headers.authorization}, or ${Buffer.from(String(headers.authorization)).toString('base64')}\n`,
      );
    });
    const session = await boundSession(host);
    const { stdout, stderr, code } = await session.sh(`zephr call ${url}/v1/me?x=1 --bearer API_KEY`);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^you sent Bearer \[masked API_KEY\], or \S*\[masked API_KEY\]\S*\n$/);
    expect(asked[0]?.headers.authorization).toBe(`Bearer ${SECRET}`);
  });

  it('takes bodies as curl does, and puts the secret into them', async () => {
    const { url, host } = await echoHost((request, body, response) => {
      response.end(
        JSON.stringify([request.method, request.headers['content-type'], body.replaceAll(SECRET, 'SEEN')]),
      );
    });
    const { sh, folder } = await boundSession(host);
    writeFileSync(join(folder, 'body'), '{"a":1}');
    const json = await sh(`zephr call ${url} -d @body --body-field auth.key=API_KEY`);
    expect(JSON.parse(json.stdout)).toEqual(['POST', 'application/json', '{"a":1,"auth":{"key":"SEEN"}}']);
    const form = await sh(`printf a=1 | zephr call ${url} -X put -d - --form-field k=API_KEY`);
    expect(JSON.parse(form.stdout)).toEqual([
      'PUT',
      'application/x-www-form-urlencoded',
      expect.stringMatching(/^a=1&k=/),
    ]);
  });

  it('prints one object with --json, in the shape that others read', async () => {
    const { url, host } = await echoHost(({ headers }, _, response) => {
      response
        .writeHead(418, { 'X-Two': ['a', 'b'] })
        .end(Buffer.concat([Buffer.of(0xff), Buffer.from(String(headers['x-key']))]));
    });
    const { sh } = await boundSession(host);
    const { stdout } = await sh(`zephr call ${url} --header X-Key=API_KEY --json`);
    expect(JSON.parse(stdout)).toEqual({
      status: 418,
      headers: expect.objectContaining({ 'x-two': ['a', 'b'] }),
      redacted: true,
      duration_ms: expect.any(Number),
      body: Buffer.concat([Buffer.of(0xff), Buffer.from('[masked API_KEY]')]).toString('base64'),
      base64: true,
    });
  });

  it('ends with 22 and without a body where --fail says so', async () => {
    const { url, host } = await echoHost((_, __, response) => response.writeHead(404).end('not here'));
    const { sh } = await boundSession(host);
    expect(await sh(`zephr call ${url} --bearer API_KEY`)).toMatchObject({ code: 0, stdout: 'not here' });
    const failed = await sh(`zephr call ${url} --bearer API_KEY -f`);
    expect(failed).toMatchObject({
      code: 22,
      stdout: '',
      stderr: expect.stringContaining('answered 404 Not Found'),
    });
  });

  it('follows redirects only when asked to, and takes the secret no farther than it is bound', async () => {
    const other = await echoHost((_, __, response) => response.end('elsewhere'));
    const { url, host, asked } = await echoHost(({ url: path }, _, response) => {
      if (path === '/') response.writeHead(302, { Location: '/next' }).end();
      else response.writeHead(302, { Location: other.url }).end();
    });
    const { sh } = await boundSession(host);
    expect((await sh(`zephr call ${url} --bearer API_KEY --json`)).stdout).toContain('"status":302');
    expect((await sh(`zephr call ${url} --bearer API_KEY -L`)).code).toBe(4);
    expect(asked.map(({ url: path }) => path)).toEqual(['/', '/', '/next']);
    expect(asked.every(({ headers }) => headers.authorization === `Bearer ${SECRET}`)).toBe(true);
    expect(other.asked).toEqual([]);
  });

  it('refuses what the binding does not allow, with the line that would', async () => {
    const { url, host, asked } = await echoHost();
    const session = await boundSession(host, '--as header:X-Key --methods GET');
    const slot = await session.sh(`zephr call ${url} --bearer API_KEY`);
    expect(slot.code).toBe(4);
    expect(slot.stderr).toContain(
      `a person runs: zephr vault bind API_KEY --host ${host} --as bearer --methods GET\n`,
    );
    const method = await session.sh(`zephr call ${url} -X DELETE --header x-key=API_KEY`);
    expect(method.stderr).toContain('--methods GET,DELETE\n');
    const elsewhere = await session.sh('zephr call https://other.example/ --header X-Key=API_KEY');
    expect(elsewhere.stderr).toContain(`--host ${host},other.example --as header:X-Key`);
    const plain = await session.sh('zephr call http://other.example/ --header X-Key=API_KEY');
    expect(plain).toMatchObject({ code: 4, stderr: expect.stringContaining('secrets go over https') });
    expect(asked).toEqual([]);
    const { files } = await readAuditLog(logOf(session));
    const [, ...entries] = files.flatMap(({ text }) => linesOf(text)).map(readLine);
    expect(entries.map((entry) => entry?.reason)).toEqual([
      'SLOT_NOT_ALLOWED',
      'METHOD_NOT_ALLOWED',
      'HOST_NOT_BOUND',
      'NOT_HTTPS',
    ]);
  });

  it.each<[string, string, number, string]>([
    ['a secret in place of its name', `--bearer '${SECRET}'`, 2, '--bearer takes the name of a secret'],
    ['a name that is not there', '--bearer OTHER', 5, 'there is no secret OTHER'],
    ['a place without a name', '--header X-Key', 2, '--header is a place, = and the name'],
    ['a place that is none', '--header "a b=API_KEY"', 2, 'a place is bearer'],
    ['a header that is none', '-H nothing --bearer API_KEY', 2, "-H is written as -H 'Name: value'"],
    ['a header twice', '-H "authorization: x" --bearer API_KEY', 2, 'has a header Authorization already'],
    ['a body that is not there', '-d @nothing --bearer API_KEY', 2, 'the body cannot be read'],
    ['a file that exists', '-o key --bearer API_KEY', 4, 'key exists'],
  ])('refuses %s, and sends nothing', async (_, options, code, message) => {
    const { url, host, asked } = await echoHost();
    const { sh } = await boundSession(host);
    const refused = await sh(`zephr call ${url} ${options}`);
    expect(refused).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(message) });
    expect(refused.stderr).not.toContain('horse');
    expect(asked).toEqual([]);
  });

  it('says that nobody answers, once', async () => {
    const { host } = await echoHost((_, __, response) => response.socket?.destroy());
    const { sh } = await boundSession(host);
    const { code, stderr } = await sh(`zephr call http://${host}/ --bearer API_KEY`);
    expect({ code, stderr }).toMatchObject({
      code: 8,
      stderr: expect.stringContaining(`${host} did not answer`),
    });
  });

  it('logs each use before it and after it, without the query and without a value', async () => {
    const { url, host } = await echoHost();
    const session = await boundSession(host);
    await session.sh(`zephr call '${url}/a?token=abc' --bearer API_KEY --agent robot`);
    const log = await readAuditLog(logOf(session));
    expect(verifyChain(log)).toEqual([]);
    const text = log.files.map((file) => file.text).join('');
    const about = { command: 'call', agent: 'robot', secrets: ['API_KEY'], method: 'GET', host, path: '/a' };
    expect(linesOf(text).slice(1).map(readLine)).toMatchObject([
      { ...about, decision: 'allowed' },
      { ...about, decision: 'done', status: 200 },
    ]);
    expect(text).not.toContain('token');
    expect(text).not.toContain('horse');
  });

  it('sends nothing that it cannot log', async () => {
    const { url, host, asked } = await echoHost();
    const { sh, folder } = await boundSession(host);
    writeFileSync(join(folder, 'file'), '');
    const { code, stderr } = await sh(`zephr call ${url} --bearer API_KEY`, {
      env: { XDG_STATE_HOME: join(folder, 'file') },
    });
    expect({ code, stderr }).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('what cannot be logged is refused'),
    });
    expect(asked).toEqual([]);
  });

  it('asks nobody where nobody is', async () => {
    const { url, host, asked } = await echoHost();
    const { sh } = await boundSession(host, '--approve');
    expect((await sh(`zephr call ${url} --bearer API_KEY`)).code).toBe(4);
    expect(asked).toEqual([]);
  });

  it.skipIf(!HAS_SCRIPT)('asks a person about what is to be approved', async () => {
    const { url, host, asked } = await echoHost((_, __, response) => response.end('answer'));
    const session = await boundSession(host, '--approve');
    const no = await type(session, `zephr call ${url}/x --bearer API_KEY > body`, [['to allow it', 'no\r']]);
    expect(no.code).toBe(4);
    expect(asked).toEqual([]);
    const yes = await type(session, `zephr call ${url}/x --bearer API_KEY > body`, [
      ['to allow it', 'yes\r'],
    ]);
    expect(yes.code).toBe(0);
    expect(yes.screen).toContain(`GET ${host}/x wants API_KEY as bearer`);
    expect(readFileSync(join(session.folder, 'body'), 'utf8')).toBe('answer');
  });

  it.skipIf(!HAS_SCRIPT).each([
    ['-X GET https://other.example/x', 4, 'is not bound to other.example'],
    [`-X "$(printf 'DELETE\\033[7D')" http://127.0.0.1:9/x`, 2, 'is not passed on'],
  ])('asks nobody about what is refused anyway: %s', async (request, exit, message) => {
    const session = await boundSession('127.0.0.1:9', '--approve');
    const { code, screen } = await type(session, `zephr call ${request} --bearer API_KEY`, []);
    expect(code).toBe(exit);
    expect(screen).toContain(message);
    expect(screen).not.toContain('wants API_KEY');
  });
});
