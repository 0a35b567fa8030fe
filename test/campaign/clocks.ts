/**
 * What time it was for whom. The campaign measures in milliseconds of one clock that nobody steps. Each server has a
 * clock of its own, which runs faster and is stepped; this is what is known about those.
 */

/** The least and the most a server's clock may have shown, in milliseconds since 1970. */
export interface Span {
  readonly min: number;
  readonly max: number;
}

/** A clock that ran with one offset, between two moments of the campaign. */
interface Stretch {
  readonly server: string;
  readonly offset: number;
  readonly from: number;
  to: number;
}

/** The servers' clocks. */
export class Clocks {
  /** How many milliseconds pass for the servers in one of the campaign. */
  readonly rate: number;
  /** What a clock without an offset showed when the campaign began. */
  readonly epoch: number;
  readonly #stretches: Stretch[] = [];
  readonly #slack: number;

  /** @param slack how far a server may be from its clock, in its milliseconds, since it has that from a database. */
  constructor(rate: number, epoch: number, slack = 0) {
    this.rate = rate;
    this.epoch = epoch;
    this.#slack = slack;
  }

  /**
   * Notes that a server's clock may have an offset from now on. The one before may still hold.
   * @returns what to call once it surely has the new one, with the moment.
   */
  step(server: string, offset: number, from: number): (settled: number) => void {
    const before = this.#stretches.filter(
      (one) => one.server === server && one.to === Number.POSITIVE_INFINITY,
    );
    this.#stretches.push({ server, offset, from, to: Number.POSITIVE_INFINITY });
    return (settled) => {
      for (const stretch of before) stretch.to = settled;
    };
  }

  /** What a clock without an offset shows at a moment. */
  right(moment: number): number {
    return this.#at(moment, 0);
  }

  /** What a server's clock can have shown from one moment to another. */
  shown(server: string, from: number, to: number): Span {
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    for (const stretch of this.#stretches) {
      if (stretch.server !== server || stretch.from > to || stretch.to < from) continue;
      min = Math.min(min, this.#at(Math.max(from, stretch.from), stretch.offset));
      max = Math.max(max, this.#at(Math.min(to, stretch.to), stretch.offset));
    }
    if (min > max) throw new Error(`nothing is known of the clock of server ${server} at ${from}`);
    // Servers count whole milliseconds.
    return { min: Math.floor(min - this.#slack), max: Math.ceil(max + this.#slack) };
  }

  /** Whether any server's clock may have shown `time` or later by the moment `by`. */
  reached(time: number, by: number): boolean {
    const servers = new Set(this.#stretches.filter(({ from }) => from <= by).map(({ server }) => server));
    return [...servers].some((server) => this.shown(server, 0, by).max >= time);
  }

  /** The first time that any server's clock can have shown from one moment to another. */
  earliest(from: number, to: number): number {
    const servers = new Set(this.#stretches.filter((one) => one.from <= to).map(({ server }) => server));
    return Math.min(...[...servers].map((server) => this.shown(server, from, to).min));
  }

  #at(moment: number, offset: number): number {
    return this.epoch + moment * this.rate + offset;
  }
}
