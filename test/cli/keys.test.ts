/** `zephr keys`: API keys are made, listed and revoked in a store, also under a running server. */

import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newSchema, withoutPostgres } from '../support/postgres.js';
import { startServerProcess } from '../support/server.js';
import { openSession, type Session } from '../support/session.js';
import { ENGINES, newStore, withoutEngine } from '../support/stores.js';
import { HAS_SCRIPT, type } from '../support/typing.js';

const KEY_LINE = /^zeph_[A-Za-z0-9]{40}\n$/;
const MONTH_END = /^\d{4}-\d\d-01T00:00:00\.000Z$/;
const ID = /key_[A-Za-z0-9]{12}/;

/** A session whose store is a file in its folder. */
function session(): Session & { store: string } {
  const one = openSession();
  const store = join(one.folder, 'zephr.db');
  one.env.ZEPHR_SERVE_STORE = store;
  return { ...one, store };
}

/** A server on the store of a session, which talks to it. */
async function serve({ env, store }: ReturnType<typeof session>, ...args: string[]): Promise<void> {
  const server = await startServerProcess({ store, args });
  env.ZEPHR_SERVER = server.url;
  onTestFinished(async () => {
    await server.stop();
  });
}

describe('zephr keys new', () => {
  it('prints the key, and nothing else on stdout', async () => {
    const { sh } = session();
    const { stdout, stderr, code } = await sh('zephr keys new --tier pro --name ci');
    expect(stdout).toMatch(KEY_LINE);
    expect(stderr).toMatch(
      /^API key ci \(key_[A-Za-z0-9]{12}\) of tier pro: keep it now, it is not shown again\nthe tier pro allows .*\n$/,
    );
    expect(code).toBe(0);
  });

  it('says nothing with --quiet', async () => {
    const { stdout, stderr } = await session().sh('zephr keys new --tier pro --name ci --quiet');
    expect(stdout).toMatch(KEY_LINE);
    expect(stderr).toBe('');
  });

  it('prints one object with --json', async () => {
    const { stdout, stderr } = await session().sh('zephr keys new --tier dev --name ci --json');
    expect(JSON.parse(stdout)).toEqual({
      id: expect.stringMatching(ID),
      name: 'ci',
      tier: 'dev',
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      key: expect.stringMatching(/^zeph_[A-Za-z0-9]{40}$/),
    });
    expect(stderr).toBe('');
  });

  it('makes the store where there is none, for its owner only', async () => {
    const { sh, folder } = openSession();
    await sh('zephr keys new --tier pro --name ci');
    const file = join(folder, '.local/state/zephr/zephr.db');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await sh('zephr keys ls --store .local/state/zephr/zephr.db')).stdout).toContain('ci');
  });

  it.skipIf(!existsSync('/dev/full')).each([
    ['a full disk', 'zephr keys new --tier pro --name ci > /dev/full', 'the disk is full'],
    [
      'a reader that went away',
      '{ zephr keys new --tier pro --name ci; echo $? > code; } | false; exit $(cat code)',
      'went away',
    ],
  ])('leaves no key behind that nobody got to see: %s', async (_, script, words) => {
    const { sh } = session();
    const { code, stderr } = await sh(script);
    expect(stderr).toContain(`the API key was not delivered: `);
    expect(stderr).toContain(words);
    expect(code).toBe(10);
    const [, first = ''] = (await sh('zephr keys ls')).stdout.split('\n');
    expect(first.match(/\d{4}-\d\d-\d\dT/g)).toHaveLength(2);
    expect((await sh('zephr keys new --tier pro --name ci')).code).toBe(0);
  });

  it('refuses a name that is taken', async () => {
    const { sh } = session();
    await sh('zephr keys new --tier pro --name ci');
    expect(await sh('zephr keys new --tier free --name ci')).toEqual({
      code: 2,
      stdout: '',
      bytes: Buffer.alloc(0),
      stderr: 'zephr: error: there is a key named ci: revoke it or choose another name\n',
    });
  });

  it.each([
    ['--name ci', 'the key has no tier'],
    ['--tier pro', 'the key has no name'],
    ['--tier anonymous --name ci', 'the tier is not one that a key can have'],
    ['--tier PRO --name ci', 'the tier is not one that a key can have'],
    ["--tier pro --name 'c i'", 'the name is not 1 to 64 letters'],
    ["--tier pro --name ''", 'the name is not 1 to 64 letters'],
    [`--tier pro --name zeph_${'a'.repeat(40)}`, 'the name is not 1 to 64 letters'],
    ['--tier pro --name ci --store memory:', 'a store in memory is within its server'],
  ])('refuses %s', async (options, message) => {
    const { sh, store } = session();
    const { code, stdout, stderr } = await sh(`zephr keys new ${options}`);
    expect(stderr).toContain(`zephr: error: ${message}`);
    expect(stderr).not.toContain('aaaa');
    expect(stdout).toBe('');
    expect(code).toBe(2);
    expect(existsSync(store)).toBe(false);
  });

  it.each([
    ['free', '50 creates a month, of 20 KB, for 1h to 30d'],
    ['dev', '2000 creates a month, of 200 KB, for 1m to 30d'],
    ['pro', '50000 creates a month, of 1 MB, for 1m to 30d'],
  ])('says what the tier %s allows, as its help does', async (tier, words) => {
    const { sh } = session();
    expect((await sh(`zephr keys new --tier ${tier} --name ci`)).stderr).toContain(
      `the tier ${tier} allows ${words}\n`,
    );
    const { stdout } = await sh('zephr keys new --help');
    expect(stdout.replace(/\s+/g, ' ')).toContain(`${tier}: ${words}`);
  });
});

