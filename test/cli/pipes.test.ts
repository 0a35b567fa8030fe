/** What goes in comes out, byte for byte, and stdout is nothing else. */

import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createV1, readV1 } from '../support/protocol-v1.js';
import { sharedServer } from '../support/shared-server.js';

const server = sharedServer();
const { session } = server;

describe('what goes in comes out', () => {
  const secrets: [string, Uint8Array][] = [
    ['one byte', Buffer.from('x')],
    ['every byte value', Uint8Array.from({ length: 256 }, (_, byte) => byte)],
    ['empty lines', Buffer.from('\n\na\n\n\n')],
    ['a trailing newline', Buffer.from('hunter2\n')],
    ['no trailing newline', Buffer.from('hunter2')],
    ['carriage returns', Buffer.from('a\r\nb\r\n')],
    ['a leading U+FEFF', Buffer.from('\ufeffkey')],
    ['bytes that are not UTF-8', Buffer.from([0xff, 0xfe, 0x00, 0xc3])],
    ['NUL bytes at both ends', Buffer.from('\0a\0')],
    ['500 KB of random bytes', randomBytes(500 * 1024)],
  ];

  it.each(
    secrets.flatMap(
      ([name, secret]) =>
        [
          ['v1', name, secret],
          ['v2', name, secret],
        ] as const,
    ),
  )('over a %s link: %s', async (link, _, secret) => {
    const { sh, folder } = session();
    writeFileSync(join(folder, 'in'), secret);
    const { code, stderr } = await sh(
      `zephr --link ${link} < in > link && zephr get "$(cat link)" > out && cmp in out`,
    );
    expect(stderr).toContain('the link can be read once; it expires in 1 hour');
    expect(code).toBe(0);
  });

  it('through a pipe that delivers a byte at a time', async () => {
    const { sh } = session();
    const { stdout } = await sh('(printf a; sleep 0.05; printf b; sleep 0.05; printf c) | zephr | zephr get');
    expect(stdout).toBe('abc');
  });

  it.each([
    ['hunter2\n', 'hunter2'],
    ['hunter2\r\n', 'hunter2'],
    ['two\n\n', 'two\n'],
    ['none', 'none'],
  ])('but for one final line end with --trim: %j', async (secret, rest) => {
    const one = session();
    writeFileSync(join(one.folder, 'in'), secret);
    for (const link of ['v1', 'v2'])
      expect((await one.sh(`zephr -q --trim --link ${link} < in | zephr get -q`)).stdout).toBe(rest);
  });
});

