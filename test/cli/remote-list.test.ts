/** `zephr ls --remote` and `zephr stats --remote`: what an API key made, seen from every machine that has the key. */

import { describe, expect, it } from 'vitest';
import { startServerProcess } from '../support/server.js';
import { openSession } from '../support/session.js';
import { ENGINES, newStore, withoutEngine } from '../support/stores.js';

interface Listed {
  readonly id: string;
  readonly hint?: string;
  readonly state: string;
}

/** A server with two API keys, and machines that have one of them. */
async function withKeys(engine: (typeof ENGINES)[number]) {
  const store = await newStore(engine);
  const operator = openSession({ ZEPHR_SERVE_STORE: store });
  const keyOf = async (name: string) =>
    (await operator.sh(`zephr keys new -q --tier pro --name ${name}`)).stdout.trim();
  const [mine, other] = [await keyOf('mine'), await keyOf('other')];
  const server = await startServerProcess({ store });
  const machine = (apiKey: string) => openSession({ ZEPHR_SERVER: server.url, ZEPHR_API_KEY: apiKey });
  return { operator, server, mine, other, machine };
}

const hints = (stdout: string) =>
  (JSON.parse(stdout) as { secrets: Listed[] }).secrets.map(({ hint }) => hint);

describe.each(ENGINES)('over %s', (engine) => {
  it.skipIf(withoutEngine(engine))(
    `a sender sees on one machine what was sent from another${withoutEngine(engine)}`,
    { timeout: 120_000 },
    async () => {
      const { operator, server, mine, other, machine } = await withKeys(engine);
      const [laptop, ci, stranger] = [machine(mine), machine(mine), machine(other)];
      await laptop.sh('for hint in alpha beta; do echo x | zephr -q -H $hint > $hint; sleep 0.01; done');
      await ci.sh('echo x | zephr -q -H Alphabet --views 2 > link; zephr get -q < link > got');
      await stranger.sh('echo x | zephr -q -H theirs > link');
      const { sh } = laptop;

      expect((await ci.sh('zephr ls')).stdout.trim().split('\n')).toHaveLength(1);
      const lines = (await ci.sh('zephr ls --remote')).stdout.trim().split('\n');
      expect(lines.map((line) => line.split(/ {2,}/).slice(1))).toEqual([
        ['waiting', expect.stringMatching(/ ago$/), '1/2', 'Alphabet'],
        ['waiting', expect.stringMatching(/ ago$/), '0/1', 'beta'],
        ['waiting', expect.stringMatching(/ ago$/), '0/1', 'alpha'],
      ]);
      expect(hints((await stranger.sh('zephr ls --remote --json')).stdout)).toEqual(['theirs']);

      const { secrets } = JSON.parse((await ci.sh('zephr ls --remote --json')).stdout) as {
        secrets: Listed[];
      };
      expect(secrets[0]).toEqual({
        ...{ kind: 'secret', server: server.url, id: secrets[0]?.id, version: 2, hint: 'Alphabet' },
        ...{ state: 'waiting', views: 2, viewsLeft: 1, wrongPassphrases: 0 },
        createdAt: expect.stringMatching(/Z$/),
        expiresAt: expect.stringMatching(/Z$/),
        firstReadAt: expect.stringMatching(/Z$/),
        lastReadAt: expect.stringMatching(/Z$/),
        reads: [{ at: expect.stringMatching(/Z$/), acknowledged: true }],
        bytes: expect.any(Number),
      });

      const of = async (options: string) => hints((await sh(`zephr ls --remote --json ${options}`)).stdout);
      expect(await of('-n 2')).toEqual(['Alphabet', 'beta']);
      expect(await of('--search ALPHA')).toEqual(['Alphabet', 'alpha']);
      expect(await of(`--after '${secrets[1]?.id}'`)).toEqual(['alpha']);
      expect(await of('--since 2099-01-01')).toEqual([]);
      expect(await of('--since 1h')).toHaveLength(3);

      // What was asked for is in it too, by time.
      await laptop.sh(
        'zephr request -q -m "the password" --answers 2 > asked; echo x | zephr -q -H gamma > link',
      );
      expect(await of('-n 3')).toEqual(['gamma', undefined, 'Alphabet']);
      const [line = ''] = (await sh('zephr ls --remote --state open')).stdout.trim().split('\n');
      expect(line.split(/ {2,}/).slice(1)).toEqual(['open', expect.stringMatching(/ ago$/), '0/2']);
      const [request] = (
        JSON.parse((await ci.sh('zephr ls --remote --json --state open')).stdout) as { secrets: Listed[] }
      ).secrets;
      expect(request).toMatchObject({ kind: 'request', server: server.url, answers: 2, answersLeft: 2 });
      expect(await of(`--after '${request?.id}' -n 1`)).toEqual(['Alphabet']);
      expect(await of(`--after '${request?.id}' --state revoked`)).toEqual([]);
      expect((await stranger.sh('zephr ls --remote --state open')).stdout).toBe('');

      // By its whole id it is seen and destroyed from any machine with the key, and from no other.
      const id = secrets[2]?.id;
      expect((await stranger.sh(`zephr revoke -- '${id}'`)).code).toBe(5);
      expect((await ci.sh(`zephr revoke -q -- '${id}'; zephr status --is revoked -- '${id}'`)).code).toBe(0);
      expect(await of('--state revoked')).toEqual(['alpha']);
      expect((await sh('zephr ls --remote --state expired')).stderr).toBe('there is nothing in the list\n');

      expect(JSON.parse((await ci.sh('zephr stats --remote --json')).stdout)).toEqual({
        states: { waiting: 3, read: 0, expired: 0, revoked: 1 },
        created: { today: 4, thisWeek: 4, thisMonth: 4, total: 4 },
        bytes: expect.any(Number),
        requests: {
          states: { open: 1, answered: 0, expired: 0, cancelled: 0 },
          created: { today: 1, thisWeek: 1, thisMonth: 1, total: 1 },
        },
      });
      expect((await ci.sh('zephr stats --remote')).stdout).toMatch(/^waiting +3\n(.*\n)*at the server +4\n/);

      await operator.sh('zephr keys revoke -q mine');
      expect((await ci.sh('zephr ls --remote')).code).toBe(3);
      await server.stop();
    },
  );
});

describe('--remote', () => {
  it('takes an API key, and none goes with --offline or --forget', async () => {
    const { sh } = openSession();
    const without = await sh('zephr ls --remote --server http://127.0.0.1:1');
    expect(without.code).toBe(4);
    expect(without.stderr).toContain('there is none for 127.0.0.1:1');
    expect(without.stderr).toContain('hint: ask whoever runs the server for one');
    expect((await sh('zephr stats --remote --server http://127.0.0.1:1')).code).toBe(4);
    for (const options of ['ls --remote --offline', 'ls --remote --forget', 'stats --remote --offline']) {
      const { code, stderr } = await sh(`zephr ${options}`);
      expect([code, stderr]).toEqual([2, expect.stringContaining('--remote does not go with')]);
    }
  });
});