describe('zephr keys ls', () => {
  it('shows every key but the key itself', async () => {
    const { sh } = session();
    const one = (await sh('zephr keys new --tier pro --name ci')).stdout.trim();
    await sh('zephr keys new --tier free --name laptop-of-ann; zephr keys revoke ci');
    const { stdout, stderr } = await sh('zephr keys ls');
    const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
    const id = ID.source;
    expect(stdout).toMatch(
      new RegExp(
        '^ID +NAME +TIER +CREATED +EXPIRES +USED +LAST USE +REVOKED\n' +
          `${id} {2}ci {13}pro {3}${time} {2}never {4}0 of 50000 this month {2}never {5}${time}\n` +
          `${id} {2}laptop-of-ann {2}free {2}${time} {2}never {4}0 of 50 this month {5}never\n$`,
      ),
    );
    expect(stderr).toBe('');
    expect(stdout).not.toContain(one.slice(5, 15));
  });

  it.skipIf(!HAS_SCRIPT)('tells a person when by the local clock (needs script of util-linux)', async () => {
    // 5 hours 45 minutes ahead of UTC, all year.
    const one = session();
    one.env.TZ = 'Asia/Kathmandu';
    await one.sh(
      'zephr keys new --tier pro --name ci; zephr keys new --tier dev --name ann; zephr keys revoke ci',
    );
    const { keys } = JSON.parse((await one.sh('zephr keys ls --json')).stdout) as {
      keys: { createdAt: string; revokedAt?: string }[];
    };
    const local = (time = '') => {
      const shifted = new Date(Date.parse(time) + (5 * 60 + 45) * 60_000).toISOString();
      return `\\d+ seconds? ago, at (${shifted.slice(0, 10)} )?${shifted.slice(11, 16)}`;
    };
    const [ci, ann] = keys;
    const { screen, code } = await type(one, 'zephr keys ls', []);
    expect(screen).toMatch(new RegExp(` ci .* ${local(ci?.createdAt)} .* ${local(ci?.revokedAt)}\\r\n`));
    expect(screen).toMatch(
      new RegExp(` ann .* ${local(ann?.createdAt)} +never +0 of 2000 this month +never\\r\n$`),
    );
    expect(screen).not.toMatch(/T\d\d:/);
    expect(code).toBe(0);
  });

  it('prints one object with --json', async () => {
    const { sh } = session();
    await sh('zephr keys new --tier pro --name a; zephr keys new --tier dev --name b; zephr keys revoke b');
    const { keys } = JSON.parse((await sh('zephr keys ls --json')).stdout) as { keys: object[] };
    expect(keys).toEqual([
      {
        id: expect.stringMatching(ID),
        name: 'a',
        tier: 'pro',
        createdAt: expect.any(String),
        creates: { used: 0, limit: 50_000, per: 'month', until: expect.stringMatching(MONTH_END) },
      },
      {
        id: expect.stringMatching(ID),
        name: 'b',
        tier: 'dev',
        createdAt: expect.any(String),
        revokedAt: expect.any(String),
        creates: expect.objectContaining({ used: 0, limit: 2_000 }),
      },
    ]);
  });

  for (const engine of ENGINES) {
    const missing = withoutEngine(engine);
    it.skipIf(missing)(`shows how much of its quota a key has used, on ${engine}${missing}`, async () => {
      const store = await newStore(engine);
      const one = { ...session(), store };
      one.env.ZEPHR_SERVE_STORE = store;
      const { sh } = one;
      await serve(one);
      await sh('zephr keys new --tier free --name ann > ann; zephr keys new --tier pro --name ben > ben');
      await sh('for i in 1 2 3; do printf x | ZEPHR_API_KEY_FILE=ann zephr; done; printf x | zephr');
      const { stdout } = await sh('zephr keys ls');
      expect(stdout).toMatch(
        / {2}ann .* {2}3 of 50 this month +2\S+Z\n.* {2}ben .* 0 of 50000 this month +never\n$/,
      );
      const { keys } = JSON.parse((await sh('zephr keys ls --json')).stdout) as { keys: object[] };
      expect(keys).toMatchObject([{ creates: { used: 3, limit: 50 } }, { creates: { used: 0 } }]);
    });
  }

  it('says on stderr that there are none', async () => {
    const one = session();
    await serve(one);
    expect(await one.sh('zephr keys ls')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'there are no API keys\n',
    });
  });

  it.each(['ls', 'revoke ci'])('makes no store: %s', async (command) => {
    const { sh, store } = session();
    expect(await sh(`zephr keys ${command}`)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: `zephr: error: there is no store at ${store}\nzephr: hint: name the one that zephr serve uses: --store\n`,
    });
    expect(existsSync(store)).toBe(false);
  });
});

