/** What is refused before anything is sent: bad input, with the documented exit code and a hint. */

import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sharedServer } from '../support/shared-server.js';
import { UNPRIVILEGED, withoutModes } from '../support/unprivileged.js';

const server = sharedServer();
const { session } = server;

describe('zephr refuses', () => {
  it.each([
    ['nothing on stdin', ':', 2, 'the secret is empty'],
    ['stdin from /dev/null', 'cat /dev/null', 2, 'the secret is empty'],
    ['white space', String.raw`printf ' \n\t\r\n'`, 2, 'nothing but white space'],
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
    ['--expiry 5q', 'the expiry is not a time'],
    ['--expiry 90s', 'the expiry is not in whole minutes'],
    ['--expiry 2y', 'between 1 minute and 1 year'],
    ['--timeout 61m', 'the timeout is not a number of seconds'],
    ['--timeout 0s', 'the timeout is not a number of seconds'],
    ['--expiry 0', 'between 1 minute and 1 year'],
    ['--expiry 366d', 'between 1 minute and 1 year'],
    ['--link v3', 'not v1 or v2'],
    ['--timeout 0', 'the timeout is not a number of seconds'],
    ['--timeout soon', 'the timeout is not a number of seconds'],
    [`--hint "$(printf 'a\\tb')"`, '1 to 128 printable characters'],
    [`--hint ''`, '1 to 128 printable characters'],
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

  it.each(['head -c 2000000 /dev/zero', 'yes'])('more than a version 1 link carries: %s', async (source) => {
    const result = await session().sh(`${source} | zephr --link v1`);
    expect(result.stderr).toContain('larger than');
    expect(result).toMatchObject({ code: 4, stdout: '' });
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
    ['plain http to a port', `http://zephr.example:8080/secret/${id}#${key}`, 'loopback'],
    ['another scheme', `ftp://zephr.example/secret/${id}#${key}`, 'not an https URL'],
    ['a short key', `https://zephr.example/secret/${id}#${key.slice(0, -1)}`, 'its end is missing'],
    ['a long key', `https://zephr.example/secret/${id}#${key}A`, 'something behind it'],
    ['a padded key', `https://zephr.example/secret/${id}#${key.slice(0, -1)}=`, 'changed on the way'],
    [
      'trailing bits in a key',
      `https://zephr.example/secret/${id}#${key.slice(0, -1)}B`,
      'changed on the way',
    ],
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
    [
      'half a pair with nobody to ask',
      `https://zephr.example/secret/${id}`,
      'part of the link after # is missing',
    ],
    [
      'the receipt of a secret',
      `https://zephr.example/secret/${id}#s1.${'A'.repeat(43)}`,
      'receipt of a secret',
    ],
    [
      'a link that answers a request',
      `https://zephr.example/request/${id}#r1.${'A'.repeat(43)}`,
      'answers a request',
    ],
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
    [
      'a second link on stdin',
      'echo x | zephr -q > other; cat link other | zephr get',
      'there are two different links',
    ],
    [
      'many links on stdin for a directory',
      'mkdir dir; echo x | zephr -q > other; cat link other | zephr get -o dir',
      'there are two different links',
    ],
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
