/** `zephr keys log` and keys that expire: what becomes of API keys, and what a server notes of them. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startServerProcess } from '../support/server.js';
import { openSession } from '../support/session.js';
import { ENGINES, newStore, withoutEngine } from '../support/stores.js';

const ID = /key_[A-Za-z0-9]{12}/;

/** A session whose store is a file in its folder. */
function session() {
  const one = openSession();
  const store = join(one.folder, 'zephr.db');
  one.env.ZEPHR_SERVE_STORE = store;
  return { ...one, store };
}

describe('zephr keys log', () => {
  for (const engine of ENGINES) {
    it.skipIf(withoutEngine(engine))(
      `tells when and from where a key was used and refused, over ${engine}${withoutEngine(engine)}`,
      { timeout: 60_000 },
      async () => {
        const store = await newStore(engine);
        const { sh, env } = openSession({ ZEPHR_SERVE_STORE: store });
        const server = await startServerProcess({ store, args: ['--access', 'closed'] });
        onTestFinished(() => server.stop().then(() => undefined));
        env.ZEPHR_SERVER = server.url;
        await sh('zephr keys new -q --tier pro --name ci --expires 90d > key');
        expect((await sh('zephr keys log ci')).stdout).toMatch(
          /^TIME +EVENT +DETAIL\n\S+Z {2}created {2}tier pro, expires \d{4}-\S+Z\n$/,
        );
        const create = 'printf x | ZEPHR_API_KEY_FILE=key zephr -q > link';
        expect((await sh(create)).code).toBe(0);
        await sh('zephr keys revoke -q ci');
        expect((await sh(`${create}; ${create}`)).code).toBe(3);
        // What is not noted yet, a server notes at its end.
        await server.stop();
        const [, ...lines] = (await sh('zephr keys log ci')).stdout.trimEnd().split('\n');
        expect(lines.map((line) => line.split(/ {2,}/).slice(1))).toEqual([
          ['created', expect.stringContaining('tier pro, expires ')],
          ['used', 'last from 127.0.0.0/24'],
          ['revoked'],
          ['refused', '2 times, last from 127.0.0.0/24'],
        ]);
        const time = expect.stringMatching(/^\d{4}-.*Z$/);
        const key = { id: expect.stringMatching(ID), name: 'ci', tier: 'pro' };
        const times = { createdAt: time, expiresAt: time, revokedAt: time };
        const network = '127.0.0.0/24';
        expect(JSON.parse((await sh('zephr keys log ci --json')).stdout)).toEqual({
          ...{ ...key, ...times },
          events: [
            { at: time, event: 'created' },
            { at: time, event: 'used', network },
            { at: time, event: 'revoked' },
            { at: time, event: 'refused', network, count: 2 },
          ],
        });
        expect(JSON.parse((await sh('zephr keys ls --json')).stdout)).toMatchObject({
          keys: [{ ...key, ...times, lastUse: { at: time, network }, creates: { used: 1 } }],
        });
      },
    );
  }

  it('is of the key that has the name now, or by its id of one that had it', async () => {
    const { sh } = session();
    const made = async (tier: string) =>
      (JSON.parse((await sh(`zephr keys new --json --tier ${tier} --name ci`)).stdout) as { id: string }).id;
    const first = await made('free');
    await sh('zephr keys revoke ci');
    expect((await sh('zephr keys log ci')).stdout).toContain('tier free');
    await made('dev');
    expect((await sh('zephr keys log ci')).stdout).toContain('tier dev');
    expect((await sh(`zephr keys log ${first}`)).stdout).toContain('tier free');
    const unknown = await sh('zephr keys log nobody');
    expect([unknown.code, unknown.stderr]).toEqual([
      2,
      expect.stringContaining('there is no API key of that'),
    ]);
    const key = await sh(`zephr keys log zeph_${'a'.repeat(40)}`);
    expect([key.code, key.stderr]).toEqual([2, expect.not.stringContaining('aaaa')]);
  });
});

describe('a key that expires', () => {
  it('is refused from then on, and the log says so', async () => {
    const one = session();
    const server = await startServerProcess({ store: one.store, args: ['--access', 'closed'] });
    onTestFinished(() => server.stop().then(() => undefined));
    one.env.ZEPHR_SERVER = server.url;
    await one.sh('zephr keys new -q --tier pro --name ci --expires 3s > key');
    const { code, stderr } = await one.sh(
      'while printf x | ZEPHR_API_KEY_FILE=key zephr -q > link; code=$?; [ $code = 0 ]; do :; done; exit $code',
    );
    expect(code).toBe(3);
    expect(stderr).toContain('the API key has expired');
    expect((await one.sh('zephr keys log ci')).stdout).toMatch(/Z {2}expired\n/);
    expect((await one.sh('zephr keys ls')).stdout.match(/\d{4}-\d\d-\d\dT/g)?.length).toBeGreaterThanOrEqual(
      2,
    );
  });

  it.each(['yesterday', '0', '2020-01-01', '', '-1d'])('does not at %j', async (time) => {
    const { sh, store } = session();
    const { code, stderr } = await sh(`zephr keys new --tier pro --name ci --expires='${time}'`);
    expect([code, stderr]).toEqual([2, expect.stringContaining('--expires is no time to come')]);
    expect(existsSync(store)).toBe(false);
  });

  it('says until when it is taken', async () => {
    const { sh } = session();
    const { stderr } = await sh('zephr keys new --tier pro --name ci --expires 90d');
    expect(stderr).toContain('it is refused in 90 days, at ');
    expect((await sh('zephr keys ls --json')).stdout).toMatch(/"expiresAt":"\d{4}-/);
  });
});