describe('zephr keys revoke', () => {
  it('goes by name or by id, as often as one likes', async () => {
    const { sh } = session();
    await sh('zephr keys new --tier pro --name ci');
    const { id } = JSON.parse((await sh('zephr keys new --tier pro --name other --json')).stdout);
    const expected = { code: 0, stdout: '', stderr: expect.stringContaining(': revoked') };
    expect(await sh('zephr keys revoke ci')).toMatchObject(expected);
    expect(await sh('zephr keys revoke ci')).toMatchObject(expected);
    const { stdout, stderr } = await sh(`zephr keys revoke ${id} --json`);
    expect(JSON.parse(stdout)).toMatchObject({ id, name: 'other', revokedAt: expect.any(String) });
    expect(stderr).toBe('');
    expect((await sh('zephr keys ls')).stdout.match(/T[^ ]*Z .*T[^ ]*Z$/gm)).toHaveLength(2);
  });

  it('knows no key that never was', async () => {
    const { sh } = session();
    await sh('zephr keys new --tier pro --name ci');
    expect(await sh('zephr keys revoke cd')).toMatchObject({
      code: 2,
      stderr: 'zephr: error: there is no API key of that name or id\nzephr: hint: see zephr keys ls\n',
    });
  });

  it('takes no key as an argument, and does not repeat it', async () => {
    const { sh } = session();
    const key = (await sh('zephr keys new --tier pro --name ci')).stdout.trim();
    const { code, stderr } = await sh(`zephr keys revoke ${key}`);
    expect(stderr).toContain('an API key is not given as an argument');
    expect(stderr).not.toContain(key.slice(5));
    expect(code).toBe(2);
  });

  it('needs to be told which', async () => {
    expect((await session().sh('zephr keys revoke')).code).toBe(2);
  });
});

it.each([
  ['zephr keys', 'zephr keys needs a command'],
  ['zephr keys lst', "there is no command 'lst'"],
  ['zephr keys list-them-all', 'zephr keys has no command of that name'],
])('%s is no command', async (command, message) => {
  const { code, stderr } = await session().sh(command);
  expect(stderr).toContain(message);
  expect(code).toBe(2);
});

