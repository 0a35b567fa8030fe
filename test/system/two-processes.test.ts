/** Two servers on one store: what one counts, keeps or revokes holds for the other, and after a restart. */

import { describe, expect, it, onTestFinished } from 'vitest';
import { type ServerProcess, startServerProcess } from '../support/server.js';
import { openSession, type Session } from '../support/session.js';
import { ENGINES, type Engine, newStore, withoutEngine } from '../support/stores.js';

const BODY = { encrypted_blob: 'Y2lwaGVydGV4dA', expiry: 60, split_url_mode: false };

interface Pair extends Session {
  readonly servers: readonly ServerProcess[];
  /** Ends both and starts them again on the same file. */
  restart(): Promise<void>;
  /** Creates on the first or second server. Gives the id, or status and code of a refusal. */
  create(which: number, headers?: Record<string, string>, fields?: object): Promise<string>;
}

async function startPair(engine: Engine, ...args: string[]): Promise<Pair> {
  const session = openSession();
  const store = await newStore(engine);
  session.env.ZEPHR_SERVE_STORE = store;
  let servers: ServerProcess[] = [];
  const start = async () => {
    servers = await Promise.all([0, 1].map(() => startServerProcess({ store, args })));
  };
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  await start();
  onTestFinished(stop);
  return {
    ...session,
    get servers() {
      return servers;
    },
    async restart() {
      await stop();
      await start();
    },
    async create(which, headers = {}, fields = {}) {
      const response = await fetch(`${servers[which % 2]?.url}/api/secrets`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ ...BODY, ...fields }),
      });
      const reply = (await response.json()) as { id?: string; error?: { code: string } };
      return reply.id ?? `${response.status} ${reply.error?.code}`;
    },
  };
}

/** Makes a key while the servers run, and gives the headers that show it. */
async function newKey({ sh }: Pair, name: string): Promise<Record<string, string>> {
  const { stdout } = await sh(`zephr keys new --tier free --name ${name}`);
  return { authorization: `Bearer ${stdout.trim()}` };
}

describe.each(ENGINES)('two servers on %s', (engine) => {
  const missing = withoutEngine(engine);
  const run = (name: string, test: () => Promise<void>) => it.skipIf(missing !== '')(name + missing, test);

  run('an idempotency key makes one secret, on either server and after a restart', async () => {
    const pair = await startPair(engine);
    const once = { 'idempotency-key': '2b1f6f3e-0d5c-4f0e-9f6a-1c2d3e4f5a6b' };
    const ids = await Promise.all(Array.from({ length: 32 }, (_, i) => pair.create(i, once)));
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(await pair.create(0, once, { hint: 'other' })).toBe('409 IDEMPOTENCY_KEY_REUSED');
    expect(await pair.create(1, once, { hint: 'other' })).toBe('409 IDEMPOTENCY_KEY_REUSED');
    await pair.restart();
    expect([await pair.create(0, once), await pair.create(1, once)]).toEqual([ids[0], ids[0]]);
    expect(await pair.create(1, once, { expiry: 61 })).toBe('409 IDEMPOTENCY_KEY_REUSED');
  });

  run(
    'of 64 creates at once over both, a quota of 50 lets exactly 50 through, also after a restart',
    async () => {
      const pair = await startPair(engine, '--access', 'closed');
      const free = await newKey(pair, 'ci');
      const once = { ...free, 'idempotency-key': 'once' };
      const creates = Array.from({ length: 63 }, (_, i) => pair.create(i, free));
      const replays = Array.from({ length: 20 }, (_, i) => pair.create(i, once));
      const answers = await Promise.all([...creates, ...replays]);
      const made = new Set(answers.filter((answer) => !answer.startsWith('429')));
      expect(made.size).toBe(50);
      await pair.restart();
      expect(await pair.create(0, free)).toBe('429 MONTHLY_LIMIT_EXCEEDED');
      expect(await pair.create(1, free)).toBe('429 MONTHLY_LIMIT_EXCEEDED');
    },
  );

  run('a key that is made or revoked while they run is known to both at once', async () => {
    const pair = await startPair(engine, '--access', 'closed');
    const key = await newKey(pair, 'ci');
    for (const which of [0, 1]) expect(await pair.create(which, key)).toMatch(/^[A-Za-z0-9_-]{22}$/);
    await pair.sh('zephr keys revoke ci');
    for (const which of [0, 1]) expect(await pair.create(which, key)).toBe('401 INVALID_API_KEY');
  });

  run('keys can be made and revoked while both are busy', async () => {
    const pair = await startPair(engine);
    let busy = true;
    const load = Array.from({ length: 16 }, async (_, i) => {
      while (busy) await pair.create(i, {}, { encrypted_blob: 'A'.repeat(4_000) });
    });
    for (const name of ['a', 'b', 'c', 'd']) {
      const key = await newKey(pair, name);
      expect(await pair.create(0, key)).toMatch(/^[A-Za-z0-9_-]{22}$/);
      expect((await pair.sh(`zephr keys revoke ${name}`)).code).toBe(0);
      expect(await pair.create(1, key)).toBe('401 INVALID_API_KEY');
    }
    busy = false;
    await Promise.all(load);
  });
});