describe('zephr', () => {
  it('prints the link and a newline, and nothing else, on stdout', async () => {
    const { stdout, stderr, code } = await session().sh('echo hunter2 | zephr');
    expect(stdout).toMatch(new RegExp(`^${server.url}/secret/[\\w-]{22}#v2\\.[\\w-]{43}\n$`));
    expect(stderr).toMatch(
      /^the link can be read once; it expires in 1 hour, at (\d{4}-\d\d-\d\d )?\d\d:\d\d\n$/,
    );
    expect(code).toBe(0);
  });

  it('prints URL and key on two lines with --split', async () => {
    const { sh } = session();
    const { stdout } = await sh('echo hunter2 | zephr --split -q | tee pair');
    expect(stdout).toMatch(new RegExp(`^${server.url}/secret/[\\w-]{22}\nv2\\.[\\w-]{43}\n$`));
    const { stdout: secret } = await sh('sed -n 2p pair > key; zephr get "$(head -n 1 pair)" --key-file key');
    expect(secret).toBe('hunter2\n');
  });

  it('prints one JSON object with --json', async () => {
    const { stdout } = await session().sh('echo hunter2 | zephr --json -e 5m');
    const object = JSON.parse(stdout);
    expect(object).toEqual({
      mode: 'standard',
      fullLink: expect.stringMatching(/#v2\./),
      expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      secretId: expect.stringMatching(/^[\w-]{22}$/),
      receiptLink: expect.stringMatching(/#s1\.[\w-]{43}$/),
    });
    const minutes = (Date.parse(object.expiresAt) - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(4);
    expect(minutes).toBeLessThan(6);
  });

  it('prints the parts of a split pair with --split --json', async () => {
    const { stdout } = await session().sh('echo hunter2 | zephr --split --json');
    expect(JSON.parse(stdout)).toEqual({
      mode: 'split',
      url: expect.stringMatching(/\/secret\/[\w-]{22}$/),
      key: expect.stringMatching(/^v2\.[\w-]{43}$/),
      expiresAt: expect.any(String),
      secretId: expect.any(String),
      receiptLink: expect.stringMatching(/#s1\.[\w-]{43}$/),
    });
  });

  it('says nothing but errors with --quiet', async () => {
    const { sh } = session();
    expect((await sh('echo hunter2 | zephr -q -H label > link')).stderr).toBe('');
    expect((await sh('zephr get -q < link')).stderr).toBe('');
    expect((await sh('zephr get -q < link')).stderr).toContain('zephr: error: ');
  });

  it.each([
    ['5m', 5],
    ['90m', 90],
    ['1h', 60],
    ['7d', 7 * 24 * 60],
    ['90', 90],
    ['43200', 43_200],
  ])('takes -e %s for %i minutes, without a word', async (expiry, expected) => {
    const { stdout, stderr } = await session().sh(`echo hunter2 | zephr --json -e ${expiry}`);
    expect(stderr).not.toContain('warning');
    expect(Math.round((Date.parse(JSON.parse(stdout).expiresAt) - Date.now()) / 60_000)).toBe(expected);
  });

  it('allows as many readers as --views says', async () => {
    const { sh } = session();
    const { stderr } = await sh('echo hunter2 | zephr --views 2 > link');
    expect(stderr).toContain('the link can be read 2 times; it expires ');
    const { stdout } = await sh('for i in 1 2 3; do zephr get -q < link 2> log; echo $?; done');
    expect(stdout).toBe('hunter2\n0\nhunter2\n0\n6\n');
  });

  it('takes -- for the end of the options, and - for stdin where a link goes', async () => {
    const { sh } = session();
    expect((await sh('echo hunter2 | zephr -q -- > link; zephr get -q -- - < link')).stdout).toBe(
      'hunter2\n',
    );
  });

  it.each([
    ['1', '1h'],
    ['24', '24h'],
    ['168', '168h'],
    ['720', '720h'],
  ])('takes a bare %s for hours, and warns', async (expiry, spelling) => {
    const { stdout, stderr } = await session().sh(`echo hunter2 | zephr --json -e ${expiry}`);
    expect(stderr).toContain(`write ${spelling}`);
    const minutes = (Date.parse(JSON.parse(stdout).expiresAt) - Date.now()) / 60_000;
    expect(Math.round(minutes)).toBe(Number(expiry) * 60);
  });
});

describe('zephr get', () => {
  it.each([
    ['an argument', 'zephr get "$(cat link)"'],
    ['a file on stdin', 'zephr get < link'],
    ['a pipe', 'cat link | zephr get'],
    ['- and a pipe', 'cat link | zephr get -'],
    ['--url', 'zephr get --url "$(cat link)"'],
    [
      '--url and --key, as older clients write it',
      'zephr retrieve --url "$(cut -d "#" -f 1 link)" --key "$(cut -d "#" -f 2 link)"',
    ],
    ['the old name', 'zephr retrieve "$(cat link)"'],
    ['%23 for #', `zephr get "$(sed 's/#/%23/' link)"`],
    [
      'a pipe that stays open',
      'mkfifo pipe; { cat link; exec sleep 30; } > pipe 2> log & zephr get < pipe && kill $!',
    ],
  ])('takes the link from %s', async (_, command) => {
    const { sh } = session();
    await sh('echo hunter2 | zephr > link');
    const { stdout, code } = await sh(command);
    expect(stdout).toBe('hunter2\n');
    expect(code).toBe(0);
  });

  it('takes the key from --key', async () => {
    const { sh } = session();
    await sh('echo hunter2 | zephr -s > pair');
    expect((await sh('zephr get "$(head -n 1 pair)" --key "$(tail -n 1 pair)"')).stdout).toBe('hunter2\n');
  });

  it('asks the server in the link, whatever server is set', async () => {
    const { sh } = session();
    await sh('echo hunter2 | zephr > link');
    const { stdout } = await sh('zephr get "$(cat link)"', {
      env: { ZEPHR_SERVER: 'https://nowhere.invalid' },
    });
    expect(stdout).toBe('hunter2\n');
  });

  it('shows the hint on stderr', async () => {
    const { sh } = session();
    const { stdout, stderr } = await sh('echo hunter2 | zephr -q -H "db prod" | zephr get');
    expect(stdout).toBe('hunter2\n');
    expect(stderr).toBe('Hint: db prod\n');
  });

  it('prints text as plaintext and bytes as base64 with --json', async () => {
    const { sh } = session();
    const text = await sh('echo hunter2 | zephr -q -H label | zephr get --json');
    expect(JSON.parse(text.stdout)).toEqual({
      plaintext: 'hunter2\n',
      hint: 'label',
      purgeAt: expect.any(String),
    });
    expect(text.stderr).toBe('');
    const binary = await sh(`printf '\\377' | zephr -q | zephr get --json`);
    expect(JSON.parse(binary.stdout)).toMatchObject({ base64: '/w==' });
  });

  it('gives a secret once', async () => {
    const { sh } = session();
    const { stdout, stderr, code } = await sh(
      'echo hunter2 | zephr -q > link; zephr get < link; zephr get < link',
    );
    expect(stdout).toBe('hunter2\n');
    expect(stderr).toContain('zephr: error: ');
    expect(code).toBe(6);
  });

  it('gives it to one of 8 at the same instant', async () => {
    const { sh } = session();
    const { stdout } = await sh(
      'echo hunter2 | zephr -q > link; for i in 1 2 3 4 5 6 7 8; do zephr get -q < link 2>/dev/null & done; wait',
    );
    expect(stdout).toBe('hunter2\n');
  });
});

describe('other clients of version 1', () => {
  it('create what zephr get reads', async () => {
    const { sh } = session();
    const secret = Buffer.from('pässword\n');
    const { link } = await createV1(server.url, secret, { hint: 'old friend' });
    const { bytes, stderr } = await sh(`zephr get '${link}'`);
    expect(bytes).toEqual(secret);
    expect(stderr).toBe('Hint: old friend\n');
  });

  it('create split pairs that zephr get reads', async () => {
    const { url, key } = await createV1(server.url, Buffer.from('x'), { split: true });
    expect((await session().sh(`zephr get '${url}' --key '${key}'`)).stdout).toBe('x');
  });

  it('read what zephr --link v1 creates', async () => {
    const { stdout } = await session().sh('printf "\\303\\244\\n\\n" | zephr --link v1 -H label');
    const { secret, hint } = await readV1(stdout.trim());
    expect(secret.toString()).toBe('ä\n\n');
    expect(hint).toBe('label');
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
});
