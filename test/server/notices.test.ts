/** Waiting for news: of a change here, of one in another process, of an expiry, and of the server's end. */

import { afterEach, describe, expect, test, vi } from 'vitest';
import { Notices } from '../../src/server/notices/notices.js';
import { Watch } from '../../src/server/notices/watch.js';
import type { Channel, ChannelListener } from '../../src/server/store/contracts/channel.js';
import { createLog } from '../../src/server/telemetry/pino-log.js';
import { harness, PROOF, PROOF_HASH, refusal, VERSION_2, WRONG_PROOF } from './harness.js';

const LONG_MS = 20_000;

/** Channels between processes that a test plays. */
class Played implements Channel {
  readonly #all: readonly Played[];
  listener: ChannelListener | undefined;

  constructor(all: readonly Played[]) {
    this.#all = all;
  }

  async listen(listener: ChannelListener): Promise<void> {
    this.listener = listener;
  }

  async send(names: readonly string[]): Promise<void> {
    for (const other of this.#all) if (other !== this) other.listener?.changed(names);
  }
}

function channels(count: number): readonly Played[] {
  const all: Played[] = [];
  while (all.length < count) all.push(new Played(all));
  return all;
}

/** A number that is looked at, and how often it was. */
function counter(notices: Notices) {
  const state = { value: 0, looks: 0, failure: undefined as Error | undefined };
  const look = async () => {
    state.looks += 1;
    if (state.failure) throw state.failure;
    return state.value;
  };
  const watch = new Watch(notices, look);
  const above = (least: number, ms = LONG_MS) =>
    watch.until('it', { first: look, isNews: (value) => value > least, ms });
  return { state, above };
}

const soon = () => new Promise<void>((resolve) => void setTimeout(resolve, 20));

describe('who waits', () => {
  test('is answered at once when there is news already', async () => {
    const { state, above } = counter(new Notices());
    state.value = 5;
    expect(await above(4)).toBe(5);
    expect(state.looks).toBe(1);
  });

  test('is told of a change, and of none that is no news', async () => {
    const notices = new Notices();
    const { state, above } = counter(notices);
    const told = above(1);
    for (const value of [1, 2]) {
      await soon();
      state.value = value;
      notices.tell('it');
    }
    expect(await told).toBe(2);
  });

  test('misses no change that comes while it looks', async () => {
    const notices = new Notices();
    let value = 0;
    const watch = new Watch(notices, async () => value);
    const first = async () => {
      const found = value;
      value = 1;
      notices.tell('it');
      await soon();
      return found;
    };
    const told = watch.until('it', { first, isNews: (found) => found > 0, ms: LONG_MS });
    expect(await told).toBe(1);
  });

  test('is not woken by changes of something else', async () => {
    const notices = new Notices();
    const { state, above } = counter(notices);
    const told = above(0);
    await soon();
    notices.tell('other');
    await soon();
    expect(state.looks).toBe(1);
    state.value = 1;
    notices.tell('it');
    expect(await told).toBe(1);
  });

  test('looks once more when its time is up', async () => {
    const { state, above } = counter(new Notices());
    const told = above(9, 50);
    await soon();
    state.value = 3;
    expect(await told).toBe(3);
  });

  test('looks when time alone makes a change', async () => {
    const { state } = counter(new Notices());
    const watch = new Watch(new Notices(), async () => (state.value = 1));
    const found = await watch.until('it', {
      first: async () => 0,
      isNews: (value) => value > 0,
      changesIn: () => 30,
      ms: LONG_MS,
    });
    expect(found).toBe(1);
  });

  test('is answered with what it knows when the server closes, and nobody waits afterwards', async () => {
    const notices = new Notices();
    const { state, above } = counter(notices);
    const told = [above(0), above(0)];
    await soon();
    notices.close();
    expect(await Promise.all(told)).toEqual([0, 0]);
    expect(await above(0)).toBe(0);
    expect(state.looks).toBe(3);
  });

  test('learns of a look that fails', async () => {
    const notices = new Notices();
    const { state, above } = counter(notices);
    const told = above(0);
    await soon();
    state.failure = new Error('away');
    notices.tell('it');
    await expect(told).rejects.toThrow('away');
  });

  test('shares a look with all who wait for the same', async () => {
    const notices = new Notices();
    const { state, above } = counter(notices);
    const told = Array.from({ length: 500 }, () => above(0));
    await soon();
    expect(state.looks).toBe(500);
    state.value = 1;
    notices.tell('it');
    expect(new Set(await Promise.all(told))).toEqual(new Set([1]));
    expect(state.looks).toBeLessThan(510);
  });
});

test('many who wait for different things take the store in turns', async () => {
  const notices = new Notices();
  let underWay = 0;
  let most = 0;
  let changed = false;
  const watch = new Watch(notices, async () => {
    underWay += 1;
    most = Math.max(most, underWay);
    await soon();
    underWay -= 1;
    return true;
  });
  const names = Array.from({ length: 200 }, (_, index) => `it ${index}`);
  const told = names.map((name) =>
    watch.until(name, { first: async () => changed, isNews: (found) => found, ms: LONG_MS }),
  );
  await soon();
  changed = true;
  for (const name of names) notices.tell(name);
  expect((await Promise.all(told)).every(Boolean)).toBe(true);
  expect(most).toBe(32);
});

describe('between processes', () => {
  test('each is told of what the others change', async () => {
    const processes = channels(3).map((channel) => new Notices(channel));
    const told = processes.map((notices) => {
      const { state, above } = counter(notices);
      return { state, told: above(0) };
    });
    await soon();
    for (const { state } of told) state.value = 1;
    processes[1]?.tell('it');
    expect(await Promise.all(told.map(({ told }) => told))).toEqual([1, 1, 1]);
  });

  test('who waits looks again when the channel was away for a while', async () => {
    const [channel] = channels(1);
    const { state, above } = counter(new Notices(channel));
    const told = above(0);
    await soon();
    state.value = 1;
    channel?.listener?.missed();
    expect(await told).toBe(1);
  });

  test('a channel that is broken is logged, and does not keep anybody from waiting', async () => {
    const lines: string[] = [];
    const broken = async () => {
      throw new Error('away');
    };
    const notices = new Notices(
      { listen: broken, send: broken },
      createLog((line) => lines.push(line), Date.now),
    );
    const { state, above } = counter(notices);
    const told = above(0);
    await soon();
    state.value = 1;
    notices.tell('it');
    expect(await told).toBe(1);
    await soon();
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { event: 'notices lost' },
      { event: 'notices lost' },
    ]);
  });

