/** Gates at the command: giving them, being told of them, and coming to them. */

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { countryDatabase } from '../support/mmdb.js';
import { startServerProcess } from '../support/server.js';
import { sharedServer } from '../support/shared-server.js';

const { session } = sharedServer();

describe('zephr --allow-ip', () => {
  it('lets in who comes from there', async () => {
    const { sh } = session();
    const { stdout, code } = await sh(
      'printf s3cret | zephr -q --allow-ip 127.0.0.0/8,::1 > link; zephr get -q < link',
    );
    expect([stdout, code]).toEqual(['s3cret', 0]);
  });

  it('refuses others with 4, uses up nothing, and keeps no claim', async () => {
    const { sh, folder, env } = session();
    env.XDG_STATE_HOME = join(folder, 'state');
    mkdirSync(join(folder, 'state'));
    const asked = await sh(
      'printf s3cret | zephr -q --no-record --allow-ip 203.0.113.0/24 > link; zephr get < link',
    );
    expect(asked.code).toBe(4);
    expect(asked.stderr).toContain('it cannot be read from this address; nothing was used up');
    expect(asked.stderr).not.toContain('203.0.113');
    expect(asked.stdout).toBe('');
    const left = readdirSync(join(folder, 'state'), { recursive: true, encoding: 'utf8' });
    expect(left.filter((name) => name.endsWith('.json'))).toEqual([]);
    expect((await sh('zephr status < link')).stdout).toMatch(/^waiting, .*from some addresses only\n$/);
  });

  it('is refused before anything is sent, for what is no address', async () => {
    const { sh } = session({ ZEPHR_SERVER: 'http://127.0.0.1:9' });
    for (const list of ['localhost', '203.0.113.0/24,', '203.0.113.0/33', '']) {
      const { code, stderr } = await sh(`printf x | zephr --allow-ip '${list}'`);
      expect([list, code]).toEqual([list, 2]);
      expect(stderr).toContain('of the list is not an address or a network');
    }
    const long = await sh(`printf x | zephr --allow-ip "$(seq -s , -f 203.0.113.%g 1 51)"`);
    expect([long.code, long.stderr]).toEqual([2, expect.stringContaining('more than 50 parts')]);
    const { code, stderr } = await sh('printf x | zephr --link v1 --allow-ip ::1');
    expect([code, stderr]).toEqual([2, expect.stringContaining('gates needs a version 2 link')]);
  });
});

describe('zephr --not-before', () => {
  it('refuses who comes before with 7, and says when to come', async () => {
    const { sh } = session();
    const { code, stderr } = await sh('printf s3cret | zephr -q --not-before 10m > link; zephr get < link');
    expect(code).toBe(7);
    expect(stderr).toMatch(
      /it cannot be read yet; nothing was used up\nzephr: hint: try again in \d+ (minutes|s)/,
    );
    const time = await sh('zephr status --json < link');
    expect(JSON.parse(time.stdout)).toMatchObject({ state: 'waiting', gates: ['not_before'], viewsLeft: 1 });
  });

  it('lets in who comes after', async () => {
    const { sh } = session();
    const { stdout } = await sh(
      'printf s3cret | zephr -q --not-before 2020-01-31T09:00:00Z > link; zephr get -q < link',
    );
    expect(stdout).toBe('s3cret');
  });

  it('is a time before the expiry', async () => {
    const { sh } = session();
    const late = await sh('printf x | zephr --not-before 2h');
    expect([late.code, late.stderr]).toEqual([
      2,
      expect.stringContaining('not_before is not before the expiry'),
    ]);
    for (const time of ['tomorrow', '2030-01-31', '10']) {
      expect(await sh(`printf x | zephr --not-before ${time}`)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('--not-before is not a time'),
      });
    }
  });
});

it('a request asks for them of the readers of its answers', async () => {
  const { sh } = session();
  const asked = await sh(
    'zephr request -q --allow-ip 203.0.113.9 > link; printf s3cret | zephr give -q "$(cat link)"',
  );
  expect(asked).toMatchObject({ code: 0, stderr: '' });
  const { code, stderr } = await sh('id=$(sed "s#.*/request/##; s/#.*//" link); zephr get -- "$id"');
  expect([code, stderr]).toEqual([4, expect.stringContaining('it cannot be read from this address')]);
});

it('the doctor says which are offered', async () => {
  const { sh } = session();
  expect((await sh('zephr doctor')).stdout).toMatch(/gates +addresses, .*not_before/);
});

it('zephr --captcha costs the reader some work, and nothing else', async () => {
  const { sh } = session();
  const { stdout, stderr, code } = await sh('printf s3cret | zephr -q --captcha > link; zephr get -q < link');
  expect([stdout, stderr, code]).toEqual(['s3cret', '', 0]);
});

describe('zephr --allow-country', () => {
  it('is refused before anything is sent where the server knows no countries, with 4', async () => {
    const { sh } = session();
    const { code, stderr } = await sh('printf x | zephr --allow-country fr,DE');
    expect(code).toBe(4);
    expect(stderr).toMatch(/cannot hold readers to countries\nzephr: hint: leave that gate out/);
    expect(await sh('printf x | zephr --allow-country FR,UK')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('part 2 of the list is not the code of a country'),
    });
  });

  it('refuses readers of other countries with 4, on a server with --geoip', async () => {
    const { sh, folder, env } = session();
    writeFileSync(join(folder, 'countries.mmdb'), countryDatabase({ '203.0.113.0/24': 'FR' }));
    const server = await startServerProcess({ args: ['--geoip', join(folder, 'countries.mmdb')] });
    onTestFinished(async () => void (await server.stop()));
    env.ZEPHR_SERVER = server.url;
    const { code, stderr } = await sh('printf x | zephr -q --allow-country FR > link; zephr get < link');
    expect([code, stderr]).toEqual([4, expect.stringContaining('it cannot be read from this country')]);
    expect((await sh('zephr status < link')).stdout).toContain('from some countries only');
  });

  it('takes a file that can be read, or the server does not start', async () => {
    const { sh, folder } = session();
    writeFileSync(join(folder, 'text'), 'no database');
    const started = (file: string) => sh(`zephr serve --port 0 --store memory: --geoip ${file}`);
    expect(await started('none')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the file of countries cannot be read (ENOENT)'),
    });
    expect(await started('text')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the file of countries is no MaxMind DB with countries'),
    });
  });
});
