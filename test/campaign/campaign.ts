/** A campaign: real servers, clients that want secrets from them, faults, and a checker that reads what happened. */

import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { check, type Violation } from './checker.js';
import { Life, type World } from './life.js';
import { drawPlan } from './plan.js';
import { Random } from './random.js';
import { Recorder } from './recorder.js';
import type { Scene } from './scene.js';
import { type Tempo, Trouble } from './trouble.js';
import { DELIVERED } from './webhook-rules.js';
import { Wire } from './wire.js';

/** Lives at the same time. */
const ABREAST = 96;

/** After the faults: until everybody has an answer, and then until one more event has arrived. Milliseconds. */
const ANSWERS_MS = 30_000;
const EVENTS_MS = 20_000;

/** Between two looks at whether all events have arrived, and by how much the clocks are put on for each. */
const LOOK_MS = 1_000;
const HOUR_MS = 60 * 60_000;

/** Beyond that a day has passed since secrets expired, and nobody has to know them any more. */
const MOST_HOURS = 15;

/** A campaign under way, and what came of it. */
export class Campaign {
  readonly histories: Recorder[] = [];
  readonly trouble: Trouble;
  violation: Violation | null = null;
  /** What went wrong with the campaign's servers or receivers, and belongs to no secret. */
  readonly wrong: string[] = [];
  readonly #scene: Scene;
  readonly #random: Random;
  readonly #ids = new Map<string, Recorder>();
  /** Aborted when the time is up, or something was found. */
  readonly #ending = new AbortController();
  #requests = 0;
  #lastCall = Number.POSITIVE_INFINITY;

  constructor(scene: Scene, seed: string, tempo: Tempo) {
    this.#scene = scene;
    setMaxListeners(0, this.#ending.signal);
    this.#random = new Random(seed);
    this.trouble = new Trouble(scene.faults, this.#random.part('faults'), tempo, (ms) => this.#rest(ms));
  }

  get requests(): number {
    return this.#requests;
  }

  /** Runs for so many milliseconds, and until each fault has struck; then ends everything and looks at it once more. */
  async run(ms: number, signal: AbortSignal): Promise<void> {
    const stop = () => this.#end();
    signal.addEventListener('abort', stop, { once: true });
    const timer = setTimeout(() => void this.trouble.allStruck.then(stop), ms);
    const stopping = () => this.#ending.signal.aborted;
    try {
      const faults = this.trouble.run(stopping).then(() => {
        this.#lastCall = this.#scene.stopwatch.now() + ANSWERS_MS;
      });
      await Promise.all([faults, ...Array.from({ length: ABREAST }, () => this.#live(stopping))]);
      if (this.violation === null && !signal.aborted) await this.#settle(signal);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  #end(): void {
    this.#ending.abort();
  }

  async #rest(ms: number): Promise<void> {
    const { signal } = this.#ending;
    // Towards the end nobody waits for long, but nobody runs in circles either.
    await sleep(signal.aborted ? Math.min(ms, 100) : ms, undefined, {
      signal: signal.aborted ? undefined : signal,
    }).catch(() => undefined);
  }

  /** Lives one life after the other. */
  async #live(stopping: () => boolean): Promise<void> {
    while (!stopping()) {
      const number = this.histories.length;
      const random = this.#random.part(number);
      const { receivers, servers, stopwatch } = this.#scene;
      const plan = drawPlan(`s${number}`, random, receivers.length);
      const recorder = new Recorder(plan.name, plan.terms, stopwatch);
      this.histories.push(recorder);
      const world: World = {
        receivers,
        rest: (ms) => this.#rest(ms),
        tooLate: () => this.violation !== null || stopwatch.now() > this.#lastCall,
      };
      const wire = new Wire(recorder, servers, random.part('wire'), () => ++this.#requests);
      await new Life(plan, world, wire, recorder, random.part('life')).live();
      this.#examine(recorder, false);
    }
  }

  /** Keeps the first violation, and ends the campaign with it. */
  #examine(recorder: Recorder, ended: boolean): void {
    if (this.violation !== null) return;
    this.violation = check(recorder, this.#scene.clocks, ended) ?? this.#sameId(recorder);
    if (this.violation !== null) this.#end();
  }

  #sameId(recorder: Recorder): Violation | null {
    for (const event of recorder.events) {
      const id = event.what === 'answered' ? event.answer.id : undefined;
      if (id === undefined) continue;
      const other = this.#ids.get(id) ?? recorder;
      if (other !== recorder)
        return { rule: 'an id names one secret', why: `so does ${other.name}`, history: recorder };
      this.#ids.set(id, recorder);
    }
    return null;
  }

  /** Lets everything come to its end: all servers are well, all secrets expire, all events are delivered. */
  async #settle(signal: AbortSignal): Promise<void> {
    const { servers, receivers, stopwatch, clocks } = this.#scene;
    let hours = 2;
    await this.#scene.setClocks(hours * HOUR_MS);
    await Promise.all(
      servers.map(async (server) => {
        // A server cleans up when it starts, and now and then.
        await server.end('SIGTERM');
        await server.start();
      }),
    );
    let late = stopwatch.now() + EVENTS_MS;
    let open: readonly Recorder[] = this.histories;
    while (!signal.aborted) {
      await sleep(LOOK_MS);
      const found = open.map((recorder) => ({ recorder, rule: check(recorder, clocks, true)?.rule ?? null }));
      const still = found.filter(({ rule }) => rule !== null);
      if (still.length < open.length) late = stopwatch.now() + EVENTS_MS;
      open = still.map(({ recorder }) => recorder);
      // No wait mends the others.
      if (still.every(({ rule }) => rule !== DELIVERED) || stopwatch.now() > late) break;
      hours = Math.min(hours + 1, MOST_HOURS);
      await this.#scene.setClocks(hours * HOUR_MS);
    }
    if (signal.aborted) return;
    for (const recorder of this.histories) this.#examine(recorder, true);
    this.wrong.push(
      ...servers.flatMap(({ collapses }) => collapses),
      ...receivers.flatMap(({ strays }) => strays),
    );
  }
}