  test('what changes while others are told is told at once afterwards', async () => {
    const sent: (readonly string[])[] = [];
    const notices = new Notices({
      listen: async () => undefined,
      send: async (names) => {
        sent.push(names);
        await soon();
      },
    });
    for (const name of ['a', 'b', 'c', 'b']) notices.tell(name);
    await vi.waitFor(() => expect(sent).toEqual([['a'], ['b', 'c']]));
  });
});

describe('GET …/status?wait=', () => {
  afterEach(() => {
    vi.useRealTimers();
  });
  const headers = { 'zephr-proof': PROOF };

  test('is answered when somebody has read', async () => {
    const { made, read, call } = harness();
    const id = await made({ ...VERSION_2, views: 2 });
    for (const left of [1, 0]) {
      const told = call('GET', `/api/secrets/${id}/status?wait=25&seen=waiting.${left + 1}`, { headers });
      await soon();
      await read(id, headers);
      expect(await (await told).json()).toMatchObject({
        state: left === 0 ? 'read' : 'waiting',
        views_left: left,
      });
    }
  });

  test('tells readers less than the sender who waits beside them, whoever is told first', async () => {
    const { made, read, call } = harness();
    const id = await made({ ...VERSION_2, views: 2, receipt_hash: PROOF_HASH });
    const sender = { 'zephr-receipt': PROOF };
    for (const all of [
      [headers, sender, headers, sender],
      [sender, headers, sender, headers],
    ]) {
      const told = all.map((own) => call('GET', `/api/secrets/${id}/status?wait=25`, { headers: own }));
      await soon();
      await read(id, headers);
      const replies = await Promise.all(told.map(async (reply) => (await reply).json()));
      for (const [place, reply] of replies.entries()) {
        expect('reads' in (reply as object)).toBe(all[place] === sender);
        expect(reply).toEqual(replies[(place + 2) % 4]);
      }
    }
  });

  test('is answered when it is revoked', async () => {
    const { made, call } = harness();
    const id = await made(VERSION_2);
    const told = call('GET', `/api/secrets/${id}/status?wait=25&seen=waiting.1`, { headers });
    await soon();
    await call('DELETE', `/api/secrets/${id}`, { headers });
    expect(await (await told).json()).toMatchObject({ state: 'revoked' });
  });

  test('is answered at the expiry', async () => {
    const { made, call, clock } = harness();
    const id = await made({ ...VERSION_2, expiry: 1 });
    clock.now += 59_950;
    const told = call('GET', `/api/secrets/${id}/status?wait=25&seen=waiting.1`, { headers });
    await soon();
    clock.now += 50;
    expect(await (await told).json()).toMatchObject({ state: 'expired' });
  });

  test('is answered at once when it is another than was seen', async () => {
    const { made, call } = harness();
    const id = await made({ ...VERSION_2, views: 3 });
    for (const seen of ['waiting.2', 'read.0', 'expired.3']) {
      const told = await call('GET', `/api/secrets/${id}/status?wait=25&seen=${seen}`, { headers });
      expect(await told.json()).toMatchObject({ state: 'waiting', views_left: 3 });
    }
  });

  test('without seen waits for anything to change', async () => {
    const { made, read, call } = harness();
    const id = await made({ ...VERSION_2, views: 2 });
    const told = call('GET', `/api/secrets/${id}/status?wait=25`, { headers });
    await soon();
    await read(id, headers);
    expect(await (await told).json()).toMatchObject({ state: 'waiting', views_left: 1 });
  });

  test('says after its time what it is', async () => {
    const { made, call } = harness();
    const id = await made(VERSION_2);
    const start = performance.now();
    const told = await call('GET', `/api/secrets/${id}/status?wait=1&seen=waiting.1`, { headers });
    expect(await told.json()).toMatchObject({ state: 'waiting', views_left: 1 });
    expect(performance.now() - start).toBeGreaterThan(900);
  });

  test('refuses a wrong key at once', async () => {
    const { made, call } = harness();
    const id = await made(VERSION_2);
    const wrong = { 'zephr-proof': WRONG_PROOF };
    const path = `/api/secrets/${id}/status?wait=25&seen=waiting.1`;
    expect(await refusal(call('GET', path, { headers: wrong }))).toBe('403 WRONG_KEY');
    expect(await refusal(call('GET', path.replace(id, 'x'.repeat(22)), { headers }))).toBe(
      '404 SECRET_NOT_FOUND',
    );
  });

  test.each([
    'wait=0',
    'wait=26',
    'wait=',
    'wait=1.5',
    'wait=1&seen=waiting',
    'wait=1&seen=gone.1',
    'seen=read.1001',
  ])('refuses ?%s', async (query) => {
    const { made, call } = harness();
    const id = await made(VERSION_2);
    expect(await refusal(call('GET', `/api/secrets/${id}/status?${query}`, { headers }))).toBe(
      '400 INVALID_REQUEST',
    );
  });
});
