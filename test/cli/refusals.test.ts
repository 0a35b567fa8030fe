import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deadHost, httpHost, tcpHost } from '../support/hosts.js';
import { type ServerProcess, startServerProcess } from '../support/server.js';
import { openSession, type Session } from '../support/session.js';
import { UNPRIVILEGED, withoutModes } from '../support/unprivileged.js';

let server: ServerProcess;

beforeAll(async () => {
  server = await startServerProcess();
});

afterAll(async () => {
  await server.stop();
});

function session(): Session {
  return openSession({ ZEPHR_SERVER: server.url });
}

describe('zephr refuses', () => {
  it.each([
    ['nothing on stdin', ':', 2, 'the secret is empty'],
    ['stdin from /dev/null', 'cat /dev/null', 2, 'the secret is empty'],
    ['white space', String.raw`printf ' \n\t\r\n'`, 2, 'nothing but white space'],
    ['more than any link carries', 'head -c 2000000 /dev/zero', 4, 'larger than'],
    ['more than any link carries, for ever', 'yes', 4, 'larger than'],
  ])('%s', async (_, source, code, words) => {
    const result = await session().sh(`${source} | zephr`);
    expect(result.stderr).toContain(`zephr: error: `);
    expect(result.stderr).toContain(words);
    expect(result.stdout).toBe('');
    expect(result.code).toBe(code);
  });

  it('a closed stdin', async () => {
    const { code, stderr } = await session().sh('zephr <&-');
    expect(stderr).toContain('the secret is empty');
    expect(code).toBe(2);
  });

  it('a directory on stdin', async () => {
    const { code, stderr } = await session().sh('zephr < .');
    expect(stderr).toContain('stdin is a directory');
    expect(code).toBe(2);
  });

  it('a secret on the command line, and does not repeat it', async () => {
    const { code, stderr } = await session().sh('zephr hunter2');
    expect(stderr).toContain('arguments show in ps');
    expect(stderr).toContain('pipe it in');
    expect(stderr).not.toContain('hunter2');
    expect(code).toBe(2);
  });

  it('a link where a secret goes, and says get', async () => {
    const { code, stderr } = await session().sh(`zephr '${server.url}/secret/x#v2.y'`);
    expect(stderr).toContain('zephr get <link>');
    expect(code).toBe(2);
  });

  it.each([
    ['--expiry 5y', 'the expiry is not a time'],
    ['--expiry 0', 'between 1 minute and 30 days'],
    ['--expiry 31d', 'between 1 minute and 30 days'],
    ['--link v3', 'not v1 or v2'],
    ['--timeout 0', 'the timeout is not a number of seconds'],
    ['--timeout soon', 'the timeout is not a number of seconds'],
    ['--hint ä', 'printable ASCII'],
    [`--hint ''`, 'printable ASCII'],
    ['--views 0', 'the number of readers'],
    ['--views 1001', 'the number of readers'],
    ['--views some', 'not a whole number'],
    ['--name a/b', 'name'],
    ['--link v1 --views 2', 'needs a version 2 link'],
    ['--link v1 --message hello', 'needs a version 2 link'],
    ['--passphrase', 'no terminal'],
    ['-e -5m', 'the expiry is not a time'],
    ['-e 1e3', 'the expiry is not a time'],
    ['-e 0x10', 'the expiry is not a time'],
    ['-e 1.5h', 'the expiry is not a time'],
    ["-e ''", 'the expiry is not a time'],
    ['--views 0x10', 'not a whole number'],
    ['--views -1', 'not a whole number'],
    ['--views 1e3', 'not a whole number'],
    ['--timeout -1', 'the timeout is not a number of seconds'],
    ['--timeout 1e3', 'the timeout is not a number of seconds'],
    ['-qsp --json', 'no terminal to ask for the passphrase'],
    ["--server ''", '--server is blank'],
    ["--config ''", '--config is blank'],
    ['--server nowhere', 'not a URL (from --server)'],
    ['--server http://example.com', 'loopback'],
    ['--server https://user:word@example.com', 'user name'],
    ['--no-such-option', "unknown option '--no-such-option'"],
    ['--hint', 'argument missing'],
  ])('%s with exit 2', async (options, words) => {
    const { code, stderr, stdout } = await session().sh(`echo hunter2 | zephr ${options}`);
    expect(stderr).toMatch(options.includes('--json') ? /^\{"error":/ : /^zephr: error: /);
    expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('to repeat what was given with an unknown option', async () => {
    const { code, stderr } = await session().sh('zephr --password=hunter2');
    expect(stderr).not.toContain('hunter2');
    expect(code).toBe(2);
  });

  it('with one JSON object on stderr under --json', async () => {
    const { code, stderr, stdout } = await session().sh(': | zephr --json');
    expect(JSON.parse(stderr)).toEqual({
      error: { code: 'USAGE', message: 'the secret is empty', hint: expect.any(String) },
    });
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe('zephr get refuses, with exit 2 and the secret untouched,', () => {
  const id = 'A'.repeat(22);
  const key = `v2.${'A'.repeat(43)}`;

  it.each([
    ['what is no link', 'hello', 'not a zephr link'],
    ['a link without secret/', `https://zephr.example/${id}#${key}`, 'not a zephr link'],
    ['a short id', `https://zephr.example/secret/${id.slice(1)}#${key}`, 'its id'],
    ['a long id', `https://zephr.example/secret/${id}A#${key}`, 'its id'],
    ['plain http to a host', `http://zephr.example/secret/${id}#${key}`, 'loopback'],
    ['another scheme', `ftp://zephr.example/secret/${id}#${key}`, 'not an https URL'],
    ['a short key', `https://zephr.example/secret/${id}#${key.slice(0, -1)}`, '42 characters'],
    ['a long key', `https://zephr.example/secret/${id}#${key}A`, '44 characters'],
    ['a padded key', `https://zephr.example/secret/${id}#${key.slice(0, -1)}=`, 'not base64url'],
    ['trailing bits in a key', `https://zephr.example/secret/${id}#${key.slice(0, -1)}B`, 'not base64url'],
    [
      'a key without version',
      `https://zephr.example/secret/${id}#${'A'.repeat(43)}`,
      'does not start with v1.',
    ],
    [
      'an unknown version',
      `https://zephr.example/secret/${id}#v9.${'A'.repeat(43)}`,
      'of a version this zephr does not know',
    ],
    ['half a pair with nobody to ask', `https://zephr.example/secret/${id}`, 'the link has no key'],
    [
      'a v2p link with nobody to ask',
      `https://zephr.example/secret/${id}#v2p.${'A'.repeat(43)}`,
      'needs a passphrase',
    ],
  ])('%s', async (_, link, words) => {
    const { code, stderr } = await session().sh(`zephr get '${link}'`);
    expect(stderr).toContain('zephr: error: ');
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('AAAAA');
    expect(code).toBe(2);
  });

  it.each([
    ['nothing on stdin', 'zephr get', 'there is no link'],
    ['an empty pipe', ': | zephr get', 'there is no link'],
    ['two links', 'zephr get "$(cat link)" x', 'too many arguments'],
    ['a link and --url', 'zephr get "$(cat link)" --url x', 'given twice'],
    ['a whole link and a key', 'zephr get "$(cat link)" --key x', 'has a key already'],
    ['--key and --key-file', 'zephr get "$(cat link)" --key x --key-file y', 'given twice'],
    [
      'a key file that is not there',
      'zephr get "$(cut -d "#" -f 1 link)" --key-file nowhere',
      'there is no such file',
    ],
    [
      'a passphrase the link does not take',
      'echo x > p; zephr get --passphrase-file p < link',
      'takes no passphrase',
    ],
    [
      'a passphrase file that is not there',
      'echo x > p; echo y | zephr -q --passphrase-file p > 2; zephr get --passphrase-file no < 2',
      'no passphrase in no: there is no such file',
    ],
    ['an output in no directory', 'zephr get -o no/such/file < link', 'there is no such directory'],
    ['an output below a file', 'zephr get -o link/file < link', 'not a directory'],
    ['an empty output', `zephr get -o '' < link`, 'no file name'],
  ])('%s', async (_, command, words) => {
    const { sh } = session();
    await sh('echo hunter2 | zephr -q > link');
    const { code, stderr } = await sh(command);
    expect(stderr).toContain(words);
    expect(code).toBe(2);
    expect((await sh('zephr get < link')).stdout).toBe('hunter2\n');
  });

  it('an output that exists, with exit 4', async () => {
    const { sh, folder } = session();
    const { code, stderr } = await sh(
      'echo hunter2 | zephr -q > link; echo old > file; zephr get -o file < link',
    );
    expect(stderr).toContain('file exists');
    expect(stderr).toContain('zephr: hint: use --force');
    expect(code).toBe(4);
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('old\n');
    expect((await sh('zephr get -o file --force < link; cat file')).stdout).toBe('hunter2\n');
  });

  it.skipIf(withoutModes !== '')(`an output in a directory that is not ours${withoutModes}`, async () => {
    const { sh, folder } = session();
    mkdirSync(join(folder, 'theirs'));
    chmodSync(join(folder, 'theirs'), 0o500);
    const { code, stderr } = await sh(
      `echo hunter2 | zephr -q > link; ${UNPRIVILEGED}zephr get -o theirs/file < link`,
    );
    expect(stderr).toContain('permission denied');
    expect(code).toBe(2);
    expect((await sh('zephr get < link')).stdout).toBe('hunter2\n');
  });
});

describe('zephr get -o', () => {
  it('writes a file that only its owner reads, and leaves nothing else', async () => {
    const { sh, folder } = session();
    const { stdout, stderr, code } = await sh('umask 000; echo hunter2 | zephr -q | zephr get -o file');
    expect(stdout).toBe('');
    expect(stderr).toContain('8 bytes written to file');
    expect(code).toBe(0);
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('hunter2\n');
    expect(statSync(join(folder, 'file')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('leaves nothing when the read fails', async () => {
    const { sh, folder } = session();
    const { code } = await sh('echo hunter2 | zephr -q > link; zephr get < link; zephr get -o file < link');
    expect(code).toBe(6);
    expect(readdirSync(folder)).toEqual(['link']);
  });

  it('gives a secret its own name in a directory, and a number when that is taken', async () => {
    const { sh, folder } = session();
    const { stderr } = await sh(
      'mkdir keys; for i in 1 2; do echo $i | zephr -q --name id_rsa | zephr get -o keys; done; echo 3 | zephr -q | zephr get -o keys',
    );
    expect(stderr).toContain('written to keys/id_rsa\n');
    expect(stderr).toContain('written to keys/id_rsa.1\n');
    expect(readdirSync(join(folder, 'keys')).sort()).toEqual(['id_rsa', 'id_rsa.1', 'secret']);
    expect(readFileSync(join(folder, 'keys/id_rsa'), 'utf8')).toBe('1\n');
  });

  it('writes to a pipe as it is', async () => {
    const { sh } = session();
    const { stdout } = await sh(
      'mkfifo pipe; cat pipe & echo hunter2 | zephr -q | zephr get -q -o pipe; wait',
    );
    expect(stdout).toBe('hunter2\n');
  });

  it.each(['-', '/dev/stdout', '/dev/fd/1', '/proc/self/fd/1'])(
    'writes raw to stdout for %s',
    async (path) => {
      const { sh } = session();
      const { stdout } = await sh(`echo hunter2 | zephr -q | zephr get -q -o ${path} > file; cat file`);
      expect(stdout).toBe('hunter2\n');
    },
  );

  it.each([
    ['/dev/stderr', '2>> file'],
    ['/dev/fd/3', '3>> file'],
  ])('writes to the descriptor that is %s, and puts no file in its place', async (path, open) => {
    const { sh } = session();
    const { stdout } = await sh(
      `echo first > file; echo hunter2 | zephr -q | zephr get -q -o ${path} ${open}; cat file`,
    );
    expect(stdout).toBe('first\nhunter2\n');
  });

  it('takes the place of a symbolic link with --force, and leaves what it leads to', async () => {
    const { sh } = session();
    const { stdout } = await sh(`echo theirs > theirs; ln -s theirs file
      echo hunter2 | zephr -q > link; zephr get -q -o file < link; echo $?
      zephr get -q --force -o file < link; cat file theirs; test -h file || echo 'no link'`);
    expect(stdout).toBe('4\nhunter2\ntheirs\nno link\n');
  });

  it('gives a name that two take at once to one, and leaves the other its secret', async () => {
    const { sh } = session();
    const { stdout } = await sh(`
      echo one | zephr -q > 1; echo two | zephr -q > 2
      zephr get -q -o file < 1 & zephr get -q -o file < 2; echo $?; wait $!; echo $?
      for link in 1 2; do zephr get -q < $link; done; cat file; ls -A | grep part`);
    expect(stdout.split('\n').sort()).toEqual(['', '0', '4', 'one', 'two']);
  });

  it.each([
    ['longer than any file system takes', 'x'.repeat(300), 'the name is too long'],
    ['that ends as a directory does', 'file/', 'there is no such directory'],
  ])('refuses a name %s with exit 2, before it reads', async (_, name, words) => {
    const { sh } = session();
    const { code, stderr } = await sh(`echo hunter2 | zephr -q > link; zephr get -o ${name} < link`);
    expect(stderr).toContain(words);
    expect(code).toBe(2);
    expect((await sh('zephr get < link')).stdout).toBe('hunter2\n');
  });
});

describe('the network', () => {
  const link = (url: string) => `${url}/secret/${'A'.repeat(22)}#v2.${'A'.repeat(43)}`;
  const html = () =>
    httpHost((_, response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>hi</h1>'));
  const broken = () =>
    httpHost((_, response) => response.writeHead(500, { 'Content-Type': 'text/html' }).end('<h1>oh</h1>'));
  const half = () =>
    httpHost((_, response) => {
      response
        .writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '500' })
        .write('{"encrypted_blob":"AAA');
      setTimeout(() => response.destroy(), 10);
    });
  const never = () => tcpHost(() => undefined);

  it.each<[string, () => Promise<string>, string]>([
    ['HTML', html, 'did not answer as a zephr server'],
    ['500', broken, 'Request failed (HTTP 500).'],
    ['half a body', half, 'closed the connection before its answer was complete'],
    ['nothing, ever', never, 'did not answer in time'],
    ['no connection', deadHost, 'refused the connection'],
  ])('that answers %s is exit 8, for a create and for a get', async (_, host, words) => {
    const { sh } = session();
    const url = await host();
    for (const command of [
      `echo hunter2 | zephr --server ${url} --timeout 3`,
      `zephr get '${link(url)}' --timeout 3`,
    ]) {
      const { code, stderr, stdout } = await sh(command);
      expect(stderr).toContain('zephr: error: ');
      expect(stderr).toContain(words);
      expect(stderr).not.toContain('<h1>');
      expect(stderr).not.toContain('AAAAA');
      expect(stdout).toBe('');
      expect(code).toBe(8);
    }
  });

  it('that answers in something else than HTTP is exit 8, asked once, and is not called silent', async () => {
    let asked = 0;
    const url = await tcpHost((socket) =>
      socket.once('data', () => {
        asked++;
        socket.end('SSH-2.0-OpenSSH_9.9\r\n');
      }),
    );
    expect(await session().sh(`echo hunter2 | zephr --server ${url}`)).toMatchObject({
      code: 8,
      stdout: '',
      stderr: expect.stringMatching(
        /^zephr: error: 127\.0\.0\.1:\d+ did not answer as a zephr server\nzephr: hint: check --server/,
      ),
    });
    expect(asked).toBe(1);
  });

  it.each(['echo hunter2 | zephr --server URL', 'zephr get LINK', 'zephr status LINK', 'zephr revoke LINK'])(
    'that redirects is exit 8 for %s, and is not followed: the host is named',
    async (command) => {
      let followed = 0;
      const target = await httpHost((_, response) => {
        followed++;
        response.writeHead(500).end();
      });
      const url = await httpHost((request, response) => {
        request.resume();
        response.writeHead(307, { Location: `${target}${request.url}#v2.hunter3` }).end();
      });
      const { code, stderr } = await session().sh(command.replace('URL', url).replace('LINK', link(url)));
      expect(stderr).toBe(
        `zephr: error: ${new URL(url).host} redirects to ${new URL(target).host}, and redirects are not followed\n`,
      );
      expect(code).toBe(8);
      expect(followed).toBe(0);
    },
  );

  it('that fails is asked three times with the same bytes, key or claim; one that decides, once', async () => {
    for (const [status, times] of [
      [503, 3],
      [500, 1],
      [429, 1],
    ] as const) {
      const seen: string[] = [];
      const url = await httpHost(async (request, response) => {
        let body = '';
        for await (const chunk of request) body += String(chunk);
        const { 'idempotency-key': key, 'zephr-claim': claim } = request.headers;
        seen.push(JSON.stringify([request.method, key ?? claim, body]));
        response.writeHead(status).end();
      });
      await session().sh(`echo hunter2 | zephr --server ${url}; zephr get '${link(url)}'`);
      expect(seen).toHaveLength(2 * times);
      expect(new Set(seen).size).toBe(2);
    }
  });

  it('without the host is exit 8', async () => {
    const { code, stderr } = await session().sh('echo hunter2 | zephr --server https://nowhere.invalid');
    expect(stderr).toContain('nowhere.invalid');
    expect(code).toBe(8);
  });

  it('with a server of version 1 only is told, and no link is shown', async () => {
    const url = await httpHost((request, response) => {
      request.resume();
      request.on('end', () => {
        const body = { id: 'A'.repeat(22), expires_at: new Date().toISOString() };
        response.writeHead(201, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
      });
    });
    const { code, stdout, stderr } = await session().sh(`echo hunter2 | zephr --server ${url}`);
    expect(stderr).toContain('speaks only version 1');
    expect(stdout).toBe('');
    expect(code).toBe(8);
  });

  it('shows control characters of a server instead of sending them to the terminal', async () => {
    const url = await httpHost((_, response) => {
      const error = { code: 'EVIL', message: 'red \u001b[31m and \u202eback' };
      response.writeHead(400, { 'Content-Type': 'application/json' }).end(JSON.stringify({ error }));
    });
    const { stderr } = await session().sh(`zephr get '${link(url)}'`);
    expect(stderr).toContain('red \\u{1b}[31m and \\u{202e}back');
    expect(stderr).not.toContain('\u001b');
  });

  it.each([
    [401, 3],
    [403, 4],
    [413, 4],
    [404, 5],
    [410, 6],
    [429, 7],
    [400, 2],
    [503, 8],
  ])('that answers %i is exit %i', async (status, expected) => {
    const url = await httpHost((_, response) => {
      response
        .writeHead(status, { 'Content-Type': 'application/json', 'Retry-After': '30' })
        .end('{"error":{"code":"SOME","message":"some words"}}');
    });
    const { code, stderr } = await session().sh(`zephr get '${link(url)}'`);
    expect(stderr).toBe('zephr: error: some words\nzephr: hint: try again in 30 s\n');
    expect(code).toBe(expected);
  });
});

describe('settings', () => {
  it('come from the flag before the environment before the config file', async () => {
    const { sh, folder } = openSession();
    const dead = await deadHost();
    mkdirSync(join(folder, '.config/zephr'), { recursive: true });
    const config = join(folder, '.config/zephr/config.json');
    writeFileSync(config, JSON.stringify({ server: server.url, expiry: '5m', link: 'v1' }), { mode: 0o600 });
    const fromFile = await sh('echo x | zephr --json');
    expect(JSON.parse(fromFile.stdout).fullLink).toMatch(/#v1\./);
    expect(Date.parse(JSON.parse(fromFile.stdout).expiresAt) - Date.now()).toBeLessThan(6 * 60_000);
    expect((await sh('echo x | zephr --timeout 2', { env: { ZEPHR_SERVER: dead } })).code).toBe(8);
    expect((await sh(`echo x | zephr --server ${server.url}`, { env: { ZEPHR_SERVER: dead } })).code).toBe(0);
  });

  it.each([
    ['not JSON', '{"apiKey": "zeph_secret', 'is not JSON'],
    ['not an object', '[]', 'is not a JSON object'],
    ['of a wrong type', '{"server": 5}', 'the value of server is not a string'],
  ])(
    'in a config file that is %s are exit 2, and the file is named but not quoted',
    async (_, text, words) => {
      const { sh, folder } = session();
      writeFileSync(join(folder, 'config.json'), text);
      const { code, stderr } = await sh('echo x | zephr --config config.json');
      expect(stderr).toContain('config.json');
      expect(stderr).toContain(words);
      expect(stderr).not.toContain('zeph_secret');
      expect(code).toBe(2);
    },
  );

  it.each([
    ['{"expiry": "soon"}', 'the expiry is not a time'],
    ['{"link": "v3"}', 'the link version is not v1 or v2'],
    ['{"server": "ftp://x"}', 'the server is not an https URL'],
  ])('in a config file that are none say where they are from: %s', async (text, words) => {
    const { sh, folder } = openSession();
    writeFileSync(join(folder, 'config.json'), text);
    const { code, stderr } = await sh('echo x | zephr --config config.json');
    expect(stderr).toContain(`zephr: error: ${words}`);
    expect(stderr).toContain('(from the config file)\nzephr: hint: ');
    expect(code).toBe(2);
  });

  it('that are blank in the environment are absent', async () => {
    const blank = { ZEPHR_API_KEY: ' ', ZEPHR_API_KEY_FILE: '', ZEPHR_CONFIG: ' ', XDG_CONFIG_HOME: '' };
    const one = openSession({ ZEPHR_SERVER: ` ${server.url} `, ZEPHR_CALLBACK_SECRET: ' ', ...blank });
    expect(await one.sh('echo x | zephr -q | zephr get')).toMatchObject({ code: 0, stdout: 'x\n' });
    expect((await one.sh('echo x | ZEPHR_SERVER= zephr --timeout 1')).stderr).toContain('zephr.io');
  });

  it.each([
    ['that is not there', 'no', 'no API key in no: there is no such file'],
    ['that is a directory', '.', 'no API key in .: it is a directory'],
    ['that is empty', '/dev/null', 'no API key in /dev/null: it is empty'],
    ['that is blank', 'blank', 'no API key in blank: it is blank'],
    ['that never ends', '/dev/zero', 'no API key in /dev/zero: it is too long'],
  ])('with a file for the API key %s are exit 2, and nothing is sent', async (_, path, words) => {
    const { sh } = openSession({ ZEPHR_SERVER: await deadHost(), ZEPHR_API_KEY_FILE: path });
    expect(await sh("echo ' ' > blank; echo hunter2 | zephr")).toMatchObject({
      code: 2,
      stdout: '',
      stderr: `zephr: error: ${words}\nzephr: hint: ZEPHR_API_KEY_FILE names that file\n`,
    });
  });

  it('with a pipe for the API key that nobody writes to can be interrupted', async () => {
    const { sh } = openSession({ ZEPHR_SERVER: await deadHost(), ZEPHR_API_KEY_FILE: 'pipe' });
    const { stdout } = await sh(
      'mkfifo pipe; echo x > in; timeout --preserve-status -s INT 1 zephr < in; echo $?',
    );
    expect(stdout).toBe('130\n');
  });

  it('take the API key from the environment, then its file, then the config file, to the configured server only', async () => {
    const keys: (string | undefined)[] = [];
    const url = await httpHost((request, response) => {
      keys.push(request.headers.authorization);
      response.writeHead(401).end();
    });
    const { sh, folder } = openSession({
      ZEPHR_SERVER: url,
      ZEPHR_API_KEY: 'zeph_1',
      ZEPHR_API_KEY_FILE: 'key',
    });
    writeFileSync(join(folder, 'key'), 'zeph_2\n');
    mkdirSync(join(folder, '.config/zephr'), { recursive: true });
    writeFileSync(join(folder, '.config/zephr/config.json'), '{"apiKey":"zeph_3"}', { mode: 0o600 });
    await sh('echo x | zephr');
    await sh('echo x | ZEPHR_API_KEY= zephr');
    await sh('echo x | ZEPHR_API_KEY= ZEPHR_API_KEY_FILE= zephr');
    for (const command of ['get', 'status', 'revoke'])
      await sh(`zephr ${command} ${url}/secret/${'A'.repeat(22)}#v2.${'A'.repeat(43)}`);
    expect(keys).toEqual([
      'Bearer zeph_1',
      'Bearer zeph_2',
      'Bearer zeph_3',
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('in a config file that was named must be there', async () => {
    const { code, stderr } = await session().sh('echo x | ZEPHR_CONFIG=nowhere.json zephr');
    expect(stderr).toContain('nowhere.json cannot be read: there is no such file');
    expect(code).toBe(2);
  });

  it('send the API key to the server that creates, and never with a read', async () => {
    const authorization: (string | undefined)[] = [];
    const url = await httpHost((request, response) => {
      authorization.push(request.headers.authorization);
      response
        .writeHead(401, { 'Content-Type': 'application/json' })
        .end('{"error":{"code":"INVALID_API_KEY","message":"no"}}');
    });
    const { sh } = openSession({ ZEPHR_SERVER: url, ZEPHR_API_KEY: ' zeph_test ' });
    expect((await sh('echo x | zephr')).code).toBe(3);
    await sh(`zephr get '${url}/secret/${'A'.repeat(22)}#v2.${'A'.repeat(43)}'`);
    expect(authorization).toEqual(['Bearer zeph_test', undefined]);
  });

  it('warn of an API key that others can read', async () => {
    const { sh, folder } = session();
    const config = join(folder, 'config.json');
    writeFileSync(config, '{"apiKey":"zeph_test"}', { mode: 0o644 });
    const { stderr } = await sh('echo x | zephr --config config.json');
    expect(stderr).toContain('zephr: warning: others can read the API key in config.json');
    chmodSync(config, 0o600);
    expect((await sh('echo x | zephr --config config.json')).stderr).not.toContain('warning');
    writeFileSync(join(folder, 'key'), 'zeph_test', { mode: 0o644 });
    const file = await sh('echo x | ZEPHR_API_KEY_FILE=key zephr');
    expect(file.stderr).toContain(
      'zephr: warning: others can read the API key in key\nzephr: hint: let only yourself',
    );
    expect(file.code).toBe(3);
    chmodSync(join(folder, 'key'), 0o600);
    expect((await sh('echo x | ZEPHR_API_KEY_FILE=key zephr')).stderr).not.toContain('warning');
  });
});

describe.skipIf(!existsSync('/dev/full'))('a stdout without room', () => {
  it.each(['--version', '--help', 'help get', 'completion bash', 'config path', 'doctor', 'status < link'])(
    'is an error of one line for zephr %s',
    async (command) => {
      const { sh } = session();
      expect(await sh(`echo x | zephr -q > link; zephr ${command} > /dev/full`)).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^zephr: error: ENOSPC: .*\n$/),
      });
    },
  );

  it('loses the link of a create, and says that nobody has it', async () => {
    expect(await session().sh('echo x | zephr > /dev/full')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^zephr: error: the link could not be written: ENOSPC.*\nzephr: hint: nobody has it/,
      ),
    });
  });
});

describe('help', () => {
  it('and version go to stdout with exit 0', async () => {
    const { sh } = session();
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(await sh('zephr --version')).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
    const help = await sh('zephr --help');
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toContain('zephr get');
    expect((await sh('zephr get --help')).stdout).toContain('--key-file');
  });
});