describe('with a server on the same store', () => {
  it.skipIf(withoutPostgres !== '')(`keys live in PostgreSQL as well${withoutPostgres}`, async () => {
    const schema = await newSchema();
    onTestFinished(() => schema.drop());
    const one = session();
    const { sh } = one;
    one.env.ZEPHR_SERVE_STORE = schema.store;
    await serve({ ...one, store: schema.store }, '--access', 'closed');
    expect((await sh('zephr keys ls')).stderr).toBe('there are no API keys\n');
    await sh('zephr keys new --tier pro --name ci > key');
    expect((await sh('zephr keys ls')).stdout).toMatch(/\nkey_\w{12} {2}ci /);
    expect((await sh('printf hunter2 | ZEPHR_API_KEY_FILE=key zephr')).code).toBe(0);
    await sh('zephr keys revoke ci');
    expect((await sh('printf hunter2 | ZEPHR_API_KEY_FILE=key zephr')).code).toBe(3);
  });

  it('a key works from the moment it is made until it is revoked', async () => {
    const one = session();
    const { sh } = one;
    await serve(one, '--access', 'closed');
    const without = await sh('printf hunter2 | zephr');
    expect(without.stderr).toContain('this server creates secrets with an API key only');
    expect(without.stderr).toContain('zephr: hint: ask whoever runs the server for one (zephr keys new)');
    expect(without.code).toBe(4);

    await sh('zephr keys new --tier pro --name ci > key');
    const { stdout: link, code } = await sh('printf hunter2 | ZEPHR_API_KEY=$(cat key) zephr --expiry 30d');
    expect(code).toBe(0);
    expect((await sh(`zephr get '${link.trim()}'`)).stdout).toBe('hunter2');
    expect((await sh('printf hunter2 | ZEPHR_API_KEY_FILE=key zephr')).code).toBe(0);

    await sh('zephr keys revoke ci');
    const { code: refused, stderr } = await sh('printf hunter2 | ZEPHR_API_KEY=$(cat key) zephr');
    expect(stderr).toContain('the API key was revoked');
    expect(stderr).not.toContain(readFileSync(join(one.folder, 'key'), 'utf8').trim().slice(5));
    expect(refused).toBe(3);
  });

  it('zephr doctor says whether a key is needed, and whether it is one', async () => {
    const one = session();
    const { sh } = one;
    await serve(one, '--access', 'closed');
    const without = await sh('zephr doctor');
    expect(without.stdout).toContain('access is closed: creating takes an API key');
    expect(without.code).toBe(4);
    await sh('zephr keys new --tier free --name ci > key');
    const { stdout, code } = await sh('ZEPHR_API_KEY_FILE=key zephr doctor');
    expect(stdout).toMatch(/ limits +with this API key, of tier free, [\d,]+ bytes, for 1h to 30d\n/);
    expect(stdout).toContain('accepted (from ZEPHR_API_KEY_FILE)');
    expect(code).toBe(0);
  });

  it('the tier of a key decides, whatever the access', async () => {
    const one = session();
    const { sh } = one;
    await serve(one, '--access', 'open');
    await sh('zephr keys new --tier free --name ci > key');
    expect((await sh('printf hunter2 | zephr --expiry 5m')).code).toBe(0);
    const { code, stderr } = await sh('printf hunter2 | ZEPHR_API_KEY_FILE=key zephr --expiry 5m');
    expect(stderr).toContain('with an API key of tier free the expiry is 1h to 30d');
    expect(code).toBe(4);
  });

  it('a quota that is used up ends with exit 7 and says how long to wait', async () => {
    const one = session();
    const { sh } = one;
    await serve(one, '--access', 'tiered');
    expect((await sh('for i in 1 2 3; do printf x | zephr || exit; done')).code).toBe(0);
    const { code, stdout, stderr } = await sh('printf x | zephr');
    expect(stderr).toContain('without an API key 3 secrets a day are allowed, and they are used up');
    expect(stderr).toMatch(/zephr: hint: try again in \d+ (seconds?|minutes|hours|days)\n$/);
    expect(stdout).toBe('');
    expect(code).toBe(7);
    await sh('zephr keys new --tier free --name ci > key');
    expect((await sh('printf x | ZEPHR_API_KEY_FILE=key zephr')).code).toBe(0);
  });
});
