import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapConcurrent } from '../../src/core/crypto/stream.js';

async function* upTo(count: number): AsyncGenerator<number> {
  for (let item = 0; item < count; item++) yield item;
}

/** Work whose every piece takes some turns of the microtask queue. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await null;
}

describe('work on several items at once', () => {
  it('gives the results in the order of the items, and never has more under way than allowed', async () => {
    const anyDelays = fc.array(fc.nat(20), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(anyDelays, fc.integer({ min: 1, max: 6 }), async (delays, window) => {
        let underWay = 0;
        let most = 0;
        const work = async (item: number, index: number) => {
          most = Math.max(most, ++underWay);
          await turns(delays[item] ?? 0);
          underWay--;
          return [item, index];
        };
        const results: number[][] = [];
        for await (const result of mapConcurrent(upTo(delays.length), work, window)) results.push(result);
        expect(results).toEqual(delays.map((_, index) => [index, index]));
        expect(most).toBeLessThanOrEqual(window);
      }),
    );
  });

  it('really has several under way', async () => {
    const started: number[] = [];
    let release: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const work = (item: number) => {
      started.push(item);
      return item === 0 ? gate : Promise.resolve();
    };
    const results = mapConcurrent(upTo(10), work, 4);
    const first = results.next();
    await turns(50);
    expect(started).toEqual([0, 1, 2, 3]);
    release?.();
    await first;
  });

  it('fails with the first failure in the order of the items, though a later one came sooner', async () => {
    const work = async (item: number) => {
      if (item === 2) {
        await turns(20);
        throw new Error('the second');
      }
      if (item > 2) throw new Error('a later one');
      return item;
    };
    const results: number[] = [];
    const reading = (async () => {
      for await (const result of mapConcurrent(upTo(8), work, 4)) results.push(result);
    })();
    await expect(reading).rejects.toThrow('the second');
    expect(results).toEqual([0, 1]);
  });

  it('leaves no failure unhandled when its reader has gone', async () => {
    const work = (item: number) => (item === 0 ? Promise.resolve(0) : Promise.reject(new Error('unheard')));
    const heard: number[] = [];
    for await (const result of mapConcurrent(upTo(8), work, 4)) {
      heard.push(result);
      break;
    }
    // An unhandled rejection would fail the run.
    await turns(50);
    expect(heard).toEqual([0]);
  });
});
