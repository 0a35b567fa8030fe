/** Lets one fault after the other strike, a few at a time, until told to stop; then all of them are over. */

import { EventEmitter, once } from 'node:events';
import type { Fault } from './faults.js';
import type { Random } from './random.js';

/** How fast they follow each other: drawn between these bounds, in milliseconds. */
export interface Tempo {
  /** Faults at the same time, at most. */
  readonly atOnce: number;
  readonly lasts: { readonly min: number; readonly max: number };
  /** Before the next one. */
  readonly waits: { readonly min: number; readonly max: number };
}

/** With time for everything to work again in between. */
export const STEADY: Tempo = {
  atOnce: 2,
  lasts: { min: 200, max: 2_500 },
  waits: { min: 1_000, max: 5_000 },
};

/** For who has seconds only. */
export const HURRIED: Tempo = { atOnce: 3, lasts: { min: 100, max: 700 }, waits: { min: 50, max: 400 } };

/** Faults that strike. */
export class Trouble {
  /** How often each struck, by name. */
  readonly counts = new Map<string, number>();
  /** Resolves when each has struck. */
  readonly allStruck: Promise<void>;
  readonly #faults: readonly Fault[];
  readonly #random: Random;
  readonly #tempo: Tempo;
  readonly #rest: (ms: number) => Promise<void>;
  readonly #onAllStruck = new EventEmitter();
  readonly #befallen = new Set<string>();
  /** Each fault once, in an order that is drawn; then all again. */
  #deck: Fault[] = [];

  /** @param rest resolves after so many milliseconds, or sooner when there is no more time. */
  constructor(faults: readonly Fault[], random: Random, tempo: Tempo, rest: (ms: number) => Promise<void>) {
    this.#faults = faults;
    this.#random = random;
    this.#tempo = tempo;
    this.#rest = rest;
    this.allStruck = once(this.#onAllStruck, 'all').then(() => undefined);
    for (const { name } of faults) this.counts.set(name, 0);
  }

  /** Resolves when all are over, after `stopping` says so. */
  async run(stopping: () => boolean): Promise<void> {
    const { atOnce, waits } = this.#tempo;
    const lane = async (number: number) => {
      const random = this.#random.part(number);
      while (!stopping()) {
        await this.#rest(random.whole(waits.min, waits.max));
        if (!stopping()) await this.#next(random);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, (_, number) => lane(number)));
  }

  async #next(random: Random): Promise<void> {
    if (this.#deck.length === 0) this.#deck = this.#random.shuffled(this.#faults);
    const place = this.#deck.findIndex(({ befalls }) => !this.#befallen.has(befalls));
    const [fault] = place < 0 ? [] : this.#deck.splice(place, 1);
    if (fault === undefined) return;
    this.counts.set(fault.name, (this.counts.get(fault.name) ?? 0) + 1);
    this.#befallen.add(fault.befalls);
    if ([...this.counts.values()].every((count) => count > 0)) this.#onAllStruck.emit('all');
    const end = await fault.strike(random);
    const { min, max } = this.#tempo.lasts;
    await this.#rest(random.whole(min, max));
    await end();
    this.#befallen.delete(fault.befalls);
  }
}
