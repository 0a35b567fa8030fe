/** `zephr config` and the config file: what is stored, who can read it, and an API key that is never shown. */

import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSession } from '../support/session.js';
import { HAS_SCRIPT, type } from '../support/typing.js';
import { UNPRIVILEGED, withoutModes } from '../support/unprivileged.js';

const KEY = `zeph_${'Abcdefgh12'.repeat(3)}IJKLMNwxyz`;

/** A session, and what is in its config file. */
function session() {
  const { folder, ...rest } = openSession();
  const path = join(folder, '.config/zephr/config.json');
  return {
    ...rest,
    folder,
    path,
    written: () => JSON.parse(readFileSync(path, 'utf8')) as unknown,
    write(text: string, mode = 0o600) {
      mkdirSync(join(folder, '.config/zephr'), { recursive: true });
      writeFileSync(path, text, { mode });
      chmodSync(path, mode);
    },
  };
}

describe('zephr config', () => {
  it('sets, gets, lists and unsets', async () => {
    const { sh, path, written } = session();
    const set = await sh('zephr config set server https://secrets.example.com/');
    expect(set).toMatchObject({ code: 0, stdout: '' });
    expect(set.stderr).toBe(`server is https://secrets.example.com in ${path}\n`);
    await sh('zephr config set expiry 7d && zephr config set link v2');
    expect(written()).toEqual({ server: 'https://secrets.example.com', expiry: '7d', link: 'v2' });
    expect((await sh('zephr config get server')).stdout).toBe('https://secrets.example.com\n');
    expect((await sh('zephr config unset expiry')).stderr).toBe(`expiry was removed from ${path}\n`);
    expect(written()).toEqual({ server: 'https://secrets.example.com', link: 'v2' });
    expect(await sh('zephr config unset expiry')).toMatchObject({
      code: 0,
      stderr: `expiry was not set in ${path}\n`,
    });
    expect((await sh('zephr config path')).stdout).toBe(`${path}\n`);
  });

  it('speaks JSON with --json', async () => {
    const { sh, path } = session();
    const json = async (command: string) => JSON.parse((await sh(`zephr config ${command} --json`)).stdout);
    expect(await json('set link v2')).toEqual({ key: 'link', value: 'v2', path });
    expect(await json('get link')).toEqual({ key: 'link', value: 'v2' });
    expect((await json('ls')).settings).toContainEqual({
      key: 'link',
      value: 'v2',
      source: 'the config file',
    });
    expect(await json('unset link')).toEqual({ key: 'link', wasSet: true, path });
    expect(await json('unset link')).toEqual({ key: 'link', wasSet: false, path });
    expect(await json('path')).toEqual({ path });
    expect((await json('ls')).settings).toEqual([
      { key: 'server', value: 'https://zephr.io', source: 'the default' },
      { key: 'apiKey', server: 'https://zephr.io', value: null, source: 'the default' },
      { key: 'expiry', value: '1h', source: 'the default' },
      { key: 'link', value: 'v1', source: 'the default' },
      { key: 'record', value: 'true', source: 'the default' },
    ]);
    await sh(`echo ${KEY} | zephr config set apiKey --server https://zephr.example`);
    const about = { key: 'apiKey', server: 'https://zephr.example' };
    expect(await json('get apiKey --server https://zephr.example')).toEqual({ ...about, value: KEY });
    expect(await json('unset apiKey --server https://zephr.example')).toEqual({
      ...about,
      wasSet: true,
      path,
    });
  });

  it('lists each setting that a create goes by, and where it comes from', async () => {
    const { sh } = session();
    await sh(`zephr config set server https://zephr.example -q; zephr config set expiry 7d -q
      echo ${KEY} | zephr config set apiKey -q; echo other-key | zephr config set apiKey --server https://b.example -q`);
    expect((await sh('zephr config ls')).stdout).toBe(
      [
        'server  https://zephr.example  (the config file)',
        'apiKey  zeph_...wxyz           (the config file, for https://zephr.example)',
        'expiry  7d                     (the config file)',
        'link    v2                     (the default)',
        'record  true                   (the default)',
        'apiKey  ...                    (the config file, for https://b.example)',
        '',
      ].join('\n'),
    );
    const env = `ZEPHR_SERVER=https://zephr.io ZEPHR_EXPIRY=2h ZEPHR_API_KEY=${KEY}`;
    expect((await sh(`${env} zephr config ls`)).stdout.split('\n').slice(0, 4)).toEqual([
      'server  https://zephr.io  (ZEPHR_SERVER)',
      'apiKey  zeph_...wxyz      (ZEPHR_API_KEY, for https://zephr.io)',
      'expiry  2h                (ZEPHR_EXPIRY)',
      'link    v1                (the default)',
    ]);
    expect((await sh(`${env} zephr config ls --server http://localhost:1`)).stdout).toContain(
      'server  http://localhost:1  (--server)\n',
    );
  });

  it('says nothing but errors with --quiet', async () => {
    const { sh } = session();
    expect(await sh('zephr config set link v2 -q')).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  it('is what the other commands go by', async () => {
    const { sh } = session();
    const { stderr } = await sh('zephr config set server https://nowhere.invalid -q; echo x | zephr');
    expect(stderr).toContain('nowhere.invalid');
  });

  it('is about the file that --config or ZEPHR_CONFIG names', async () => {
    const { sh, folder } = session();
    await sh('zephr config set link v1 --config new/folder/mine.json');
    expect(readFileSync(join(folder, 'new/folder/mine.json'), 'utf8')).toBe('{\n  "link": "v1"\n}\n');
    expect((await sh('ZEPHR_CONFIG=new/folder/mine.json zephr config get link')).stdout).toBe('v1\n');
    expect((await sh('ZEPHR_CONFIG=mine.json zephr config path')).stdout).toBe('mine.json\n');
    const missing = await sh('zephr config ls --config nowhere.json');
    expect(missing.stderr).toContain('nowhere.json cannot be read: there is no such file');
    expect(missing.code).toBe(2);
  });

  it('is in XDG_CONFIG_HOME where that is set', async () => {
    const { sh, folder } = session();
    await sh('XDG_CONFIG_HOME=$PWD/settings zephr config set link v1');
    expect(readdirSync(join(folder, 'settings/zephr'))).toEqual(['config.json']);
  });

  it('is not in the working directory, which may be somebody else’s, when HOME or XDG_CONFIG_HOME is no path', async () => {
    const { sh } = session();
    for (const env of ['HOME=', 'HOME= XDG_CONFIG_HOME=settings', 'HOME= XDG_CONFIG_HOME=.'])
      expect((await sh(`${env} zephr config path`)).stdout).toMatch(/^\/.*\.config\/zephr\/config\.json\n$/);
  });

  it.each([
    ['server', 'zephr.example', 'not a URL'],
    ['server', 'http://zephr.example', 'loopback'],
    ['server', 'https://user:hunter2@zephr.example', 'user name or password'],
    ['expiry', 'soon', 'not a time'],
    ['expiry', '366d', 'between 1 minute and 1 year'],
    ['link', 'v3', 'not v1 or v2'],
    ['record', 'no', 'neither true nor false'],
    ['link', "''", 'there is no value for link'],
    ['expiry', '', 'there is no value for expiry'],
  ])('refuses to set %s to %s', async (key, value, words) => {
    const { sh, folder } = session();
    const { code, stderr } = await sh(`zephr config set ${key} ${value}`);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('hunter2');
    expect(code).toBe(2);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('writes an expiry in hours that older documents write bare so that nobody wonders', async () => {
    const { sh, written } = session();
    await sh('zephr config set expiry 24');
    expect(written()).toEqual({ expiry: '24h' });
  });

  it.each([
    ['config', 'zephr config needs a command', 'the commands are get, set, unset, ls, path'],
    ['config sett link v1', "there is no command 'sett'", 'did you mean zephr config set?'],
    [`config ${KEY}`, 'no command of that name', 'the commands are get, set, unset, ls, path'],
    ['config get', "missing required argument 'key'", 'see zephr config get --help'],
    ['config get srever', 'no key of that name', 'did you mean server?'],
    [`config get ${KEY}`, 'no key of that name', 'the keys are server, apiKey, expiry, link'],
    ['config get link', 'the config file has no link', 'zephr config set link v2'],
    ['config set expiry -5m', 'unknown option', 'see zephr config set --help'],
    ["config ls --config ''", '--config is blank', 'name a file'],
    ['config ls link', "too many arguments for 'ls'", 'see zephr config ls --help'],
  ])('zephr %s is exit 2 and says what to do', async (command, message, hint) => {
    const { code, stdout, stderr } = await session().sh(`zephr ${command}`);
    expect(stderr).toContain(message);
    expect(stderr).toContain(`zephr: hint: `);
    expect(stderr).toContain(hint);
    expect(stderr).not.toContain(KEY);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe('the config file', () => {
  it('is made for its owner only, whatever the umask, and nothing else is left', async () => {
    const { sh, folder, path } = session();
    await sh('umask 000; zephr config set link v2');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, '.config/zephr')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(folder, '.config/zephr'))).toEqual(['config.json']);
  });

  it('keeps what zephr does not know', async () => {
    const { sh, written, write } = session();
    write('{"theme": {"dark": true}, "link": "v1", "__proto__": 5}');
    await sh('zephr config set expiry 1d; zephr config unset link');
    expect(JSON.stringify(written())).toBe('{"theme":{"dark":true},"__proto__":5,"expiry":"1d"}');
    expect((await sh('zephr config get expiry')).stdout).toBe('1d\n');
  });

  it('that nests too deeply to be written again is exit 2, and stays as it is', async () => {
    const { sh, path, write } = session();
    const text = `{"link":"v1","other":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
    write(text);
    const { code, stderr } = await sh('zephr config set link v2');
    expect(stderr).toBe(`zephr: error: the config file ${path} is nested too deeply to be changed\n`);
    expect(code).toBe(2);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('that would be too long to be read again is exit 2, and stays as it is', async () => {
    const { sh, path, write } = session();
    const text = `{"link":"v1","other":${'['.repeat(2_000)}${']'.repeat(2_000)}}`;
    write(text);
    const { code, stderr } = await sh('zephr config set link v2');
    expect(stderr).toContain(`zephr: error: the config file ${path} is too large to be changed\n`);
    expect(code).toBe(2);
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect((await sh('zephr config get link')).stdout).toBe('v1\n');
  });

  it('whose values could move a cursor is listed with them made visible', async () => {
    const { sh, write } = session();
    write(JSON.stringify({ expiry: '\x1b[2J' }));
    expect((await sh('zephr config ls')).stdout).toContain('expiry  \\u{1b}[2J  ');
  });

  it('stays whole while it is changed: a reader sees the old one or the new one', async () => {
    const { sh } = session();
    const { stdout, code } = await sh(`
      zephr config set link v1 -q
      for i in 1 2 3 4 5 6; do zephr config set link v$((i % 2 + 1)) -q & done
      for i in 1 2 3 4 5 6 7 8; do zephr config get link || exit 1; done
      wait`);
    expect(stdout).toMatch(/^(v[12]\n)+$/);
    expect(code).toBe(0);
  });

  it('stays behind the symbolic link that leads to it', async () => {
    const { sh, folder, path } = session();
    mkdirSync(join(folder, '.config/zephr'), { recursive: true });
    writeFileSync(join(folder, 'dotfile.json'), '{"link":"v1"}');
    symlinkSync(join(folder, 'dotfile.json'), path);
    await sh('zephr config set link v2');
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(folder, 'dotfile.json'), 'utf8')).toContain('v2');
    expect(statSync(join(folder, 'dotfile.json')).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['not JSON', `{"apiKey": "${KEY}`, 'is not JSON'],
    ['not an object', `["${KEY}"]`, 'is not a JSON object'],
    ['of a wrong type', '{"apiKey": 5}', 'the value of apiKey is not a string'],
    ['of API keys of a wrong type', '{"apiKeys": "x"}', 'the value of apiKeys is not an object'],
    [
      'of an API key of a wrong type',
      '{"apiKeys": {"https://h": 5}}',
      'the value of an API key is not a string',
    ],
    [
      'of a key for no server',
      `{"apiKeys": {"${KEY}": "x"}}`,
      'an API key is for something that is no server',
    ],
  ])('that is %s is exit 2, is not quoted, and is not written over', async (_, text, words) => {
    const { sh, write, path } = session();
    write(text);
    for (const command of ['ls', 'get link', 'unset link']) {
      const { code, stderr } = await sh(`zephr config ${command}`);
      expect(stderr).toContain(words);
      expect(stderr).toContain(path);
      expect(stderr).not.toContain(KEY);
      expect(code).toBe(2);
    }
    if (!text.includes('apiKeys')) expect((await sh('zephr config set link v2')).code).toBe(2);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('that is a directory is exit 2', async () => {
    const { sh, path } = session();
    mkdirSync(path, { recursive: true });
    for (const command of ['ls', 'set link v2', 'unset link']) {
      const { code, stderr } = await sh(`zephr config ${command}`);
      expect(stderr).toContain('it is a directory');
      expect(code).toBe(2);
    }
  });

  it('below a file is exit 2', async () => {
    const { sh } = session();
    const { code, stderr } = await sh('touch file; zephr config set link v2 --config file/config.json');
    expect(stderr).toContain('a part of the path is not a directory');
    expect(code).toBe(2);
  });

  it.skipIf(withoutModes !== '')(`that may not be read or written is exit 2${withoutModes}`, async () => {
    const { sh, write, folder } = session();
    write('{}', 0o000);
    const expected = {
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /permission denied\nzephr: hint: mend it, or name another with --config\n$/,
      ),
    };
    expect(await sh(`${UNPRIVILEGED}zephr config ls`)).toMatchObject(expected);
    expect(await sh(`echo hunter2 | ${UNPRIVILEGED}zephr`)).toMatchObject(expected);
    chmodSync(join(folder, '.config/zephr/config.json'), 0o600);
    chmodSync(join(folder, '.config/zephr'), 0o500);
    const refused = await sh(`${UNPRIVILEGED}zephr config set link v2`);
    chmodSync(join(folder, '.config/zephr'), 0o700);
    expect(refused).toMatchObject(expected);
    expect(readdirSync(join(folder, '.config/zephr'))).toEqual(['config.json']);
  });

  it.each([
    ['empty', ''],
    ['blank', ' \n'],
    ['/dev/null', undefined],
  ])('that is %s sets nothing', async (_, text) => {
    const { sh, write } = session();
    if (text !== undefined) write(text);
    const { code, stdout, stderr } = await sh(
      `zephr config ls ${text === undefined ? '--config /dev/null' : ''}`,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toContain('the config file');
  });

  it('may come from a pipe, or begin with the mark that Windows puts there', async () => {
    const { sh, write } = session();
    write('\ufeff{"link":"v1"}');
    expect((await sh('zephr config get link')).stdout).toBe('v1\n');
    expect(
      (await sh(`mkfifo pipe; echo '{"link":"v2"}' > pipe & zephr config get link --config pipe`)).stdout,
    ).toBe('v2\n');
  });

  it.each([
    ['a device that never ends', '/dev/zero', 'it is too large to be one'],
    ['a device', '/dev/null', 'the config file /dev/null is a pipe or a device'],
  ])('that is %s is not written over', async (_, path, words) => {
    const { sh } = session();
    const { code, stderr } = await sh(`zephr config set link v1 --config ${path}`);
    expect(stderr).toContain(words);
    expect(code).toBe(2);
    expect(lstatSync(path).isCharacterDevice()).toBe(true);
  });

  it('that is a pipe nobody writes to can be interrupted', async () => {
    const { sh } = session();
    const { stdout } = await sh(
      'mkfifo pipe; timeout --preserve-status -s INT 1 zephr config ls --config pipe; echo $?',
    );
    expect(stdout).toBe('130\n');
  });
});

describe('an API key', () => {
  it('comes from stdin and is stored', async () => {
    const { sh, written, path } = session();
    const { code, stdout, stderr } = await sh(`echo ${KEY} | zephr config set apiKey`);
    expect(stderr).toBe(`apiKey for https://zephr.io is zeph_...wxyz in ${path}\n`);
    expect(stdout).toBe('');
    expect(code).toBe(0);
    expect(written()).toEqual({ apiKeys: { 'https://zephr.io': KEY } });
  });

  it('is refused as an argument, and not repeated', async () => {
    const { sh, folder } = session();
    const { code, stdout, stderr } = await sh(`zephr config set apiKey ${KEY}`);
    expect(stderr).toContain('an API key is not given as an argument');
    expect(stderr).toContain('zephr: hint: pipe it in: zephr config set apiKey < file');
    expect(stderr + stdout).not.toContain(KEY);
    expect(code).toBe(2);
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ['nothing', ':', 'no API key on stdin: it is empty'],
    ['white space', "echo ' '", 'no API key on stdin: it is blank'],
    ['two words', "echo 'hunter2 hunter2'", 'the API key from stdin holds a space'],
    ['beyond ASCII', 'echo hunter2€', 'a character outside ASCII'],
    ['two lines', "printf 'hunter2\\nhunter2\\n'", 'no API key on stdin: it has more than one line'],
  ])('is not %s', async (_, source, words) => {
    const { code, stderr } = await session().sh(`${source} | zephr config set apiKey`);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('hunter2');
    expect(code).toBe(2);
  });

  it('of any form is stored as it is: the form is its server’s business', async () => {
    const { sh } = session();
    await sh("printf 'sk-live.1/2+3=~' | zephr config set apiKey -q");
    expect((await sh('zephr config get apiKey')).stdout).toBe('sk-live.1/2+3=~\n');
  });

  it('is masked in the list, and whole for a pipe that asks for it', async () => {
    const { sh } = session();
    await sh(`echo ${KEY} | zephr config set apiKey -q`);
    const listed = [await sh('zephr config ls'), await sh('zephr config ls --json')];
    for (const { stdout } of listed) {
      expect(stdout).toContain('zeph_...wxyz');
      expect(stdout).not.toContain(KEY);
    }
    expect((await sh('zephr config get apiKey')).stdout).toBe(`${KEY}\n`);
  });

  it('of another form is masked whole', async () => {
    const { sh, write } = session();
    write('{"apiKey": "hunter2"}');
    expect((await sh('zephr config ls')).stdout).toContain('\napiKey  ...  ');
  });

  it('that others can read is warned of, until it is set again', async () => {
    const { sh, path, write } = session();
    write(`{"apiKey": "${KEY}"}`, 0o644);
    const { stderr } = await sh('zephr config ls');
    expect(stderr).toContain(`zephr: warning: others can read the API key in ${path}`);
    expect(stderr).toContain('chmod 600');
    await sh(`echo ${KEY} | zephr config set apiKey -q`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect((await sh('zephr config ls')).stderr).toBe('');
  });

  describe.skipIf(!HAS_SCRIPT)('on a terminal (needs script of util-linux)', () => {
    it('is asked for, and not shown', async () => {
      const { written, ...rest } = session();
      const { screen, code } = await type(rest, 'zephr config set apiKey', [['API key:', `${KEY}\r`]]);
      expect(screen).not.toContain(KEY);
      expect(screen).toContain('zeph_...wxyz');
      expect(code).toBe(0);
      expect(written()).toEqual({ apiKeys: { 'https://zephr.io': KEY } });
    });

    it('is printed masked', async () => {
      const { write, ...rest } = session();
      write(`{"apiKey": "${KEY}"}`);
      const { screen } = await type(rest, 'zephr config get apiKey; zephr config get apiKey --json', []);
      expect(screen).toContain('zeph_...wxyz\r\n');
      expect(screen).toContain('"value":"zeph_...wxyz"');
      expect(screen).toContain('a pipe or a file gets all of it');
      expect(screen).not.toContain(KEY);
    });
  });
});
