/** Flag, then environment, then config file, then default; and where an API key goes. */

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deadHost, httpHost } from '../support/hosts.js';
import { openSession } from '../support/session.js';
import { sharedServer } from '../support/shared-server.js';

const server = sharedServer();
const { session } = server;

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
    const file = JSON.stringify({ apiKeys: { [url]: 'zeph_3' } });
    writeFileSync(join(folder, '.config/zephr/config.json'), file, { mode: 0o600 });
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
    writeFileSync(config, '{"apiKeys":{"https://zephr.example":"zeph_test"}}', { mode: 0o644 });
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
