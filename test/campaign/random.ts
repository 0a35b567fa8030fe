/** Chance with a seed: the same seed plans the same campaign. */

/** A stream of random choices. */
export class Random {
  #state: number;

  /** @param seed any text; streams with different seeds have nothing to do with each other. */
  constructor(readonly seed: string) {
    // FNV-1a, 32 bits (RFC 9923).
    this.#state = 0x811c9dc5;
    for (const byte of Buffer.from(seed)) this.#state = Math.imul(this.#state ^ byte, 0x01000193);
  }

  /** A stream of its own for a part, which does not depend on how much was drawn from this one. */
  part(name: string | number): Random {
    return new Random(`${this.seed}/${name}`);
  }

  /** From 0 up to, but not, 1. */
  fraction(): number {
    // Mulberry32, a generator with 32 bits of state (Tommy Ettinger, public domain).
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `min` to `max`, both included. */
  whole(min: number, max: number): number {
    return min + Math.floor(this.fraction() * (max - min + 1));
  }

  /** True this often, 0 to 1. */
  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<const T>(choices: readonly [T, ...T[]]): T {
    return choices[this.whole(0, choices.length - 1)] ?? choices[0];
  }

  shuffled<T>(items: readonly T[]): T[] {
    return items
      .map((item) => ({ item, place: this.fraction() }))
      .sort((one, other) => one.place - other.place)
      .map(({ item }) => item);
  }

  /** Bytes that only fill: never a key. */
  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.whole(0, 255)));
  }
}
